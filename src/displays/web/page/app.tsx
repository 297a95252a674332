import type { VNode } from "preact";
import { type About, connectionScreen, type Screen, screenOf } from "../../screen.ts";
import { Board } from "./board.tsx";
import { LanguageScreen, type Shared } from "./frame.tsx";
import type { Idle } from "./idle.ts";
import type { Model, PageShown } from "./model.ts";
import { ScreenView } from "./screen-view.tsx";

interface AppProps extends Shared {
  readonly shown: PageShown;
  readonly idle: Idle;
}

/** What stands on the screen, as tests and styles know it. */
export function screenName(shown: PageShown, model: Model): string {
  switch (shown.kind) {
    case "starting":
      return "starting";
    case "lost":
      return "no-connection";
    case "board":
      return "board";
    case "position":
      return screenOf(shown.view, model.session.language, aboutOf(shown, model)).kind;
  }
}

function aboutOf({ isReceiptOpen }: { isReceiptOpen: boolean }, { settings }: Model): About {
  return { station: settings.kioskName, isReceiptOpen };
}

export function App({ shown, idle, ...shared }: AppProps): VNode {
  const { session } = shared.model;
  const notice = session.noticeAt(performance.now());
  const [x, y] = idle.shift;
  return (
    <>
      <div class="stage" style={{ transform: x === 0 && y === 0 ? "" : `translate(${x}px, ${y}px)` }}>
        <Stage shown={shown} {...shared} />
      </div>
      <p class="refused" role="alert">
        {notice === null ? "" : session.language.texts.labels[notice]}
      </p>
      {idle.slide === null ? null : <img class="slide" src={idle.slide} alt="" />}
      {idle.darkness === 0 ? null : <div class="dark" style={{ opacity: idle.darkness }} />}
    </>
  );
}

function Stage({ shown, ...shared }: Shared & { shown: PageShown }): VNode {
  const { model } = shared;
  switch (shown.kind) {
    case "starting":
      return (
        <svg class="starting" viewBox="0 0 64 64" aria-hidden="true">
          <circle class="track" cx="32" cy="32" r="26" />
          <path class="turning" d="M32 6a26 26 0 0 1 26 26" />
        </svg>
      );
    case "lost": {
      const screen: Screen = connectionScreen(model.session.language);
      const awake = { ...model, isChoosingLanguage: false };
      return <ScreenView key="lost" {...shared} model={awake} screen={screen} view={null} oneOfMany={false} />;
    }
    case "board":
      return model.isChoosingLanguage ? (
        <LanguageScreen {...shared}>{null}</LanguageScreen>
      ) : (
        <Board {...shared} views={shown.views} />
      );
    case "position": {
      const { view, isOneOfMany } = shown;
      const screen = screenOf(view, model.session.language, aboutOf(shown, model));
      return (
        <ScreenView key={`${view.id} ${screen.kind}`} {...shared} screen={screen} view={view} oneOfMany={isOneOfMany} />
      );
    }
  }
}
