import { WARNING_MS } from "../core/sale/timing.ts";
import type { PositionView } from "../core/sale/view.ts";
import type { Action, RefusalLabel, Request, Screen } from "./screen.ts";
import { type Language, languagesFor } from "./texts/languages.ts";

/** After this long without a touch or a key a customer has left. */
export const UNTOUCHED_MS = 60_000;
const NOTICE_MS = 4_000;

export type Shown =
  | { readonly kind: "unknown" }
  | { readonly kind: "board"; readonly views: readonly PositionView[] }
  | {
      readonly kind: "position";
      readonly view: PositionView;
      readonly isOneOfMany: boolean;
      /** The customer has asked for the receipt's code. */
      readonly isReceiptOpen: boolean;
    };

/**
 * What the customer before a display has chosen to see, by the rules of `docs/display.md`. `nowMs` is of any clock that
 * only runs forward, `kioskMs` the kiosk's time, in which views tell theirs.
 */
export class DisplaySession {
  readonly languages: readonly [Language, ...Language[]];
  #language: Language;
  #views: readonly PositionView[] = [];
  #openedId: string | null = null;
  #notice: { readonly label: RefusalLabel; readonly untilMs: number } | null = null;
  #touchedMs: number;
  /** The closed sale whose outcome was read, by position. */
  readonly #read = new Map<string, string | null>();
  /** The sale whose receipt's code is shown. */
  #receiptOf: string | null = null;

  /** `timezone`: in which receipts tell the time; the machine's own where null. */
  constructor(locales: readonly string[], nowMs: number, timezone: string | null = null) {
    this.languages = languagesFor(locales, timezone);
    this.#language = this.languages[0];
    this.#touchedMs = nowMs;
  }

  get views(): readonly PositionView[] {
    return this.#views;
  }

  get language(): Language {
    return this.#language;
  }

  /** Where one button goes round the languages; null when there is only one. */
  get nextLanguage(): Language | null {
    const { languages } = this;
    return languages.length < 2 ? null : (languages[languages.indexOf(this.#language) + 1] ?? languages[0]);
  }

  /** Nobody buys anything, at any position. */
  get isQuiet(): boolean {
    return this.#views.every((view) => this.#afterReading(view).state === "idle");
  }

  show(views: readonly PositionView[]): void {
    this.#views = views;
    for (const [id, saleId] of this.#read) {
      const isStillShown = views.some((view) => view.id === id && view.state === "closed" && view.saleId === saleId);
      if (!isStillShown) this.#read.delete(id);
    }
    if (!views.some(({ saleId }) => saleId === this.#receiptOf)) this.#receiptOf = null;
  }

  touch(nowMs: number): void {
    this.#touchedMs = nowMs;
  }

  untouchedMs(nowMs: number): number {
    return nowMs - this.#touchedMs;
  }

  open(position: string | null): void {
    this.#openedId = position;
  }

  speak(language: Language): void {
    this.#language = language;
  }

  /** The outcome was read: this position offers the next sale. */
  dismiss({ id, saleId }: PositionView): void {
    this.#read.set(id, saleId);
  }

  /** Does what concerns this display alone. */
  act(action: Exclude<Action, Request>, view: PositionView): void {
    this.#receiptOf = action.kind === "receipt" ? view.saleId : null;
    if (action.kind === "dismiss") this.dismiss(view);
  }

  /** The kiosk is asked for something: what is told of an earlier press goes. */
  ask(): void {
    this.#notice = null;
  }

  /** What was pressed is not possible now. */
  refuse(label: RefusalLabel, nowMs: number): void {
    this.#notice = { label, untilMs: nowMs + NOTICE_MS };
  }

  noticeAt(nowMs: number): RefusalLabel | null {
    return this.#notice !== null && nowMs < this.#notice.untilMs ? this.#notice.label : null;
  }

  /** Forgets a customer who has left; true when nothing of theirs is to stay on the screen. */
  forgetLeft(nowMs: number): boolean {
    if (this.untouchedMs(nowMs) < UNTOUCHED_MS) return false;
    const opened = this.#views.find(({ id }) => id === this.#openedId);
    if (opened === undefined || this.#afterReading(opened).state === "idle") this.#openedId = null;
    if (!this.isQuiet) return false;
    this.#receiptOf = null;
    this.#language = this.languages[0];
    return true;
  }

  shown(kioskMs: number): Shown {
    const views = this.#views.map((view) => withoutOldCode(this.#afterReading(view), kioskMs));
    const [first] = views;
    if (first === undefined) return { kind: "unknown" };
    const opened = views.length === 1 ? first : views.find(({ id }) => id === this.#openedId);
    if (opened === undefined) return { kind: "board", views };
    const isReceiptOpen = opened.state === "closed" && opened.saleId !== null && opened.saleId === this.#receiptOf;
    return { kind: "position", view: opened, isOneOfMany: views.length > 1, isReceiptOpen };
  }

  /** A read outcome gives way to the choice of the next sale. */
  #afterReading(view: PositionView): PositionView {
    const isRead = view.state === "closed" && view.available && this.#read.get(view.id) === view.saleId;
    return isRead ? { ...view, state: "idle", message: "choose", timeout: null } : view;
  }
}

/** The kiosk takes a code down in time; should its word be late, the code goes all the same. */
function withoutOldCode(view: PositionView, kioskMs: number): PositionView {
  const untilMs = Date.parse(view.timeout?.at ?? view.expiresAt ?? "");
  if (view.qr === null || Number.isNaN(untilMs) || kioskMs < untilMs) return view;
  return { ...view, qr: null, timeout: null, message: "confirm" };
}

/** How a screen's time runs out. */
export interface TimeLeft {
  /** Null while it is not told, and when it is over. */
  readonly leftMs: number | null;
  /** It is short: the customer has to know. */
  readonly isWarned: boolean;
  /** Answers whether they are still there; null while that is not asked. */
  readonly extend: Action | null;
}

export function timeLeftOf({ kind, timeout }: Screen, kioskMs: number): TimeLeft {
  const leftMs = timeout === null ? 0 : timeout.atMs - kioskMs;
  const isWarned = leftMs > 0 && leftMs <= WARNING_MS;
  const isTold = isWarned || (leftMs > 0 && (kind === "scan" || kind === "confirm"));
  return { leftMs: isTold ? leftMs : null, isWarned, extend: isWarned ? (timeout?.extend ?? null) : null };
}
