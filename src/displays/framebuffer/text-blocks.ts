import type { Has } from "../giving-way.ts";
import type { Figure } from "../screen.ts";
import type { Typeface } from "./drawing.ts";
import type { Node, Tone } from "./marks.ts";
import { bar, boxed, figureWords, grid, named, stack, type TextStyle } from "./nodes.ts";
import type { PositionPage } from "./page.ts";

/** Sizes of fonts, modules and targets, in pixels. */
export interface Scale {
  readonly textPx: number;
  readonly figurePx: number;
  /** What the screen is about: the largest on it. */
  readonly heroPx: number;
  readonly modulePx: number;
  readonly targetPx: number;
  /** The margin that nothing crosses. */
  readonly safePx: number;
}

/** One way to arrange a page. */
export interface Plan {
  /** From 0 on, how much is left out. */
  readonly level: number;
  readonly isRow: boolean;
  /** Names beside their values, not above. */
  readonly isInline: boolean;
  readonly boardColumns: number;
}

export type Say = (text: string, style?: Partial<TextStyle>) => Node;

export interface Means {
  readonly typeface: Typeface;
  readonly scale: Scale;
  readonly plan: Plan;
  readonly has: Has;
  readonly gapPx: number;
  readonly lineEm: number;
  readonly say: Say;
}

/** Where one is, what it is about, and what to do now. */
export function headOf(page: PositionPage, means: Means): readonly Node[] {
  const { screen } = page;
  const { say, scale, has } = means;
  const place = [page.position, screen.product].filter(Boolean).join(" · ");
  const hasPrice = screen.figures.some(({ role }) => role === "unit-price");
  const mayGo = screen.kind !== "choose" || hasPrice;
  const isNamed = has("header") || (!has("place") && mayGo) || place === "" || (hasPrice && page.position === "");
  const fontPx = has("air") ? Math.ceil(scale.textPx * 1.15) : scale.textPx;
  const isLean = !has(screen.kind === "choose" ? "titleBesideCorner" : "language");
  // Beside a code two words do.
  const title = screen.kind === "scan" && !has("place") ? (screen.steps[1] ?? screen.title) : screen.title;
  return [
    ...(isNamed ? [] : [say(place)]),
    ...(has(`title ${screen.kind}`) ? [say(title, { weight: isLean ? 400 : 700, fontPx, tone: toneOf(screen) })] : []),
    ...tellingOf(page, means),
  ];
}

/** Green for done alone; what was broken off is not. */
function toneOf({ kind, isBrokenOff }: PositionPage["screen"]): Tone {
  if (isBrokenOff) return "bad";
  return kind === "paid" || kind === "begin" ? "good" : "plain";
}

/** The question that cannot wait, else the steps, else the detail; what to do after the end is told in any case. */
function tellingOf({ banner, extend, screen }: PositionPage, { say, has, gapPx }: Means): readonly Node[] {
  const isShown = banner !== null && (extend === null || has("question"));
  const text = say(banner ?? "", { weight: 700, tone: "onWarn" });
  const question = isShown ? [boxed(text, gapPx, 0, (rect) => ({ kind: "panel", rect }))] : [];
  if (isShown && screen.kind !== "ended") return question;
  if (has("steps") && screen.steps.length > 0) return screen.steps.map((step, index) => say(`${index + 1}. ${step}`));
  const isReview = screen.kind === "ended" && screen.figures.length > 0;
  const hasDetail = screen.detail !== "" && has(isReview ? "detailOfReview" : `detail ${screen.kind}`);
  return hasDetail ? [...question, say(screen.detail)] : question;
}

export function termsOf({ screen, banner }: PositionPage, { say, has }: Means): readonly Node[] {
  const { terms, kind } = screen;
  if (terms.length === 0 || !has(`terms ${kind}`)) return [];
  if (banner !== null && !has("restWhenRefused")) return [];
  const isJoined = !has("steps") && (has(`title ${kind}`) || !has("language"));
  return (isJoined ? [terms.join(" · ")] : terms).map((term) => say(term));
}

/** Figures with their names, the time left, and how much of the reservation is used. */
export function factsOf(page: PositionPage, means: Means): readonly Node[] {
  const { screen, timeLeft, extend, used, banner } = page;
  const { say, plan, has, scale, gapPx } = means;
  const figures = screen.figures.filter((figure) => has(`figure ${screen.kind} ${figure.role}`));
  const nodes = figures.map((figure) => figureOf(figure, screen, means));
  const isTold = extend === null ? banner === null || has("restWhenRefused") : has("timeLabel");
  const left = say(timeLeft?.text ?? "", { weight: 700, isWhole: true });
  const hasName = screen.code === null || has("timeLabel");
  const timed = hasName ? named(say(timeLeft?.label ?? ""), left, gapPx * 2, true) : left;
  const time = timeLeft === null || !isTold ? [] : [timed];
  const share = screen.share === null || !has("share") ? [] : [bar(screen.share.part, Math.ceil(scale.textPx * 0.6))];
  const words = used === null || !has("used") ? [] : [say(used)];
  const facts = plan.isInline
    ? [stack([...nodes, ...time], 0)]
    : [grid(nodes, gapPx * 2, screen.kind === "live" ? 1 : null), ...time];
  return [...(nodes.length + time.length === 0 ? [] : facts), ...share, ...words];
}

function figureOf(figure: Figure, { kind, product }: PositionPage["screen"], means: Means): Node {
  const { typeface, say, plan, has, scale, gapPx } = means;
  const { role, label, text } = figure;
  const isProduct = role === "unit-price" && !has("header");
  // Where the product is chosen, it stays.
  const isNamed = (kind === "choose" && isProduct) || has(`label ${kind} ${role}`);
  const isAside =
    role === "reference" || (kind === "paid" && role !== "amount") || (kind === "live" && role === "unit-price");
  const style = {
    weight: isAside && !has("air") ? 400 : 700,
    fontPx: scale[sizeOf(kind, figure)],
    align: plan.isInline && isNamed ? "right" : "left",
    tone: kind === "live" && role === "amount" ? "action" : "plain",
  } as const;
  const value =
    role === "reference"
      ? say(text, { ...style, isBreakable: true })
      : figureWords(typeface, text, { ...style, lineEm: means.lineEm }, scale.textPx);
  if (!isNamed) return value;
  const name = say(isProduct ? product : label, { tone: "quiet" });
  return named(name, value, has("air") ? gapPx * 2 : Math.ceil(scale.textPx * 0.15), plan.isInline);
}

function sizeOf(kind: PositionPage["screen"]["kind"], { role }: Figure): "heroPx" | "figurePx" | "textPx" {
  if (role === "reference") return "textPx";
  if (kind === "ended" || kind === "busy") return "figurePx";
  const isHero = kind === "live" ? role !== "unit-price" : kind !== "paid" || role === "amount";
  return isHero ? "heroPx" : "figurePx";
}
