import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { PositionView } from "../../../core/sale/view.ts";
import type { TimeLeft } from "../../display-session.ts";
import { untilOf } from "../../giving-way.ts";
import type { Screen } from "../../screen.ts";
import type { Model } from "./model.ts";
import type { Hand } from "./parts.tsx";
import { Picture } from "./pictures.tsx";
import { fitHead, fitScreen, type Plan } from "./screen-fit.ts";
import { LARGE_TYPE } from "./sizes.ts";

export interface Shared {
  readonly model: Model;
  readonly hand: Hand;
  /** Changes with the window, the fonts and all else that a layout is measured by. */
  readonly epoch: number;
}

export interface ScreenProps extends Shared {
  readonly screen: Screen;
  /** Null where no position is known. */
  readonly view: PositionView | null;
  readonly oneOfMany: boolean;
}

export interface TimedProps extends ScreenProps {
  readonly time: TimeLeft;
}

/** The position that a screen is of, in its customer's words. */
interface Where {
  readonly place: string;
  readonly product: string;
  readonly isOneOfMany: boolean;
}

interface FrameProps extends Shared {
  readonly name: string;
  readonly label: string;
  /** What the screen is laid out for; while it stays the same, nothing moves. */
  readonly content: string;
  readonly plan?: Plan;
  readonly where?: Where;
  /** Beside it: the time left. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

const ONE_WAY: Plan = { parts: 1, code: null };

/** One screen with the bar that all screens have, laid out anew whenever its content changes its shape. */
export function Frame({ name, label, content, plan = ONE_WAY, where, aside, children, ...shared }: FrameProps): VNode {
  const ref = useRef<HTMLElement>(null);
  const { model, epoch } = shared;
  useLayoutEffect(() => {
    if (ref.current === null) return;
    fitHead(ref.current);
    fitScreen(ref.current, plan, model.isLarge ? 1 / LARGE_TYPE : 1);
  }, [content, epoch, model.session.language, model.isLarge, model.isContrast]);
  return (
    <main ref={ref} class={`screen ${name}`} aria-label={label} data-box="">
      <Head {...shared} where={where ?? null} aside={aside ?? null} />
      {children}
    </main>
  );
}

/** Who and what, the same on every screen. */
function Head({ model, hand, where, aside }: Shared & { where: Where | null; aside: ComponentChildren }): VNode {
  const { session, settings, isChoosingLanguage } = model;
  const { labels, languageName, locale } = session.language.texts;
  const isInside = isChoosingLanguage || where?.isOneOfMany === true;
  const back = isChoosingLanguage ? () => hand.chooseLanguage(false) : () => hand.open(null);
  const isNamed = where !== null && where.place !== "";
  return (
    <header class="head">
      {isInside ? (
        <button type="button" class="tool back" data-action="back" aria-label={labels.back} onClick={back}>
          <Picture name="back" />
        </button>
      ) : null}
      {settings.logo === null || isInside ? null : <img class="logo" src={settings.logo} alt="" />}
      <p class="who">
        <span class="place" data-least={isNamed && !where.isOneOfMany ? "" : undefined}>
          {isNamed ? where.place : settings.kioskName}
        </span>
        {isNamed ? (
          <span class="product" data-least={where.isOneOfMany ? "" : undefined}>
            {where.product}
          </span>
        ) : null}
      </p>
      <span class="aside">{aside}</span>
      {isChoosingLanguage ? null : (
        <button
          type="button"
          class="tool"
          data-action="languages"
          aria-label={`${labels.language}: ${languageName}`}
          onClick={() => hand.chooseLanguage(true)}
        >
          <span class="chip">{locale.slice(0, 2).toUpperCase()}</span>
        </button>
      )}
    </header>
  );
}

/** The languages by their own names, and how the screen looks. What stops a sale stays at hand. */
export function LanguageScreen({ children, ...shared }: Shared & { children: ComponentChildren }): VNode {
  const { model, hand } = shared;
  const { session, isContrast, isLarge } = model;
  const { language, languages } = session;
  const { labels } = language.texts;
  return (
    <Frame
      {...shared}
      name="languages"
      label={labels.language}
      content={`languages ${children === null}`}
      plan={{ parts: languages.length + 2, code: null }}
    >
      <div class="moment choices" data-box="">
        {languages.map((each) => (
          <button
            key={each.texts.locale}
            type="button"
            class="choice"
            data-box=""
            lang={each.texts.locale}
            data-language={each.texts.locale.slice(0, 2)}
            aria-pressed={each === language}
            onClick={() => hand.speak(each)}
          >
            <span>{each.texts.languageName}</span>
          </button>
        ))}
        <button
          type="button"
          class="choice look"
          data-box=""
          data-action="contrast"
          aria-pressed={isContrast}
          aria-label={labels.contrast}
          onClick={() => hand.toggle("isContrast")}
        >
          <Picture name="contrast" />
          <span data-until={untilOf("lookName")}>{labels.contrast}</span>
        </button>
        <button
          type="button"
          class="choice look"
          data-box=""
          data-action="large"
          aria-pressed={isLarge}
          aria-label={labels.largeType}
          onClick={() => hand.toggle("isLarge")}
        >
          <Picture name="large" />
          <span data-until={untilOf("lookName")}>{labels.largeType}</span>
        </button>
      </div>
      {children}
    </Frame>
  );
}
