import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { countdown } from "../../format.ts";
import { untilOf } from "../../giving-way.ts";
import { figureParts } from "../../grid.ts";
import type { Action, Figure, Screen } from "../../screen.ts";
import type { Language } from "../../texts/languages.ts";
import { Picture, type PictureName } from "./pictures.tsx";

const PRESSED_MS = 1_500;

/** What a touch does. */
export interface Hand {
  press(action: Action): void;
  open(id: string | null): void;
  chooseLanguage(isOpen: boolean): void;
  speak(language: Language): void;
  toggle(what: "isContrast" | "isLarge"): void;
}

const PICTURES: Readonly<Partial<Record<Action["kind"], PictureName>>> = { stop: "stop", cancel: "cancel" };

interface ActionProps {
  readonly action: Action;
  readonly hand: Hand;
  readonly above?: string;
}

/** A button that an impatient finger cannot press twice in a row. */
export function ActionButton({ action, hand, above }: ActionProps): VNode {
  const [isPressed, setPressed] = useState(false);
  useEffect(() => {
    if (!isPressed) return;
    const timer = setTimeout(() => setPressed(false), PRESSED_MS);
    return () => clearTimeout(timer);
  }, [isPressed]);
  const picture = PICTURES[action.kind];
  const press = (): void => {
    setPressed(true);
    hand.press(action);
  };
  return (
    <button
      type="button"
      class={`action ${action.kind}`}
      data-action={action.kind}
      data-reserve={action.kind === "select" ? action.reserve : undefined}
      aria-label={action.kind === "cancel" ? action.label : undefined}
      data-box=""
      data-until={action.kind === "receipt" ? untilOf("receipt") : undefined}
      disabled={isPressed}
      onClick={press}
    >
      {picture === undefined ? null : <Picture name={picture} data-until={untilOf("smallPictures")} />}
      {action.kind === "cancel" ? <Picture name="cancel" data-from={untilOf("cancel")} /> : null}
      {above === undefined ? null : (
        <span class="above" data-until={untilOf("upTo")}>
          {above}
        </span>
      )}
      <span data-until={action.kind === "cancel" ? untilOf("cancel") : undefined}>{action.label}</span>
    </button>
  );
}

interface FigureProps {
  readonly figure: Figure;
  readonly size: "big" | "middle" | "small";
  /** Gives up its name from this level on; what it is shows from its unit and its place. */
  readonly labelUntil?: number | undefined;
  readonly until?: number | undefined;
}

/** Whoever hears it is told what each number is, also where there is no room for its name. */
export function FigureView({ figure, size, labelUntil, until }: FigureProps): VNode {
  const { role, label, text } = figure;
  return (
    <dl class={`figure ${size}`} data-role={role} data-until={until}>
      <dt data-until={labelUntil} aria-hidden="true">
        {label}
      </dt>
      <dd>
        <span class="value" role="img" data-figure={role} aria-label={`${label} ${text}`}>
          {role === "reference" ? text : partsOf(text)}
        </span>
      </dd>
    </dl>
  );
}

function partsOf(text: string): readonly VNode[] {
  const { before, number, after } = figureParts(text);
  const unit = (words: string, key: string): readonly VNode[] =>
    words === ""
      ? []
      : [
          <span key={key} class={`unit ${key}`}>
            {words}
          </span>,
        ];
  return [
    ...unit(before, "before"),
    <span key="number" class="number">
      {number}
    </span>,
    ...unit(after, "after"),
  ];
}

/** The time left, as a ring that empties and as minutes and seconds. */
export function Ring({ leftMs, wholeMs, label }: { leftMs: number; wholeMs: number; label: string }): VNode {
  const share = wholeMs > 0 ? Math.max(0, Math.min(1, leftMs / wholeMs)) : 0;
  return (
    <div class="ring" role="timer" aria-live="off" aria-label={`${label} ${countdown(leftMs)}`}>
      <svg viewBox="0 0 64 64" aria-hidden="true">
        <circle class="track" cx="32" cy="32" r="28" />
        <circle class="rest" cx="32" cy="32" r="28" pathLength={1} stroke-dasharray={`${share.toFixed(4)} 1`} />
      </svg>
      <span class="left" data-countdown="" aria-hidden="true">
        {countdown(leftMs)}
      </span>
    </div>
  );
}

interface ShareProps {
  readonly share: NonNullable<Screen["share"]>;
  readonly words: string;
}

/** How much of the reservation is used, as a bar and in words. */
export function Share({ share: { part, percent }, words }: ShareProps): VNode {
  return (
    <div class="share" data-until={untilOf("share")}>
      <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="4" />
        <rect class="used" style={{ width: `${(part * 100).toFixed(1)}px` }} height="4" />
      </svg>
      <p data-until={untilOf("used")}>
        {percent} {words}
      </p>
      <p data-from={untilOf("used")}>{percent}</p>
    </div>
  );
}
