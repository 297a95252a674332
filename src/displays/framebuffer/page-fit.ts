import { LEVELS } from "../giving-way.ts";
import { safePx, TYPE_STEPS } from "../grid.ts";
import { fontPx, type Sizes } from "../panel.ts";
import type { Typeface } from "./drawing.ts";
import { layoutOf } from "./layout.ts";
import type { Mark } from "./marks.ts";
import type { Page } from "./page.ts";
import type { Plan, Scale } from "./text-blocks.ts";

export interface Space {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly sizes: Sizes;
  /** Of a code of so many modules. */
  leastModulePx(modules: number): number;
}

/** A page as it is drawn. */
export interface Fitted {
  readonly marks: readonly Mark[];
  /** Of the least sizes that the panel asks for; below 1 it is too small for the page. */
  readonly textScale: number;
  /** False when even the smallest is cut. */
  readonly fits: boolean;
}

const STEP = 1.06;
const LARGEST_TEXT = 1.7;
/** Beside a code, which has the better use for the room. */
const LARGEST_TEXT_BY_CODE = 1.25;
const SMALLEST_TEXT = 0.3;
const LARGEST_FIGURE = 3;
/** Of the shorter side. */
const LARGEST_CODE = 0.85;
const REMEMBERED = 64;
const MOST_COLUMNS = 5;

interface Choice {
  readonly plan: Plan;
  readonly scale: Scale;
  readonly textScale: number;
  readonly fits: boolean;
}

/** Finds for each page the arrangement in which its text is largest, and remembers it by the page's shape. */
export class Fitter {
  readonly #typeface: Typeface;
  readonly #space: Space;
  readonly #codeModules: (text: string) => number;
  readonly #known = new Map<string, Choice>();

  constructor(typeface: Typeface, space: Space, codeModules: (text: string) => number) {
    this.#typeface = typeface;
    this.#space = space;
    this.#codeModules = codeModules;
  }

  fit(page: Page): Fitted {
    // Digits are all as wide as the widest: a page whose digits alone change keeps its arrangement.
    const shape = JSON.stringify(page).replace(/\d/g, "0");
    const choice = this.#known.get(shape) ?? this.#grown(page, this.#chosen(page));
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(shape, choice);
    const { widthPx, heightPx } = this.#space;
    const marks: Mark[] = [];
    const { plan, scale, textScale, fits } = choice;
    layoutOf(page, this.#typeface, scale, plan).place({ x: 0, y: 0, width: widthPx, height: heightPx }, marks);
    return { marks, textScale, fits };
  }

  #chosen(page: Page): Choice {
    const hasCode = page.kind === "position" && page.screen.code !== null;
    for (let level = 0; level < LEVELS; level++) {
      const plans = plansFor(page, this.#space, level);
      const least = this.#firstFit(page, plans, 1);
      if (least === null) continue;
      const most = hasCode ? LARGEST_TEXT_BY_CODE : LARGEST_TEXT;
      for (const textScale of TYPE_STEPS.filter((step) => step > 1 && step <= most).toReversed()) {
        const found = this.#firstFit(page, plans, textScale);
        if (found !== null) return found;
      }
      return least;
    }
    const barest = plansFor(page, this.#space, LEVELS - 1);
    for (let textScale = 1 / STEP; textScale >= SMALLEST_TEXT; textScale /= STEP) {
      const found = this.#firstFit(page, barest, textScale);
      if (found !== null) return found;
    }
    return { plan: BAREST, scale: this.#scale(page, SMALLEST_TEXT), textScale: SMALLEST_TEXT, fits: false };
  }

  #firstFit(page: Page, plans: readonly Plan[], textScale: number): Choice | null {
    const scale = this.#scale(page, textScale);
    const plan = plans.find((each) => this.#isFitting(page, scale, each));
    return plan === undefined ? null : { plan, scale, textScale, fits: true };
  }

  /** What the screen is about takes the room that is left. */
  #grown(page: Page, choice: Choice): Choice {
    if (!choice.fits) return choice;
    const { plan } = choice;
    let { scale } = choice;
    const code = page.kind === "position" ? page.screen.code : null;
    const shorterPx = Math.min(this.#space.widthPx, this.#space.heightPx);
    const mostModulePx = code === null ? 0 : Math.floor((LARGEST_CODE * shorterPx) / (this.#codeModules(code) + 8));
    while (scale.modulePx < mostModulePx) {
      const larger = { ...scale, modulePx: scale.modulePx + 1 };
      if (!this.#isFitting(page, larger, plan)) break;
      scale = larger;
    }
    for (const step of TYPE_STEPS.filter((each) => each > choice.textScale && each <= LARGEST_FIGURE)) {
      const larger = { ...scale, heroPx: fontPx(this.#space.sizes.figurePx * step) };
      if (!this.#isFitting(page, larger, plan)) break;
      scale = larger;
    }
    return { ...choice, scale };
  }

  #isFitting(page: Page, scale: Scale, plan: Plan): boolean {
    const node = layoutOf(page, this.#typeface, scale, plan);
    const { widthPx, heightPx } = this.#space;
    return node.leastWidthPx <= widthPx && node.heightPx(widthPx) <= heightPx;
  }

  #scale(page: Page, textScale: number): Scale {
    const { sizes, leastModulePx, widthPx, heightPx } = this.#space;
    const code = page.kind === "position" ? page.screen.code : null;
    const figureScale = textScale < 1 ? Math.min(1, textScale * 1.2) : textScale;
    const figurePx = fontPx(sizes.figurePx * figureScale);
    return {
      textPx: fontPx(sizes.textPx * textScale),
      figurePx,
      heroPx: figurePx,
      modulePx: code === null ? 0 : leastModulePx(this.#codeModules(code)),
      targetPx: sizes.targetPx,
      safePx: safePx(Math.min(widthPx, heightPx), fontPx(sizes.textPx)),
    };
  }
}

const BAREST: Plan = { level: LEVELS - 1, isRow: false, isInline: true, boardColumns: 1 };

/** Of one level; the largest text decides, then their order. */
function plansFor(page: Page, { widthPx, heightPx }: Space, level: number): readonly Plan[] {
  const isWide = widthPx > heightPx;
  if (page.kind === "board") {
    const columns = Array.from({ length: MOST_COLUMNS }, (_, index) => index + 1);
    return (isWide ? columns.toReversed() : columns).map((boardColumns) => ({ ...BAREST, level, boardColumns }));
  }
  // What is chosen stands at the foot.
  const isRowFirst = isWide && page.screen.kind !== "choose";
  const rows = isRowFirst ? [true, false] : [false, true];
  const inlines = isWide && page.screen.kind === "live" ? [true, false] : [false, true];
  return rows.flatMap((isRow) => inlines.map((isInline) => ({ ...BAREST, level, isRow, isInline })));
}
