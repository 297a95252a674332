import { UNTOUCHED_MS } from "../../display-session.ts";
import { type Model, shownOf } from "./model.ts";

const SLIDE_MS = 10_000;
const SHIFT_EVERY_MS = 60_000;
/** Where the content stands in turn, in pixels, so that no edge burns in. */
const SHIFTS = [
  [0, 0],
  [3, 1],
  [2, 4],
  [-2, 3],
  [-3, -1],
  [1, -3],
] as const;

export interface Idle {
  /** Whether a touch only wakes the screen. */
  readonly isAsleep: boolean;
  /** From 0, nothing is taken away, to 1. */
  readonly darkness: number;
  readonly slide: string | null;
  readonly shift: readonly [x: number, y: number];
}

const AWAKE: Idle = { isAsleep: false, darkness: 0, slide: null, shift: [0, 0] };

/** What becomes of a screen that nobody has touched, while nobody buys anything. */
export function idleOf(model: Model): Idle {
  const { settings, session } = model;
  const untouchedMs = session.untouchedMs(performance.now());
  const shown = shownOf(model);
  if (!session.isQuiet || shown.kind === "starting" || untouchedMs < SHIFT_EVERY_MS) {
    return untouchedMs >= (settings.dim?.afterMs ?? Number.POSITIVE_INFINITY) && session.isQuiet
      ? { ...AWAKE, isAsleep: true, darkness: darknessOf(model) }
      : AWAKE;
  }
  const isDim = settings.dim !== null && untouchedMs >= settings.dim.afterMs;
  const slide = slideOf(model, untouchedMs);
  const shift = SHIFTS[Math.floor(untouchedMs / SHIFT_EVERY_MS) % SHIFTS.length] ?? [0, 0];
  return { isAsleep: isDim || slide !== null, darkness: isDim ? darknessOf(model) : 0, slide, shift };
}

function darknessOf({ settings }: Model): number {
  return 1 - Math.min(100, Math.max(0, settings.dim?.percent ?? 100)) / 100;
}

/** Only over a kiosk that sells: a picture must not hide that something is wrong. */
function slideOf({ settings, session, isLost }: Model, untouchedMs: number): string | null {
  const { slides } = settings;
  const isSelling = !isLost && session.views.some(({ message }) => message === "choose");
  if (!isSelling || untouchedMs < UNTOUCHED_MS) return null;
  return slides[Math.floor((untouchedMs - UNTOUCHED_MS) / SLIDE_MS) % slides.length] ?? null;
}
