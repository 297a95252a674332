import { hasAt, PAGE_LEVELS as LEVELS } from "../../giving-way.ts";
import { TYPE_STEPS } from "../../grid.ts";
import { QUIET_MODULES } from "../../panel.ts";

const MOST_SCALE = 8;
const LEAST_SCALE = 0.2;
const STEPS = 6;
/** A code takes this much of the screen's shorter side, and screens give up other things for it until this level. */
const CODE_SHARE = 0.66;
const CODE_LEVEL = 6;
/** A grid with a gap in its last row has to be so much larger than one without. */
const UNEVEN = 0.8;
/** Of the size that running numbers could have on the barest screen, what they have at least. */
const NUMBERS_SHARE = 0.85;
/** Room at the head's end for the time left, in font sizes, whether it is told or not: nothing moves when it comes. */
const TIME_EM = 3.6;
const LEAST_WHO = 0.4;
/** Less than this is not worth another arrangement. */
const LARGER = 1.05;
const TOLERANCE_PX = 1;
const MOST_COLUMNS = 5;

/** What may be arranged in more than one way. */
export interface Plan {
  /** How many things stand in a grid; as many columns are tried, up to five. */
  readonly parts: number;
  /** What grows with the room are numbers that are to be as large as can be. */
  readonly isNumbersFirst?: boolean;
  /** A code to show, and the smallest module in the panel's own pixels. */
  readonly code: { readonly modules: number; readonly leastModulePx: number } | null;
}

/**
 * Gives a screen the most content that stands in it at the smallest type allowed, and then the largest type.
 * Large type is given up to `leastScale` before anything that is needed; a screen too small even then gets type that is
 * too small: nothing is ever cut.
 */
export function fitScreen(screen: HTMLElement, plan: Plan, leastScale: number): void {
  const arranged =
    (plan.isNumbersFirst === true ? fitNumbers(screen, plan) : null) ??
    fitWith(screen, plan, wantedModulePx(screen, plan), CODE_LEVEL) ??
    fitWith(screen, plan, plan.code?.leastModulePx ?? 0, LEVELS) ??
    fitBarely(screen, plan, leastScale, 1) ??
    fitBarely(screen, plan, LEAST_SCALE, leastScale);
  setColumns(screen, plan, arranged?.columns ?? 1);
  setScale(screen, arranged?.scale ?? LEAST_SCALE);
  snapCode(screen);
}

/**
 * Place and product side by side; where both have no room, the one that matters less is left out on all screens. A
 * product's name that is too long even then is written smaller.
 */
export function fitHead(screen: HTMLElement): void {
  // Some of the barest screens do without it.
  delete screen.dataset["level"];
  const head = screen.querySelector<HTMLElement>(".head");
  const who = head?.querySelector<HTMLElement>(".who");
  if (head === null || who === null || who === undefined) return;
  const lesser = who.querySelector<HTMLElement>("[data-least]");
  if (lesser !== null) lesser.hidden = false;
  who.style.fontSize = "";
  const { fontSize, columnGap } = getComputedStyle(who);
  const gapPx = Number.parseFloat(columnGap) || 0;
  const beside = [...head.querySelectorAll<HTMLElement>(".tool, .logo")];
  const takenPx = beside.reduce((sum, { offsetWidth }) => sum + offsetWidth + gapPx, 0);
  const roomPx = head.clientWidth - takenPx - gapPx;
  if (lesser !== null) lesser.hidden = who.scrollWidth > roomPx - TIME_EM * Number.parseFloat(fontSize);
  if (who.scrollWidth > roomPx) who.style.fontSize = `${Math.max(LEAST_WHO, roomPx / who.scrollWidth).toFixed(2)}em`;
}

interface Arranged {
  readonly columns: number;
  readonly scale: number;
}

/** Whatever makes the numbers much smaller than they could be is given up. */
function fitNumbers(screen: HTMLElement, plan: Plan): Arranged | null {
  const barest = fitBarely(screen, plan, 1, MOST_SCALE);
  return barest === null ? null : fitWith(screen, plan, 0, LEVELS, Math.max(1, barest.scale * NUMBERS_SHARE));
}

/** The largest type on those levels that differ in where things stand rather than in what does. */
function fitBarely(screen: HTMLElement, plan: Plan, leastScale: number, mostScale: number): Arranged | null {
  let best: Arranged | null = null;
  let bestLevel = LEVELS - 1;
  for (let level = LEVELS - 1; level >= CODE_LEVEL - 1; level -= 1) {
    const worthwhile = best === null ? leastScale : best.scale * LARGER;
    if (worthwhile > mostScale) break;
    setLevel(screen, level);
    const arranged = arrange(screen, plan, worthwhile, mostScale);
    if (arranged !== null) [best, bestLevel] = [arranged, level];
  }
  setLevel(screen, bestLevel);
  return best;
}

function fitWith(screen: HTMLElement, plan: Plan, modulePx: number, levels: number, leastScale = 1): Arranged | null {
  setCode(screen, plan, modulePx);
  for (let level = 0; level < levels; level += 1) {
    setLevel(screen, level);
    const arranged = arrange(screen, plan, leastScale, MOST_SCALE);
    if (arranged !== null) return arranged;
  }
  return null;
}

function arrange(screen: HTMLElement, plan: Plan, leastScale: number, mostScale: number): Arranged | null {
  let best: Arranged | null = null;
  let bestWorth = 0;
  // Of what is about as large, a wide screen shows things side by side, and a high one below each other.
  const preferred = screen.clientWidth > screen.clientHeight ? 0.95 : 1.05;
  for (let columns = 1; columns <= Math.min(plan.parts, MOST_COLUMNS); columns += 1) {
    setColumns(screen, plan, columns);
    const evenness = plan.parts % columns === 0 ? 1 : UNEVEN;
    const worthwhile = stepFrom(Math.max(leastScale, (bestWorth * preferred) / evenness));
    if (worthwhile > mostScale || !standsAt(screen, worthwhile)) continue;
    const scale = largest(worthwhile, mostScale, (tried) => standsAt(screen, tried));
    [best, bestWorth] = [{ columns, scale }, scale * evenness];
  }
  return best;
}

/** The same with and without a warning, so that a code under a camera stays as it is. */
function wantedModulePx({ clientWidth, clientHeight }: HTMLElement, { code }: Plan): number {
  if (code === null) return 0;
  const roomPx = Math.min(clientWidth, clientHeight) * devicePixelRatio * CODE_SHARE;
  return Math.max(code.leastModulePx, Math.floor(roomPx / (code.modules + 2 * QUIET_MODULES)));
}

/** The largest step that holds, given that the smallest value does; below the scale's first any value. */
function largest(least: number, most: number, holds: (value: number) => boolean): number {
  const steps = TYPE_STEPS.filter((step) => step > least && step <= most);
  let held = least;
  for (const step of steps) {
    if (!holds(step)) break;
    held = step;
  }
  if (held < 1) held = between(held, Math.min(1, most), holds);
  holds(held);
  return held;
}

function between(least: number, most: number, holds: (value: number) => boolean): number {
  let low = least;
  let high = most;
  for (let step = 0; step < STEPS; step += 1) {
    const middle = Math.sqrt(low * high);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The scale's first step that is at least so large. */
function stepFrom(least: number): number {
  return least < 1 ? least : (TYPE_STEPS.find((step) => step >= least) ?? MOST_SCALE);
}

function standsAt(screen: HTMLElement, scale: number): boolean {
  setScale(screen, scale);
  return stands(screen);
}

/** Whether every part is inside of what it is a part of, and no word is wider than its line. */
function stands(screen: HTMLElement): boolean {
  const boxes = [screen, ...screen.querySelectorAll<HTMLElement>("[data-box]")];
  // What has no box of its own is none.
  return boxes
    .filter(({ offsetWidth }) => offsetWidth > 0)
    .every((box) => {
      const outer = innerOf(box);
      return [...box.children].every((part) => isInside(part, outer));
    });
}

function isInside(part: Element, outer: Edges): boolean {
  const { left, right, top, bottom, width } = part.getBoundingClientRect();
  if (width === 0) return true;
  if (part instanceof HTMLElement && part.scrollWidth > part.clientWidth + TOLERANCE_PX && part.clientWidth > 0) {
    return false;
  }
  return left >= outer.left && right <= outer.right && top >= outer.top && bottom <= outer.bottom;
}

interface Edges {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function innerOf(box: HTMLElement): Edges {
  const { left, right, top, bottom } = box.getBoundingClientRect();
  const style = getComputedStyle(box);
  const side = (name: string): number => Number.parseFloat(style.getPropertyValue(`padding-${name}`)) - TOLERANCE_PX;
  return {
    left: left + side("left"),
    right: right - side("right"),
    top: top + side("top"),
    bottom: bottom - side("bottom"),
  };
}

function setLevel(screen: HTMLElement, level: number): void {
  screen.dataset["level"] = String(level);
  screen.toggleAttribute("data-tight", !hasAt(level)("air"));
  for (const part of screen.querySelectorAll<HTMLElement | SVGElement>(
    "[data-until], [data-from], [hidden]:not([data-least])",
  )) {
    const { until = String(LEVELS), from = "0" } = part.dataset;
    part.toggleAttribute("hidden", level >= Number(until) || level < Number(from));
  }
}

function setScale(screen: HTMLElement, scale: number): void {
  screen.style.setProperty("--k", scale.toFixed(3));
}

/** The last of a grid fills what is left of its row. */
function setColumns(screen: HTMLElement, { parts }: Plan, columns: number): void {
  screen.style.setProperty("--columns", String(columns));
  screen.style.setProperty("--last", String(Math.ceil(parts / columns) * columns - parts + 1));
}

function setCode(screen: HTMLElement, { code }: Plan, modulePx: number): void {
  const drawn = screen.querySelector<SVGElement>("svg.code");
  if (drawn === null || code === null) return;
  drawn.dataset["modulePx"] = String(modulePx);
  const side = `${((code.modules + 2 * QUIET_MODULES) * modulePx) / devicePixelRatio}px`;
  drawn.style.width = side;
  drawn.style.height = side;
  drawn.style.left = "0";
  drawn.style.top = "0";
}

/**
 * A code that begins between two pixels has modules of unequal width. It is laid out elsewhere, and not transformed:
 * Chromium rounds a layout to whole pixels before it transforms.
 */
function snapCode(screen: HTMLElement): void {
  const drawn = screen.querySelector<SVGElement>("svg.code");
  if (drawn === null) return;
  const { left, top } = drawn.getBoundingClientRect();
  const off = (at: number): string => `${Math.round(at * devicePixelRatio) / devicePixelRatio - at}px`;
  drawn.style.left = off(left);
  drawn.style.top = off(top);
}
