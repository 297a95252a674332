import { WARNING_MS } from "../../core/sale/timing.ts";
import type { PositionView } from "../../core/sale/view.ts";
import { countdown } from "../format.ts";
import {
  type Action,
  connectionScreen,
  isWithStaff,
  type RefusalLabel,
  type Screen,
  screenOf,
  tileOf,
} from "../screen.ts";
import type { Language } from "../texts/languages.ts";
import type { Look } from "./marks.ts";
import type { Button, Page, PositionPage } from "./page.ts";

/** What a button does. */
export type Press =
  | { readonly kind: "act"; readonly view: PositionView; readonly action: Action }
  | { readonly kind: "open"; readonly position: string }
  | { readonly kind: "back" | "language" };

export interface Shown {
  readonly page: Page;
  readonly presses: ReadonlyMap<string, Press>;
}

const UNTOUCHED_MS = 60_000;
const NOTICE_MS = 4_000;
const LOOKS: Readonly<Record<Action["kind"], Look>> = {
  select: "choice",
  stop: "stop",
  cancel: "secondary",
  extend: "primary",
  dismiss: "primary",
};

/** What one customer has chosen to see: language, position, an outcome that was read. */
export class Session {
  readonly #languages: readonly [Language, ...Language[]];
  readonly #kioskName: string;
  readonly #support: string | null;
  readonly #read = new Map<string, string | null>();
  #language: Language;
  #openedId: string | null = null;
  #notice: RefusalLabel = "notNow";
  #noticeUntilMs = 0;
  #touchedMs: number;

  constructor(
    languages: readonly [Language, ...Language[]],
    kioskName: string,
    support: string | null,
    nowMonotonicMs: number,
  ) {
    this.#languages = languages;
    this.#language = languages[0];
    this.#kioskName = kioskName;
    this.#support = support;
    this.#touchedMs = nowMonotonicMs;
  }

  touch(nowMonotonicMs: number): void {
    this.#touchedMs = nowMonotonicMs;
  }

  open(position: string | null): void {
    this.#openedId = position;
  }

  speakNext(): void {
    this.#language = this.#nextLanguage() ?? this.#language;
  }

  /** The outcome was read: this position offers the next sale. */
  dismiss(view: PositionView): void {
    this.#read.set(view.id, view.saleId);
  }

  /** What was pressed is not possible now. */
  refuse(label: RefusalLabel, nowMonotonicMs: number): void {
    this.#notice = label;
    this.#noticeUntilMs = nowMonotonicMs + NOTICE_MS;
  }

  /** After a while without a touch, and then true, the screen is as the next customer expects it. */
  settle(views: readonly PositionView[], nowMonotonicMs: number): boolean {
    const isRunning = views.some(({ state }) => state !== "idle" && state !== "closed");
    if (isRunning || nowMonotonicMs - this.#touchedMs < UNTOUCHED_MS) return false;
    this.#language = this.#languages[0];
    this.#openedId = null;
    return true;
  }

  connection(): Shown {
    const page = this.#pageOf(connectionScreen(this.#languages[0]), null, {});
    return { page: { ...page, language: null }, presses: new Map() };
  }

  shown(given: readonly PositionView[], nowWallMs: number, nowMonotonicMs: number): Shown {
    if (given.length === 0) return this.connection();
    const views = given.map((view) => this.#afterReading(view));
    const opened = views.length === 1 ? views[0] : views.find(({ id }) => id === this.#openedId);
    const presses = new Map<string, Press>();
    if (this.#nextLanguage() !== null) presses.set("language", { kind: "language" });
    if (opened === undefined) return { page: this.#board(views, presses), presses };
    if (views.length > 1) presses.set("back", { kind: "back" });
    return { page: this.#position(opened, views.length > 1, presses, nowWallMs, nowMonotonicMs), presses };
  }

  #board(views: readonly PositionView[], presses: Map<string, Press>): Page {
    const tiles = views.map((view) => {
      const buttonId = `open ${view.id}`;
      presses.set(buttonId, { kind: "open", position: view.id });
      return { ...tileOf(view, this.#language), buttonId };
    });
    const title = this.#language.texts.labels.choosePosition;
    return { kind: "board", name: this.#kioskName, title, tiles, back: null, language: this.#languageButton() };
  }

  #position(
    view: PositionView,
    isOneOfMany: boolean,
    presses: Map<string, Press>,
    nowWallMs: number,
    nowMonotonicMs: number,
  ): PositionPage {
    const { labels } = this.#language.texts;
    const screen = screenOf(view, this.#language);
    const { timeout } = screen;
    const isWarning = timeout !== null && nowWallMs >= timeout.atMs - WARNING_MS;
    const extend = isWarning ? timeout.extend : null;
    const isTimed = isWarning || screen.kind === "scan" || screen.kind === "confirm";
    const buttonOf = (action: Action): Button => {
      const id = [action.kind, view.id, action.kind === "select" ? action.reserve : ""].join(" ").trim();
      presses.set(id, { kind: "act", view, action });
      return { id, label: action.label, look: lookOf(screen, action), sign: signOf(action) };
    };
    const isRefused = nowMonotonicMs < this.#noticeUntilMs;
    const needsHelp = screen.kind === "out-of-service" || isWithStaff(view);
    return this.#pageOf(screen, isOneOfMany ? view.id : null, {
      banner: isRefused ? labels[this.#notice] : extend === null ? null : labels.stillThere,
      timeLeft:
        isTimed && timeout !== null ? { label: labels.timeLeft, text: countdown(timeout.atMs - nowWallMs) } : null,
      support: needsHelp ? this.#support : null,
      extend: extend === null ? null : buttonOf(extend),
      actions: screen.actions.map(buttonOf),
    });
  }

  #pageOf(screen: Screen, position: string | null, changes: Partial<PositionPage>): PositionPage {
    const { texts, format } = this.#language;
    const { share } = screen;
    return {
      kind: "position",
      screen,
      position: position ?? "",
      banner: null,
      timeLeft: null,
      used: share === null ? null : `${format.percent(String(Math.round(share * 100)))} ${texts.labels.used}`,
      support: null,
      extend: null,
      actions: [],
      back:
        position === null ? null : { id: "back", label: texts.labels.back, sign: `‹ ${position}`, look: "secondary" },
      language: this.#languageButton(),
      ...changes,
    };
  }

  #languageButton(): Button | null {
    const next = this.#nextLanguage();
    return next === null
      ? null
      : {
          id: "language",
          label: next.texts.languageName,
          sign: next.texts.locale.slice(0, 2).toUpperCase(),
          look: "secondary",
        };
  }

  #nextLanguage(): Language | null {
    const languages = this.#languages;
    return languages.length < 2 ? null : (languages[languages.indexOf(this.#language) + 1] ?? languages[0]);
  }

  #afterReading(view: PositionView): PositionView {
    const isRead = view.state === "closed" && view.available && this.#read.get(view.id) === view.saleId;
    return isRead ? { ...view, state: "idle", message: "choose", timeout: null } : view;
  }
}

function signOf({ kind, label }: Action): string | null {
  if (kind === "select") return label.replaceAll(/[^\d\s.,]/g, "").trim();
  return kind === "cancel" ? "×" : null;
}

/** Where nothing has begun yet, to stop is to cancel. */
function lookOf({ kind }: Screen, action: Action): Look {
  return kind === "begin" && action.kind === "stop" ? "secondary" : LOOKS[action.kind];
}
