import { WARNING_MS } from "../../core/sale/timing.ts";
import type { PositionView } from "../../core/sale/view.ts";
import type { CustomerInput, InputAnswer, KioskView } from "../../ports/display.ts";
import { countdown } from "../format.ts";
import {
  type Action,
  connectionScreen,
  isWithStaff,
  type RefusalLabel,
  refusalLabel,
  type Screen,
  screenOf,
  type Tile,
  tileOf,
} from "../screen.ts";
import { type Language, languagesFor } from "../texts/languages.ts";

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

export interface SessionSettings {
  readonly locales: readonly string[];
  readonly kioskName: string;
  readonly support: string | null;
}

/** After this long without a key the screen is as the next customer expects it. */
const UNTOUCHED_MS = 60_000;
/** A key that is held, or hit twice, must not choose a position and an amount. */
const REPEATED_MS = 600;
const NOTICE_MS = 4_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** Enough for the most positions that a kiosk can have, without the letters that mean something. */
const CHOICE_KEYS = "1234567890adfghijkmopqrtuvwxyz+-";
const ACTION_KEYS = { stop: "s", cancel: "c", extend: "e", dismiss: "n" } as const;

/** What the customer before the terminal has chosen to see. Times are the clock's, by the monotonic and the wall. */
export class Session {
  readonly #settings: SessionSettings;
  readonly #input: CustomerInput;
  readonly #monotonicMs: () => number;
  readonly #changed: () => void;
  readonly #languages: readonly [Language, ...Language[]];
  #language: Language;
  #views: readonly PositionView[] = [];
  #openedId: string | null = null;
  #touchedMs: number;
  #lastKey = "";
  #notice: RefusalLabel = "notNow";
  #noticeUntilMs = 0;
  /** Until when an answer is waited for, by what was asked; the same is not asked again before. */
  readonly #askedUntilMs = new Map<string, number>();
  /** The closed sale whose outcome was read, by position. */
  readonly #dismissed = new Map<string, string | null>();

  constructor(settings: SessionSettings, input: CustomerInput, monotonicMs: () => number, changed: () => void) {
    this.#settings = settings;
    this.#input = input;
    this.#monotonicMs = monotonicMs;
    this.#changed = changed;
    this.#languages = languagesFor(settings.locales);
    this.#language = this.#languages[0];
    this.#touchedMs = monotonicMs();
  }

  show({ positions }: KioskView): void {
    this.#views = positions;
  }

  /** A key does what stands beside it on the stage that the customer sees. */
  press(key: string, { choices, keys, languageKey }: Stage): void {
    const isRepeated = key === this.#lastKey && this.#monotonicMs() - this.#touchedMs < REPEATED_MS;
    this.#touchedMs = this.#monotonicMs();
    this.#lastKey = key;
    const name = key === "escape" ? "b" : key;
    const known = [...keys, ...(languageKey === null ? [] : [languageKey]), ...(isRepeated ? [] : choices)];
    known.find((one) => one.key === name)?.press();
    this.#changed();
  }

  /** Gives up what has no answer, and forgets a customer who went away. */
  tick(): void {
    for (const [name, untilMs] of this.#askedUntilMs)
      if (this.#monotonicMs() >= untilMs) this.#answered(name, "conflict");
    if (this.#monotonicMs() - this.#touchedMs < UNTOUCHED_MS) return;
    const opened = this.#views.find(({ id }) => id === this.#openedId);
    if (opened !== undefined && opened.state !== "idle") return;
    this.#openedId = null;
    if (this.#views.every(({ state }) => state === "idle")) this.#language = this.#languages[0];
  }

  stage(wallMs: number): Stage {
    const views = this.#views.map((view) => this.#afterDismissal(view));
    const opened = views.length === 1 ? views[0] : views.find(({ id }) => id === this.#openedId);
    const { labels, locale } = this.#language.texts;
    const notice = this.#monotonicMs() < this.#noticeUntilMs ? labels[this.#notice] : null;
    const common = { language: this.#language, languageKey: this.#languageKey() };
    if (opened !== undefined) return { ...common, ...this.#positionStage(opened, views.length > 1, notice, wallMs) };
    const header = this.#settings.kioskName;
    const isEmpty = views.length === 0;
    return {
      ...common,
      identity: `${isEmpty ? "no-connection" : "board"} ${locale}`,
      header,
      body: isEmpty
        ? { kind: "position", screen: connectionScreen(this.#language), support: null }
        : { kind: "board", title: labels.choosePosition, tiles: views.map((view) => tileOf(view, this.#language)) },
      choices: this.#boardKeys(views),
      keys: [],
      timeLeft: null,
      prompt: notice,
    };
  }

  #positionStage(
    view: PositionView,
    isOneOfMany: boolean,
    notice: string | null,
    wallMs: number,
  ): Omit<Stage, "language" | "languageKey"> {
    const { labels, locale } = this.#language.texts;
    const screen = screenOf(view, this.#language);
    const leftMs = screen.timeout === null ? Number.POSITIVE_INFINITY : screen.timeout.atMs - wallMs;
    const isWarned = leftMs <= WARNING_MS;
    const extend = isWarned ? (screen.timeout?.extend ?? null) : null;
    const isCounted = isWarned || (screen.timeout !== null && (screen.kind === "scan" || screen.kind === "confirm"));
    const needsHelp = screen.kind === "out-of-service" || isWithStaff(view);
    const selects = screen.actions.filter((action) => action.kind === "select");
    const others = [...(extend === null ? [] : [extend]), ...screen.actions];
    const back: Key = { key: "b", label: labels.back, press: () => this.#open(null) };
    return {
      identity: `${view.id} ${screen.kind} ${screen.title} ${screen.code ?? ""} ${locale}`,
      header: isOneOfMany ? `${this.#settings.kioskName}  ${view.id}` : this.#settings.kioskName,
      body: { kind: "position", screen, support: needsHelp ? this.#settings.support : null },
      choices: selects.map((action, index) => this.#actionKey(view, action, CHOICE_KEYS[index] ?? "")),
      keys: [
        ...others.flatMap((action) =>
          action.kind === "select" ? [] : [this.#actionKey(view, action, ACTION_KEYS[action.kind])],
        ),
        ...(isOneOfMany ? [back] : []),
      ],
      timeLeft: isCounted ? `${labels.timeLeft} ${countdown(leftMs)}` : null,
      prompt: notice ?? (extend === null ? null : labels.stillThere),
    };
  }

  /** A position that is called by a digit has that digit for its key. */
  #boardKeys(views: readonly PositionView[]): readonly Key[] {
    const areDigits = views.every(({ id }) => /^[1-9]$/.test(id));
    return views.map(({ id, product }, index) => ({
      key: areDigits ? id : (CHOICE_KEYS[index] ?? ""),
      label: product.name,
      press: () => this.#open(id),
    }));
  }

  #languageKey(): Key | null {
    const next = this.#languages[(this.#languages.indexOf(this.#language) + 1) % this.#languages.length];
    if (next === undefined || next === this.#language) return null;
    const press = (): void => {
      this.#language = next;
    };
    return { key: "l", label: next.texts.languageName, press };
  }

  #actionKey(view: PositionView, action: Action, key: string): Key {
    return { key, label: action.label, press: () => this.#act(view, action) };
  }

  #act({ id, saleId }: PositionView, action: Action): void {
    if (action.kind === "dismiss") this.#dismissed.set(id, saleId);
    else if (action.kind === "select") {
      this.#ask(`select ${id}`, () => this.#input.select(id, action.reserve, action.unitPrice));
    } else this.#askTo(action.kind, id);
  }

  #askTo(kind: "stop" | "cancel" | "extend", id: string): void {
    this.#ask(`${kind} ${id}`, () => this.#input[kind](id));
  }

  #ask(name: string, request: () => Promise<InputAnswer>): void {
    if (this.#askedUntilMs.has(name)) return;
    const untilMs = this.#monotonicMs() + REQUEST_TIMEOUT_MS;
    this.#noticeUntilMs = 0;
    this.#askedUntilMs.set(name, untilMs);
    const answered = (kind: InputAnswer["kind"]): void => {
      if (this.#askedUntilMs.get(name) === untilMs) this.#answered(name, kind);
    };
    request().then(
      ({ kind }) => answered(kind),
      () => answered("conflict"),
    );
  }

  #answered(name: string, kind: InputAnswer["kind"]): void {
    this.#askedUntilMs.delete(name);
    if (kind !== "taken") {
      this.#notice = refusalLabel(kind);
      this.#noticeUntilMs = this.#monotonicMs() + NOTICE_MS;
    }
    this.#changed();
  }

  #open(id: string | null): void {
    this.#openedId = id;
  }

  /** A read outcome gives way to the choice of the next sale. */
  #afterDismissal(view: PositionView): PositionView {
    const isRead = view.state === "closed" && view.available && this.#dismissed.get(view.id) === view.saleId;
    return isRead ? { ...view, state: "idle", message: "choose", timeout: null } : view;
  }
}
