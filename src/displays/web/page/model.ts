import { DisplaySession } from "../../display-session.ts";
import { PLAIN_LOOK } from "../../night.ts";
import type { Settings } from "./kiosk-requests.ts";

/** All that the page draws from. Times are this page's `performance.now()`. */
export interface Model {
  settings: Settings;
  /** The settings are the kiosk's own, and its letters are there to be measured. */
  isReady: boolean;
  session: DisplaySession;
  isLost: boolean;
  clockAheadMs: number;
  isChoosingLanguage: boolean;
  isContrast: boolean;
  isLarge: boolean;
}

export type PageShown =
  | { readonly kind: "starting" | "lost" }
  | Exclude<ReturnType<DisplaySession["shown"]>, { kind: "unknown" }>;

export function newModel(): Model {
  return {
    settings: {
      kioskName: "",
      locales: [],
      support: null,
      panel: null,
      readingDistanceMm: 600,
      slides: [],
      look: PLAIN_LOOK,
      logo: null,
      timezone: null,
      dim: null,
    },
    isReady: false,
    session: new DisplaySession([], performance.now()),
    isLost: false,
    clockAheadMs: 0,
    isChoosingLanguage: false,
    isContrast: false,
    isLarge: false,
  };
}

export function shownOf(model: Model): PageShown {
  if (model.isLost) return { kind: "lost" };
  const shown = model.session.shown(kioskMs(model));
  return !model.isReady || shown.kind === "unknown" ? { kind: "starting" } : shown;
}

export function kioskMs(model: Model): number {
  return performance.now() + model.clockAheadMs;
}

/** Makes the page ready for the next customer when the last has gone. */
export function forgetLeft(model: Model): void {
  if (!model.session.forgetLeft(performance.now())) return;
  Object.assign(model, { isContrast: false, isLarge: false, isChoosingLanguage: false });
}
