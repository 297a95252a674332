import type { PositionView } from "../../core/sale/view.ts";
import type { CustomerInput, InputAnswer, KioskView } from "../../ports/display.ts";
import { DisplaySession, type Shown, timeLeftOf } from "../display-session.ts";
import { countdown } from "../format.ts";
import { boardTitle } from "../place.ts";
import {
  type Action,
  ask,
  connectionScreen,
  isRequest,
  type Request,
  refusalLabel,
  type Screen,
  screenOf,
  type Tile,
  tileOf,
} from "../screen.ts";
import type { Language } from "../texts/languages.ts";

/** A key, what stands beside it, and what it does. */
export interface Key {
  readonly key: string;
  readonly label: string;
  press(): void;
}

/** All that stands on the terminal at one moment. */
export interface Stage {
  /** Another text means another screen; numbers, times and notices change on the same one. */
  readonly identity: string;
  readonly header: string;
  readonly language: Language;
  readonly languageKey: Key | null;
  readonly body:
    | { readonly kind: "board"; readonly title: string; readonly tiles: readonly Tile[] }
    | { readonly kind: "position"; readonly screen: Screen; readonly support: string | null };
  /** What the body lets the customer choose between, in its order. */
  readonly choices: readonly Key[];
  readonly keys: readonly Key[];
  readonly timeLeft: string | null;
  /** What has to be read now. */
  readonly prompt: string | null;
}

export interface StageSettings {
  /** The first is the language until a customer chooses another. */
  readonly locales: readonly string[];
  readonly kioskName: string;
  readonly timezone: string | null;
  /** Where there is help, shown when out of service and while a payment is under review. */
  readonly support: string | null;
}

/** A key that is held, or hit twice, must not choose a position and an amount. */
const REPEATED_MS = 600;
const REQUEST_TIMEOUT_MS = 5_000;
/** Enough for the most positions that a kiosk can have, without the letters that mean something. */
const CHOICE_KEYS = "1234567890adfghijkmopqrtuvwxyz+-";
const ACTION_KEYS = { stop: "s", cancel: "c", extend: "e", dismiss: "n", receipt: "r", close: "b" } as const;

/** Sets the stage for what the session shows, and does what its keys say. */
export class StageKeys {
  readonly #settings: StageSettings;
  readonly #input: CustomerInput;
  readonly #monotonicMs: () => number;
  readonly #changed: () => void;
  readonly #session: DisplaySession;
  #lastKey = "";
  /** Until when an answer is waited for, by what was asked; the same is not asked again before. */
  readonly #askedUntilMs = new Map<string, number>();

  constructor(settings: StageSettings, input: CustomerInput, monotonicMs: () => number, changed: () => void) {
    this.#settings = settings;
    this.#input = input;
    this.#monotonicMs = monotonicMs;
    this.#changed = changed;
    this.#session = new DisplaySession(settings.locales, monotonicMs(), settings.timezone);
  }

  show({ positions }: KioskView): void {
    this.#session.show(positions);
  }

  /** A key does what stands beside it on the stage that the customer sees. */
  press(key: string, { choices, keys, languageKey }: Stage): void {
    const nowMs = this.#monotonicMs();
    const isRepeated = key === this.#lastKey && this.#session.untouchedMs(nowMs) < REPEATED_MS;
    this.#session.touch(nowMs);
    this.#lastKey = key;
    const name = key === "escape" ? "b" : key;
    const known = [...keys, ...(languageKey === null ? [] : [languageKey]), ...(isRepeated ? [] : choices)];
    known.find((one) => one.key === name)?.press();
    this.#changed();
  }

  /** Gives up what has no answer, and forgets a customer who went away. */
  tick(): void {
    const nowMs = this.#monotonicMs();
    for (const [name, untilMs] of this.#askedUntilMs) if (nowMs >= untilMs) this.#answered(name, "conflict");
    this.#session.forgetLeft(nowMs);
  }

  stage(kioskMs: number): Stage {
    const shown = this.#session.shown(kioskMs);
    const { language } = this.#session;
    const { labels, locale } = language.texts;
    const notice = this.#session.noticeAt(this.#monotonicMs());
    const common = { language, languageKey: this.#languageKey(), prompt: notice === null ? null : labels[notice] };
    if (shown.kind === "position") {
      return { ...common, ...this.#positionStage(shown, common.prompt, kioskMs) };
    }
    const bare = { ...common, header: this.#settings.kioskName, keys: [], timeLeft: null };
    if (shown.kind === "unknown") {
      const screen = connectionScreen(language);
      const body = { kind: "position", screen, support: this.#settings.support } as const;
      return { ...bare, identity: `no-connection ${locale}`, body, choices: [] };
    }
    const tiles = shown.views.map((view) => tileOf(view, language));
    const body = { kind: "board", title: boardTitle(shown.views, language.texts), tiles } as const;
    return { ...bare, identity: `board ${locale}`, body, choices: this.#boardKeys(shown.views) };
  }

  #positionStage(
    { view, isOneOfMany, isReceiptOpen }: Extract<Shown, { kind: "position" }>,
    notice: string | null,
    kioskMs: number,
  ): Omit<Stage, "language" | "languageKey"> {
    const { language } = this.#session;
    const { labels, locale } = language.texts;
    const screen = screenOf(view, language, { station: this.#settings.kioskName, isReceiptOpen });
    const { leftMs, extend } = timeLeftOf(screen, kioskMs);
    const selects = screen.actions.filter((action) => action.kind === "select");
    const others = [...(extend === null ? [] : [extend]), ...screen.actions];
    const back: Key = { key: "b", label: labels.back, press: () => this.#session.open(null) };
    return {
      identity: `${view.id} ${screen.kind} ${screen.title} ${screen.code ?? ""} ${locale}`,
      header: `${this.#settings.kioskName}  ${screen.place}  ${screen.product}`,
      body: { kind: "position", screen, support: screen.needsHelp ? this.#settings.support : null },
      choices: selects.map((action, index) => this.#actionKey(view, action, CHOICE_KEYS[index] ?? "")),
      keys: [
        ...others.flatMap((action) =>
          action.kind === "select" ? [] : [this.#actionKey(view, action, ACTION_KEYS[action.kind])],
        ),
        ...(isOneOfMany && !isReceiptOpen ? [back] : []),
      ],
      timeLeft: leftMs === null ? null : `${labels.timeLeft} ${countdown(leftMs)}`,
      prompt: notice ?? (extend === null ? null : labels.stillThere),
    };
  }

  /** A position that is called by a digit has that digit for its key. */
  #boardKeys(views: readonly PositionView[]): readonly Key[] {
    const areDigits = views.every(({ id }) => /^[1-9]$/.test(id));
    return views.map(({ id, product }, index) => ({
      key: areDigits ? id : (CHOICE_KEYS[index] ?? ""),
      label: product.name,
      press: () => this.#session.open(id),
    }));
  }

  #languageKey(): Key | null {
    const { nextLanguage } = this.#session;
    if (nextLanguage === null) return null;
    return { key: "l", label: nextLanguage.texts.languageName, press: () => this.#session.speak(nextLanguage) };
  }

  #actionKey(view: PositionView, action: Action, key: string): Key {
    const press = (): void => {
      if (isRequest(action)) this.#ask(view.id, action);
      else this.#session.act(action, view);
    };
    return { key, label: action.label, press };
  }

  #ask(position: string, request: Request): void {
    const name = `${request.kind} ${position}`;
    if (this.#askedUntilMs.has(name)) return;
    const untilMs = this.#monotonicMs() + REQUEST_TIMEOUT_MS;
    this.#session.ask();
    this.#askedUntilMs.set(name, untilMs);
    const answered = (kind: InputAnswer["kind"]): void => {
      if (this.#askedUntilMs.get(name) === untilMs) this.#answered(name, kind);
    };
    ask(this.#input, position, request).then(
      ({ kind }) => answered(kind),
      () => answered("conflict"),
    );
  }

  #answered(name: string, kind: InputAnswer["kind"]): void {
    this.#askedUntilMs.delete(name);
    if (kind !== "taken") this.#session.refuse(refusalLabel(kind), this.#monotonicMs());
    this.#changed();
  }
}
