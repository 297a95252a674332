import type { VNode } from "preact";
import { connectionScreen, type Screen, screenOf } from "../../screen.ts";
import { Board } from "./board.tsx";
import { LanguageScreen, type Shared } from "./frame.tsx";
import type { Idle } from "./idle.ts";
import type { Model, Shown } from "./model.ts";
import { ScreenView } from "./screens.tsx";

interface AppProps extends Shared {
  readonly shown: Shown;
  readonly idle: Idle;
}

/** What stands on the screen, as tests and styles know it. */
export function screenName(shown: Shown, model: Model): string {
  switch (shown.kind) {
    case "starting":
      return "starting";
    case "lost":
      return "no-connection";
    case "board":
      return "board";
    case "position":
      return screenOf(shown.view, model.language).kind;
  }
}

export function App({ shown, idle, ...shared }: AppProps): VNode {
  const { refusal, language } = shared.model;
  const [x, y] = idle.shift;
  return (
    <>
      <div class="stage" style={{ transform: x === 0 && y === 0 ? "" : `translate(${x}px, ${y}px)` }}>
        <Stage shown={shown} {...shared} />
      </div>
      <p class="refused" role="alert">
        {refusal === null ? "" : language.texts.labels[refusal]}
      </p>
      {idle.slide === null ? null : <img class="slide" src={idle.slide} alt="" />}
      {idle.darkness === 0 ? null : <div class="dark" style={{ opacity: idle.darkness }} />}
    </>
  );
}

function Stage({ shown, ...shared }: Shared & { shown: Shown }): VNode {
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
      const screen: Screen = connectionScreen(model.language);
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
      const { view, oneOfMany } = shown;
      const screen = screenOf(view, model.language);
      return (
        <ScreenView key={`${view.id} ${screen.kind}`} {...shared} screen={screen} view={view} oneOfMany={oneOfMany} />
      );
    }
  }
}
