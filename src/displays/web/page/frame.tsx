import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { PositionView } from "../../../core/sale/view.ts";
import type { TimeLeft } from "../../display-session.ts";
import { untilOf } from "../../giving-way.ts";
import type { Screen } from "../../screen.ts";
import type { Model } from "./model.ts";
import type { Hand } from "./parts.tsx";
import { Picture } from "./pictures.tsx";
import { fitScreen, type Plan } from "./screen-fit.ts";
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

interface FrameProps extends Shared {
  readonly name: string;
  readonly label: string;
  /** What the screen is laid out for; while it stays the same, nothing moves. */
  readonly content: string;
  readonly plan?: Plan;
  /** The position that the screen is of, where there are several. */
  readonly position?: string | null;
  readonly children: ComponentChildren;
}

const ONE_WAY: Plan = { parts: 1, code: null };

/** One screen with the bar that all screens have, laid out anew whenever its content changes its shape. */
export function Frame({
  name,
  label,
  content,
  plan = ONE_WAY,
  position = null,
  children,
  ...shared
}: FrameProps): VNode {
  const ref = useRef<HTMLElement>(null);
  const { model, epoch } = shared;
  useLayoutEffect(() => {
    if (ref.current !== null) fitScreen(ref.current, plan, model.isLarge ? 1 / LARGE_TYPE : 1);
  }, [content, epoch, model.session.language, model.isLarge, model.isContrast]);
  return (
    <main ref={ref} class={`screen ${name}`} aria-label={label} data-box="">
      <Bar {...shared} position={position} />
      {children}
    </main>
  );
}

function Bar({ model, hand, position }: Shared & { position: string | null }): VNode {
  const { session, settings, isContrast, isLarge, isChoosingLanguage } = model;
  const { language, languages } = session;
  const { labels, languageName } = language.texts;
  const isOneLanguage = languages.length === 1;
  const back = isChoosingLanguage ? () => hand.chooseLanguage(false) : () => hand.open(null);
  return (
    <header class="bar" data-box="">
      {isChoosingLanguage || position !== null ? (
        <button type="button" class="tool" data-action="back" aria-label={labels.back} onClick={back}>
          <Picture name="back" />
          <span data-until={untilOf("back")}>{labels.back}</span>
        </button>
      ) : null}
      {position === null ? null : <span class="badge">{position}</span>}
      <span class="kiosk" data-until={untilOf("kioskName")}>
        {settings.kioskName}
      </span>
      <span class="gap" />
      {isChoosingLanguage ? null : (
        <>
          <button
            type="button"
            class="tool"
            data-action="languages"
            data-from={isOneLanguage ? untilOf("air") : undefined}
            aria-label={`${labels.language}: ${languageName}`}
            onClick={() => hand.chooseLanguage(true)}
          >
            <Picture name="language" />
            <span data-until={untilOf("languageName")}>{languageName}</span>
          </button>
          <Toggle name="contrast" label={labels.contrast} isOn={isContrast} toggle={() => hand.toggle("isContrast")} />
          <Toggle name="large" label={labels.largeType} isOn={isLarge} toggle={() => hand.toggle("isLarge")} />
        </>
      )}
    </header>
  );
}

interface ToggleProps {
  readonly name: "contrast" | "large";
  readonly label: string;
  readonly isOn: boolean;
  readonly toggle: () => void;
}

function Toggle({ name, label, isOn, toggle }: ToggleProps): VNode {
  return (
    <button
      type="button"
      class="tool"
      data-action={name}
      data-until={untilOf("air")}
      aria-label={label}
      aria-pressed={isOn}
      onClick={toggle}
    >
      <Picture name={name} />
    </button>
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
      <div class="choices" data-box="">
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
