import type { Figure, Screen, Tile } from "../screen.ts";
import {
  type Block,
  choicesBlock,
  drawKey,
  figureBlock,
  fits,
  heading,
  keysBlock,
  keyText,
  linesBlock,
  shareBlock,
  stack,
  textBlock,
} from "./blocks.ts";
import { type Area, blankCanvas, type Canvas, COLUMNS, cut, printable, put, ROWS, wrap } from "./canvas.ts";
import { type CodePicture, codePicture, drawCode } from "./code-picture.ts";
import { drawFigure, type Size, widthOf } from "./digits.ts";
import type { Stage } from "./stage.ts";

const WHOLE: Area = { column: 4, row: 2, width: COLUMNS - 8, height: ROWS - 3 };
/** From the largest to what always fits: the size of the first figures, of the unit price, and of the choices. */
const SIZES: readonly (readonly [first: Size, price: Size, choices: Size])[] = [
  ["big", "medium", "medium"],
  ["big", "plain", "medium"],
  ["medium", "medium", "plain"],
  ["medium", "plain", "plain"],
  ["plain", "plain", "plain"],
];

export function draw(stage: Stage): Canvas {
  const canvas = blankCanvas();
  drawHeader(canvas, stage);
  if (stage.body.kind === "board") drawBoard(canvas, stage, stage.body.title, stage.body.tiles);
  else drawPosition(canvas, stage, stage.body.screen, stage.body.support);
  return canvas;
}

/** What a terminal that has less than the whole screen is told instead of a part of it. */
export function drawTooSmall({ language: { texts } }: Stage, columns: number): Canvas {
  const canvas = blankCanvas();
  linesBlock(wrap(`${texts.labels.screenTooSmall} ${COLUMNS}x${ROWS}`, columns), "strong").draw(canvas, 0, 0);
  return canvas;
}

function drawHeader(canvas: Canvas, { header, languageKey }: Stage): void {
  const right = languageKey === null ? "" : `${keyText(languageKey.key)} ${languageKey.label}`;
  const name = cut(header, COLUMNS - 3 - right.length);
  put(canvas, 0, 0, ` ${name.padEnd(COLUMNS - 2 - right.length)}${right} `, "inverse");
}

function drawPosition(canvas: Canvas, stage: Stage, screen: Screen, support: string | null): void {
  const picture = screen.code === null ? null : pictureOf(screen.code);
  const isTooLarge = picture !== null && picture.height > ROWS - 1;
  const area = picture === null || isTooLarge ? WHOLE : besideCode(canvas, picture);
  const rest = drawFooter(canvas, stage, area);
  const notes = [
    ...(isTooLarge ? [textBlock(stage.language.texts.labels.codeTooLarge, rest.width, "inverse")] : []),
    ...(support === null ? [] : [textBlock(support, rest.width, "strong")]),
  ];
  const versions = SIZES.map((sizes) => contentOf(stage, screen, rest.width, sizes, notes));
  const blocks = versions.find((version) => fits(rest, version)) ?? versions.at(-1) ?? [];
  stack(canvas, rest, blocks);
}

/** Draws the code at the left; what is left beside it. */
function besideCode(canvas: Canvas, picture: CodePicture): Area {
  drawCode(canvas, 1, 1 + Math.floor((ROWS - 1 - picture.height) / 2), picture);
  const column = picture.width + 4;
  return { column, row: 2, width: COLUMNS - 1 - column, height: ROWS - 2 };
}

/** The keys, above them what has to be read now; what is left above that. */
function drawFooter(canvas: Canvas, { keys, prompt, timeLeft }: Stage, area: Area): Area {
  const lines: readonly Block[] = [
    ...(prompt === null ? [] : [promptBlock(prompt, area.width)]),
    ...(timeLeft === null ? [] : [heading(timeLeft, area.width)]),
    ...(keys.length === 0 ? [] : [keysBlock(keys, area.width)]),
  ];
  let row = area.row + area.height;
  for (const block of lines.toReversed()) {
    row -= block.rows;
    block.draw(canvas, area.column, row);
  }
  return { ...area, height: row - area.row - (lines.length === 0 ? 0 : 1) };
}

function promptBlock(prompt: string, width: number): Block {
  const lines = wrap(prompt, width - 2);
  const longest = Math.max(...lines.map(({ length }) => length));
  return linesBlock(
    lines.map((line) => ` ${line.padEnd(longest)} `),
    "inverse",
  );
}

function contentOf(
  { choices, language }: Stage,
  screen: Screen,
  width: number,
  [first, price, choice]: (typeof SIZES)[number],
  notes: readonly Block[],
): readonly Block[] {
  const { labels } = language.texts;
  const text = (line: string): readonly Block[] => (line === "" ? [] : [textBlock(line, width)]);
  const steps = screen.steps.map((step, index) => `${index + 1}. ${step}`);
  return [
    heading(screen.title, width),
    ...text(screen.detail),
    ...notes,
    ...(steps.length === 0 ? [] : [linesBlock(steps)]),
    ...(choices.length === 0 ? [] : [choicesBlock(choices, choice, width)]),
    ...figureBlocks(screen, first, price),
    ...(screen.share === null ? [] : [shareBlock(screen.share, labels.used, width)]),
    ...termsBlocks(screen, width),
  ];
}

/** The amount and the quantity, or the first that there is, stand out; the others are a table below them. */
function figureBlocks({ kind, figures, product }: Screen, first: Size, price: Size): readonly Block[] {
  const isGreat = (figure: Figure): boolean =>
    figure === figures[0] || (kind === "live" && (figure.role === "quantity" || figure.role === "amount"));
  const labelOf = ({ role, label }: Figure): string => (role === "unit-price" ? `${label} ${product}` : label);
  const great = figures.filter(isGreat).map((figure) => figureBlock(printable(labelOf(figure)), figure.text, first));
  const others = figures.filter((figure) => !isGreat(figure));
  const labelWidth = Math.max(0, ...others.map((figure) => printable(labelOf(figure)).length));
  const rows = others.map((figure) =>
    figure.role === "unit-price"
      ? figureBlock(printable(labelOf(figure)), figure.text, price)
      : figureBlock(printable(figure.label), figure.text, "plain", labelWidth),
  );
  return rows.length === 0 ? great : [...great, joined(rows)];
}

function termsBlocks({ terms }: Screen, width: number): readonly Block[] {
  return terms.length === 0 ? [] : [joined(terms.map((term) => textBlock(term, width)))];
}

/** One below the other without anything between them. */
function joined(blocks: readonly Block[]): Block {
  return {
    rows: blocks.reduce((sum, { rows }) => sum + rows, 0),
    width: Math.max(...blocks.map(({ width }) => width)),
    draw: (canvas, column, row) => {
      let at = row;
      for (const block of blocks) {
        block.draw(canvas, column, at);
        at += block.rows;
      }
    },
  };
}

function drawBoard(canvas: Canvas, stage: Stage, title: string, tiles: readonly Tile[]): void {
  const rest = drawFooter(canvas, stage, WHOLE);
  heading(title, rest.width).draw(canvas, rest.column, rest.row);
  const height = rest.height - 2;
  const isRoomy = tiles.length * 4 <= height + 1;
  const perColumn = isRoomy ? tiles.length : Math.max(Math.floor(height / 2), Math.ceil(tiles.length / 2));
  const isNarrow = tiles.length > perColumn;
  const width = isNarrow ? Math.floor(rest.width / 2) - 1 : rest.width;
  const rows = isRoomy ? 4 : perColumn * 2 <= height ? 2 : 1;
  tiles.forEach((tile, index) => {
    const column = rest.column + Math.floor(index / perColumn) * (width + 2);
    const row = rest.row + 2 + (index % perColumn) * rows;
    const key = stage.choices[index]?.key ?? "";
    drawTile(canvas, { column, row, width, height: rows }, key, tile);
  });
}

function drawTile(canvas: Canvas, { column, row, width, height }: Area, key: string, tile: Tile): void {
  const size: Size = height === 4 && widthOf(tile.value, "medium") < width / 2 ? "medium" : "plain";
  const valueWidth = widthOf(tile.value, size);
  const name = key === tile.id ? tile.product : `${tile.id}  ${tile.product}`;
  const status = height === 1 ? tile.value || tile.title : tile.value;
  const textWidth = width - 4 - (status === "" ? 0 : widthOf(status, size) + 1);
  drawKey(canvas, column, row, { key, label: cut(name, textWidth), press: () => {} });
  drawFigure(canvas, column + width - (height === 1 ? widthOf(status, size) : valueWidth), row, status, size);
  if (height > 1) put(canvas, column + 4, row + 1, cut(tile.title, textWidth));
}

let lastPicture: { readonly text: string; readonly picture: CodePicture } | null = null;

/** The last one is kept: a code stays for minutes, and is drawn with each second of them. */
function pictureOf(text: string): CodePicture {
  if (lastPicture?.text !== text) lastPicture = { text, picture: codePicture(text) };
  return lastPicture.picture;
}
