import { codeOf } from "../code.ts";
import type { Figure } from "../screen.ts";
import type { Typeface } from "./drawing.ts";
import type { Level } from "./levels.ts";
import type { Node } from "./marks.ts";
import { bar, boxed, code, grid, named, stack, type TextStyle } from "./nodes.ts";
import type { PositionPage } from "./page.ts";

/** Sizes of fonts, modules and targets, in pixels. */
export interface Scale {
  readonly textPx: number;
  readonly figurePx: number;
  /** What the screen is about: the largest on it. */
  readonly heroPx: number;
  readonly modulePx: number;
  readonly targetPx: number;
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
  readonly level: Level;
  readonly gapPx: number;
  readonly lineEm: number;
  readonly say: Say;
}

/** Where one is, what it is about, and what to do now. */
export function headOf(page: PositionPage, means: Means): readonly Node[] {
  const { screen } = page;
  const { say, scale, level } = means;
  const place = [page.position, screen.product].filter(Boolean).join(" · ");
  const hasPrice = screen.figures.some(({ role }) => role === "unit-price");
  const isNamed = level.has("header") || !level.has("place") || place === "" || (hasPrice && page.position === "");
  const fontPx = level.has("air") ? Math.ceil(scale.textPx * 1.15) : scale.textPx;
  // Beside a code two words do.
  const title = screen.kind === "scan" && !level.has("place") ? (screen.steps[1] ?? screen.title) : screen.title;
  return [
    ...(isNamed ? [] : [say(place)]),
    ...(level.hasTitle(screen.kind)
      ? [say(title, { weight: level.has("titleBesideCorner") ? 700 : 400, fontPx })]
      : []),
    ...tellingOf(page, means),
  ];
}

/** The question that cannot wait, else the steps, else the detail; what to do after the end is told in any case. */
function tellingOf({ banner, extend, screen }: PositionPage, { say, level, gapPx }: Means): readonly Node[] {
  const isShown = banner !== null && (extend === null || level.has("question"));
  const text = say(banner ?? "", { weight: 700, isLight: true });
  const question = isShown ? [boxed(text, gapPx, 0, (rect) => ({ kind: "panel", rect }))] : [];
  if (isShown && screen.kind !== "ended") return question;
  if (level.has("steps") && screen.steps.length > 0)
    return screen.steps.map((step, index) => say(`${index + 1}. ${step}`));
  const isReview = screen.kind === "ended" && screen.figures.length > 0;
  const hasDetail = screen.detail !== "" && level.hasDetail(screen.kind, isReview);
  return hasDetail ? [...question, say(screen.detail)] : question;
}

export function codeNode({ screen }: PositionPage, { scale }: Means): Node {
  const text = screen.code ?? "";
  return code(text, codeOf(text).modules, scale.modulePx);
}

export function termsOf({ screen, banner }: PositionPage, { say, level }: Means): readonly Node[] {
  const { terms, kind } = screen;
  if (terms.length === 0 || !level.hasTerms(kind)) return [];
  if (banner !== null && !level.has("termsWhenRefused")) return [];
  const isJoined = !level.has("steps") && level.hasTitle(kind);
  return (isJoined ? [terms.join(" · ")] : terms).map((term) => say(term));
}

/** Figures with their names, the time left, and how much of the reservation is used. */
export function factsOf(page: PositionPage, means: Means): readonly Node[] {
  const { screen, timeLeft, extend, used } = page;
  const { say, plan, level, scale, gapPx } = means;
  const figures = screen.figures.filter((figure) => level.hasFigure(screen.kind, figure));
  const nodes = figures.map((figure) => figureOf(figure, screen, means));
  const time =
    timeLeft === null || (extend !== null && !level.has("timeLabel"))
      ? []
      : [timeOf(timeLeft, screen.code === null || level.has("timeLabel"), means)];
  const share = screen.share === null || !level.has("share") ? [] : [bar(screen.share, Math.ceil(scale.textPx * 0.6))];
  const words = used === null || !level.has("used") ? [] : [say(used)];
  const facts = plan.isInline
    ? [stack([...nodes, ...time], 0)]
    : [grid(nodes, gapPx * 2, screen.kind === "live" ? 1 : null), ...time];
  return [...(nodes.length + time.length === 0 ? [] : facts), ...share, ...words];
}

function figureOf(figure: Figure, { kind, product }: PositionPage["screen"], means: Means): Node {
  const { say, plan, level, scale, gapPx } = means;
  const { role, label, text } = figure;
  const isNamed = level.hasLabel(kind, figure);
  const isAside = role === "reference" || (kind === "paid" && (role === "reserved" || role === "freed"));
  const value = say(text, {
    weight: isAside && !level.has("air") ? 400 : 700,
    fontPx: scale[sizeOf(kind, figure)],
    isWhole: role !== "reference",
    isBreakable: role === "reference",
    align: plan.isInline && isNamed ? "right" : "left",
  });
  if (!isNamed) return value;
  const name = say(role === "unit-price" && !level.has("header") ? product : label);
  return named(name, value, level.has("air") ? gapPx * 2 : Math.ceil(scale.textPx * 0.2), plan.isInline);
}

function timeOf({ label, text }: Pick<Figure, "label" | "text">, hasLabel: boolean, { say, gapPx }: Means): Node {
  const value = say(text, { weight: 700, isWhole: true, align: "right" });
  return hasLabel ? named(say(label), value, gapPx * 2, true) : say(text, { weight: 700, isWhole: true });
}

function sizeOf(kind: PositionPage["screen"]["kind"], { role }: Figure): "heroPx" | "figurePx" | "textPx" {
  if (role === "reference") return "textPx";
  if (kind === "ended" || kind === "busy") return "figurePx";
  const isHero = kind === "live" ? role !== "unit-price" : kind !== "paid" || role === "amount";
  return isHero ? "heroPx" : "figurePx";
}
