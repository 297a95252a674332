import { codeOf } from "../code.ts";
import { hasAt } from "../giving-way.ts";
import type { Typeface } from "./drawing.ts";
import type { Node } from "./marks.ts";
import {
  beside,
  boxed,
  button,
  code,
  figureWords,
  grid,
  ifRoom,
  inMiddle,
  named,
  SPRING,
  stack,
  words,
} from "./nodes.ts";
import type { BoardPage, Button, Page, PositionPage } from "./page.ts";
import { factsOf, headOf, type Means, type Plan, type Say, type Scale, termsOf } from "./text-blocks.ts";

const MOST_WIDTH_EM = { row: 46, column: 27 };
const TIGHT_PX = 4;
const LINE_EM = { air: 1.2, tight: 1 };

export function layoutOf(page: Page, typeface: Typeface, scale: Scale, plan: Plan): Node {
  const has = hasAt(plan.level);
  const hasAir = has("air");
  const lineEm = LINE_EM[hasAir ? "air" : "tight"];
  const say: Say = (text, style = {}) => words(typeface, text, { fontPx: scale.textPx, lineEm, ...style });
  const gapPx = hasAir ? Math.ceil(scale.textPx * 0.3) : TIGHT_PX;
  const means: Means = { typeface, scale, plan, has, gapPx, lineEm, say };
  const body = page.kind === "board" ? boardOf(page, means) : positionOf(page, means);
  const whole = has("header") ? withHeader(page, body, means) : body;
  const mostPx = MOST_WIDTH_EM[plan.isRow || page.kind === "board" ? "row" : "column"] * scale.textPx;
  return inset(whole, scale.safePx, mostPx);
}

/** A margin around it, and no wider than an eye follows a line. */
function inset(content: Node, marginPx: number, mostPx: number): Node {
  const inner = (widthPx: number): number => Math.min(mostPx, widthPx - 2 * marginPx);
  return {
    leastWidthPx: content.leastWidthPx + 2 * marginPx,
    widthPx: content.widthPx + 2 * marginPx,
    heightPx: (widthPx) => content.heightPx(inner(widthPx)) + 2 * marginPx,
    place: ({ x, y, width, height }, marks) => {
      const contentPx = inner(width);
      const left = x + Math.floor((width - contentPx) / 2);
      content.place({ x: left, y: y + marginPx, width: contentPx, height: height - 2 * marginPx }, marks);
    },
  };
}

function withHeader(page: Page, body: Node, means: Means): Node {
  const { gapPx } = means;
  const title = inMiddle(whoOf(page, means));
  const withBack = page.back === null ? title : beside(buttonOf(page.back, means), title, gapPx, () => 0);
  const header = withCorner(withBack, page.language === null ? null : buttonOf(page.language, means), means);
  const both = stack([header, body], gapPx);
  return {
    ...both,
    place: (rect, marks) => {
      const headerPx = header.heightPx(rect.width);
      header.place({ ...rect, height: headerPx }, marks);
      const used = headerPx + gapPx;
      body.place({ ...rect, y: rect.y + used, height: rect.height - used }, marks);
    },
  };
}

/** The place and, where both stand on a line, the product; as on the page. */
function whoOf(page: Page, { say, scale }: Means): Node {
  if (page.kind === "board") return say(page.name, { weight: 700 });
  const { place, product } = page.screen;
  const [first, second] = [place, product].filter((text) => text !== "");
  if (first === undefined || second === undefined) return say(first ?? "", { weight: 700 });
  const name = say(first, { weight: 700, isWhole: true });
  const both = beside(
    name,
    say(second, { tone: "quiet", isWhole: true }),
    Math.ceil(scale.textPx * 0.5),
    () => name.widthPx,
  );
  const lesser = page.position === "" ? product : [page.position, product].join(" · ");
  return ifRoom(both, say(lesser, { weight: 700 }));
}

function buttonOf({ id, label, look }: Button, means: Means, fontPx = means.scale.textPx): Node {
  const { typeface, scale, has, lineEm } = means;
  const paddingPx = has("air") ? Math.ceil(fontPx * 0.4) : look === "secondary" ? TIGHT_PX : TIGHT_PX / 2;
  return button(typeface, id, label, look, { fontPx, lineEm }, paddingPx, scale.targetPx);
}

function buttonsOf(buttons: readonly Button[], means: Means, fontPx?: number): readonly Node[] {
  if (buttons.length === 0) return [];
  return [
    grid(
      buttons.map((each) => buttonOf(each, means, fontPx)),
      means.gapPx,
    ),
  ];
}

function boardOf(page: BoardPage, means: Means): Node {
  const { typeface, say, scale, plan, has, gapPx, lineEm } = means;
  const tiles = page.tiles.map(({ id, product, title, value, buttonId }) => {
    const figure = { weight: 700, fontPx: scale.figurePx } as const;
    const hasProduct = title === "" || has("tileProduct");
    const hasValue = value !== "" && has(title === "" ? "tilePrice" : "tileValue");
    const state = say(title, { weight: 700 });
    const name = hasProduct ? say(product) : state;
    const lines = [
      named(say(id, figure), name, gapPx * 2, true),
      ...(hasProduct && title !== "" ? [state] : []),
      ...(hasValue ? [figureWords(typeface, value, { ...figure, lineEm }, scale.textPx)] : []),
    ];
    return boxed(stack(lines, 0), gapPx, scale.targetPx, (rect) => {
      return { kind: "button", rect, id: buttonId, look: "tile" };
    });
  });
  const board = grid(tiles, gapPx, plan.boardColumns);
  const corner = cornerOf(page, means);
  if (!has("boardTitle")) return stack([SPRING, withCorner(board, corner, means), SPRING], 0);
  const title = say(page.title, { weight: 700 });
  return stack([withCorner(title, corner, means), SPRING, board, SPRING, SPRING], gapPx);
}

/** What the header has no room for: the way back and the language, by their signs where words are too long. */
function cornerOf({ back, language }: Page, means: Means): Node | null {
  const { has, gapPx } = means;
  if (has("header")) return null;
  const buttons = [
    ...(back === null ? [] : [signed(back, has("back"))]),
    ...(language === null || !has("language") ? [] : [signed(language, has("languageName"))]),
  ].map((each) => buttonOf(each, means));
  return buttons.reduce<Node | null>(
    (left, right) => (left === null ? right : beside(left, right, gapPx, () => left.widthPx)),
    null,
  );
}

function signed(given: Button, hasWords: boolean): Button {
  return hasWords ? given : { ...given, label: given.sign ?? given.label };
}

function withCorner(node: Node, corner: Node | null, { gapPx }: Means): Node {
  if (corner === null) return node;
  return beside(inMiddle(node), inMiddle(corner), gapPx, (widthPx) => widthPx - gapPx - corner.widthPx);
}

function positionOf(page: PositionPage, means: Means): Node {
  const { plan, gapPx, scale, has } = means;
  const { screen } = page;
  const choices = buttonsOf(
    page.actions.filter(({ look }) => look === "choice").map((each) => signed(each, has("currency"))),
    means,
    scale.heroPx,
  );
  const corner = cornerOf(page, means);
  const bottom = bottomOf(page, corner, means);
  const isCornered = corner === null || bottom.length > 0;
  const parts = [headOf(page, means), ...(screen.code === null ? factsOf(page, means) : [])].flat();
  const terms = screen.code === null ? termsOf(page, means) : [];
  const support = page.support === null ? [] : [means.say(page.support, { weight: 700 })];
  const told = [...parts, ...terms, ...support];
  const first = terms.length > 0 ? parts.length : told.length - 1;
  const at = screen.title !== "" && has(`title ${screen.kind}`) && has("titleBesideCorner") ? 0 : first;
  const top = isCornered ? told : told.map((node, index) => (index === at ? withCorner(node, corner, means) : node));

  if (screen.code !== null) return withCode(page, screen.code, bottom, means);
  if (plan.isRow && screen.kind === "choose") {
    const left = stack([SPRING, ...top, SPRING], gapPx);
    const right = stack([SPRING, ...choices, SPRING, ...bottom], gapPx);
    return beside(left, right, gapPx * 2, (widthPx) => widthPx * 0.55);
  }
  return stack([SPRING, ...top, SPRING, ...choices, ...bottom], gapPx);
}

function withCode(page: PositionPage, text: string, bottom: readonly Node[], means: Means): Node {
  const { plan, gapPx, scale } = means;
  const symbol = code(text, codeOf(text).modules, scale.modulePx);
  const told = [...headOf(page, means), ...factsOf(page, means), ...termsOf(page, means)];
  if (!plan.isRow) return stack([SPRING, symbol, ...told, SPRING, ...bottom], gapPx);
  // The code's quiet zone keeps them apart.
  return beside(stack([SPRING, symbol, SPRING], 0), stack([SPRING, ...told, SPRING, ...bottom], gapPx), 0, () => 0);
}

/** What is to be touched beside the choices: whether somebody is there, what ends it, the way back, the language. */
function bottomOf(page: PositionPage, corner: Node | null, means: Means): readonly Node[] {
  const { has, gapPx, say, scale } = means;
  const { extend, timeLeft, actions, screen } = page;
  const isAsked = extend !== null && timeLeft !== null;
  const isCompact = isAsked && !has("timeLabel");
  const mayDismiss = !isAsked || has("dismissWhenAsked");
  const hasWords = has("cancel") || screen.code === null;
  const others = [
    ...(isAsked && !isCompact ? [extend] : []),
    ...actions
      .filter(({ id, look }) => look !== "choice" && (mayDismiss || !id.startsWith("dismiss")))
      .filter(({ id }) => (has("receipt") && mayDismiss) || !id.startsWith("receipt"))
      .map((each) => signed(each, hasWords)),
  ];
  const rows = [...buttonsOf(others, means)];
  if (isCompact) {
    const left = say(timeLeft.text, { weight: 700, tone: "onWarn", isWhole: true });
    const panel = boxed(left, gapPx / 2, scale.targetPx, (rect) => ({ kind: "panel", rect }));
    rows.unshift(beside(panel, buttonOf(extend, means), gapPx, () => 0));
  }
  return rows.map((row, index) => (index === rows.length - 1 ? withCorner(row, corner, means) : row));
}
