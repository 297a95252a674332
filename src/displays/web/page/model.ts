import type { PositionView } from "../../../core/sale/view.ts";
import type { RefusalLabel } from "../../screen.ts";
import { type Language, languagesFor } from "../../texts/languages.ts";
import type { Settings } from "./requests.ts";

/** After this long without a touch the page is as the next customer expects it. */
export const UNTOUCHED_MS = 60_000;

/** All that the page draws from. Times are this page's `performance.now()`. */
export interface Model {
  settings: Settings;
  /** The settings are the kiosk's own, and its letters are there to be measured. */
  isReady: boolean;
  languages: readonly [Language, ...Language[]];
  language: Language;
  /** Null until the kiosk has told. */
  positions: readonly PositionView[] | null;
  isLost: boolean;
  clockAheadMs: number;
  /** The position that fills the screen, among several. */
  openedId: string | null;
  isChoosingLanguage: boolean;
  isContrast: boolean;
  isLarge: boolean;
  /** What a press that was not taken is answered with, for a moment. */
  refusal: RefusalLabel | null;
  touchedMs: number;
  /** The closed sale whose outcome was read, by position. */
  dismissed: ReadonlyMap<string, string | null>;
}

export type Shown =
  | { readonly kind: "starting" }
  | { readonly kind: "lost" }
  | { readonly kind: "board"; readonly views: readonly PositionView[] }
  | { readonly kind: "position"; readonly view: PositionView; readonly oneOfMany: boolean };

export function newModel(): Model {
  const languages = languagesFor([]);
  return {
    settings: {
      kioskName: "",
      locales: [],
      support: null,
      panel: null,
      readingDistanceMm: 600,
      slides: [],
      dim: null,
    },
    isReady: false,
    languages,
    language: languages[0],
    positions: null,
    isLost: false,
    clockAheadMs: 0,
    openedId: null,
    isChoosingLanguage: false,
    isContrast: false,
    isLarge: false,
    refusal: null,
    touchedMs: performance.now(),
    dismissed: new Map(),
  };
}

export function shownOf(model: Model): Shown {
  if (model.isLost) return { kind: "lost" };
  if (!model.isReady || model.positions === null || model.positions.length === 0) return { kind: "starting" };
  const nowMs = kioskMs(model);
  const views = model.positions.map((view) => withoutOldCode(afterDismissal(view, model), nowMs));
  const [first] = views;
  const opened = views.length === 1 ? first : views.find(({ id }) => id === model.openedId);
  if (opened === undefined) return { kind: "board", views };
  return { kind: "position", view: opened, oneOfMany: views.length > 1 };
}

export function kioskMs(model: Model): number {
  return performance.now() + model.clockAheadMs;
}

/** Nobody buys anything, at any position. */
export function isQuiet({ positions }: Model): boolean {
  return positions?.every(({ state }) => state === "idle") ?? true;
}

/** Makes the page ready for the next customer when the last has gone; tells whether anything changed. */
export function resetWhenLeft(model: Model): boolean {
  if (performance.now() - model.touchedMs < UNTOUCHED_MS) return false;
  const opened = model.positions?.find(({ id }) => id === model.openedId);
  const before = { ...model };
  if (opened === undefined || opened.state === "idle") model.openedId = null;
  if (isQuiet(model)) {
    model.language = model.languages[0];
    model.isContrast = false;
    model.isLarge = false;
    model.isChoosingLanguage = false;
    if (model.dismissed.size > 0) model.dismissed = new Map();
  }
  return Object.keys(before).some((key) => before[key as keyof Model] !== model[key as keyof Model]);
}

/** A read outcome gives way to the choice of the next sale. */
function afterDismissal(view: PositionView, { dismissed }: Model): PositionView {
  const isRead = view.state === "closed" && view.available && dismissed.get(view.id) === view.saleId;
  return isRead ? { ...view, state: "idle", message: "choose", timeout: null } : view;
}

/** The kiosk takes a code down in time; should its word be late, the code goes all the same. */
function withoutOldCode(view: PositionView, nowMs: number): PositionView {
  const untilMs = Date.parse(view.timeout?.at ?? view.expiresAt ?? "");
  if (view.qr === null || Number.isNaN(untilMs) || nowMs < untilMs) return view;
  return { ...view, qr: null, timeout: null, message: "confirm" };
}
