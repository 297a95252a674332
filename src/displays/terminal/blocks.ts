import type { Screen } from "../screen.ts";
import { type Area, type Canvas, cut, printable, put, type Style, wrap } from "./canvas.ts";
import { drawFigure, rowsOf, type Size, widthOf } from "./digits.ts";
import type { Key } from "./stage.ts";

/** What takes some rows of an area's width. */
export interface Block {
  readonly rows: number;
  readonly width: number;
  draw(canvas: Canvas, column: number, row: number): void;
}

export function textBlock(text: string, width: number, style: Style = "plain"): Block {
  return linesBlock(wrap(text, width), style);
}

export function linesBlock(lines: readonly string[], style: Style = "plain"): Block {
  return {
    rows: lines.length,
    width: Math.max(0, ...lines.map(({ length }) => length)),
    draw: (canvas, column, row) => {
      lines.forEach((line, index) => {
        put(canvas, column, row + index, line, style);
      });
    },
  };
}

/** A number below its name, or beside it when it is plain. */
export function figureBlock(label: string, text: string, size: Size, labelWidth = label.length): Block {
  if (size === "plain") {
    return {
      rows: 1,
      width: labelWidth + 2 + widthOf(text, size),
      draw: (canvas, column, row) => {
        put(canvas, column, row, label);
        drawFigure(canvas, column + labelWidth + 2, row, text, size);
      },
    };
  }
  return {
    rows: 1 + rowsOf(size),
    width: Math.max(label.length, widthOf(text, size)),
    draw: (canvas, column, row) => {
      put(canvas, column, row, label);
      drawFigure(canvas, column, row + 1, text, size);
    },
  };
}

/** How much of the whole is used, as a bar and as a number. */
export function shareBlock({ part, percent }: NonNullable<Screen["share"]>, label: string, width: number): Block {
  const text = ` ${percent} ${label}`;
  const barWidth = width - text.length;
  const used = Math.round(part * barWidth);
  return linesBlock(["█".repeat(used) + "░".repeat(barWidth - used) + text]);
}

const BOX_GAP = 2;

/** Boxes in rows, as many side by side as there is room for, all of the same width. */
export function choicesBlock(choices: readonly Key[], size: Size, width: number): Block {
  const inner = Math.max(...choices.map(({ key, label }) => keyText(key).length + 1 + widthOf(label, size)));
  const boxWidth = inner + 4;
  const perRow = Math.max(1, Math.floor((width + BOX_GAP) / (boxWidth + BOX_GAP)));
  const height = rowsOf(size) + 2;
  return {
    rows: Math.ceil(choices.length / perRow) * height,
    width: Math.min(perRow, choices.length) * (boxWidth + BOX_GAP) - BOX_GAP,
    draw: (canvas, column, row) => {
      choices.forEach((choice, index) => {
        const left = column + (index % perRow) * (boxWidth + BOX_GAP);
        drawBox(canvas, { column: left, row: row + Math.floor(index / perRow) * height, width: boxWidth, height });
        drawChoice(canvas, left + 2, row + Math.floor(index / perRow) * height + 1, choice, size);
      });
    },
  };
}

function drawChoice(canvas: Canvas, column: number, row: number, { key, label }: Key, size: Size): void {
  put(canvas, column, row + rowsOf(size) - 1, keyText(key), "strong");
  drawFigure(canvas, column + keyText(key).length + 1, row, label, size);
}

function drawBox(canvas: Canvas, { column, row, width, height }: Area): void {
  const line = "─".repeat(width - 2);
  put(canvas, column, row, `┌${line}┐`);
  for (let at = row + 1; at < row + height - 1; at++) {
    put(canvas, column, at, "│");
    put(canvas, column + width - 1, at, "│");
  }
  put(canvas, column, row + height - 1, `└${line}┘`);
}

/** Keys beside what they do, the key itself in reverse video. */
export function keysBlock(keys: readonly Key[], width: number): Block {
  const lines: Key[][] = [];
  let left = 0;
  for (const key of keys) {
    const needed = keyWidth(key) + (left === width ? 0 : KEY_GAP);
    const line = lines.at(-1);
    if (line === undefined || needed > left) {
      lines.push([key]);
      left = width - keyWidth(key);
    } else {
      line.push(key);
      left -= needed;
    }
  }
  return {
    rows: lines.length,
    width,
    draw: (canvas, column, row) => {
      lines.forEach((line, index) => {
        let at = column;
        for (const key of line) {
          drawKey(canvas, at, row + index, key);
          at += keyWidth(key) + KEY_GAP;
        }
      });
    },
  };
}

const KEY_GAP = 3;

export function keyText(key: string): string {
  return `[${key.toUpperCase()}]`;
}

function keyWidth({ key, label }: Key): number {
  return keyText(key).length + 1 + printable(label).length;
}

export function drawKey(canvas: Canvas, column: number, row: number, { key, label }: Key): void {
  put(canvas, column, row, keyText(key), "inverse");
  put(canvas, column + keyText(key).length + 1, row, label, "strong");
}

/** From the top, or a third of the way down what is empty; a row between each two where there is room for it. */
export function stack(canvas: Canvas, area: Area, blocks: readonly Block[]): void {
  const spare = area.height - rowsIn(blocks);
  let row = area.row + Math.max(0, Math.floor((spare - blocks.length) / 3));
  blocks.forEach((block, index) => {
    block.draw(canvas, area.column, row);
    row += block.rows + (index < spare ? 1 : 0);
  });
}

/** Whether they all have room. */
export function fits(area: Area, blocks: readonly Block[]): boolean {
  return rowsIn(blocks) <= area.height && blocks.every(({ width }) => width <= area.width);
}

function rowsIn(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { rows }) => sum + rows, 0);
}

export function heading(text: string, width: number): Block {
  return linesBlock([cut(text, width)], "strong");
}
