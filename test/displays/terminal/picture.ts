import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { blankCanvas, COLUMNS, ROWS } from "../../../src/displays/terminal/canvas.ts";
import { drawFigure, rowsOf as heightOf, type Size } from "../../../src/displays/terminal/digits.ts";
import { tempFolder } from "../../support/temp.ts";
import type { Emulator } from "./emulator.ts";

const SIZES: readonly Size[] = ["big", "medium", "plain"];
/** A cell is twice as high as it is wide: one module a half. */
const MODULE_PX = 6;
/** What a half of a cell that has a block in it shows of the ink: the upper, the lower. */
const BLOCKS: Readonly<Record<string, readonly [boolean, boolean]>> = {
  "▀": [true, false],
  "▄": [false, true],
  "█": [true, true],
};

/** The screen's rows, blank cells in reverse video as `▓`, and nothing where the code stands. */
function rowsOf(emulator: Emulator): readonly string[] {
  return Array.from({ length: emulator.rows }, (_, row) =>
    Array.from({ length: emulator.columns }, (__, column) => {
      const { char, isInverse, ink } = emulator.cell(column, row);
      if (ink !== "default") return " ";
      return char === " " && isInverse ? "▓" : char;
    }).join(""),
  );
}

/** All text in the order of reading, with one space wherever there is space. */
export function textOf(emulator: Emulator): string {
  return plain(rowsOf(emulator).join(" ").replaceAll("▓", " "));
}

export function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Whether a number stands on the screen whole, in any size. */
export function hasFigure(emulator: Emulator, text: string): boolean {
  const rows = rowsOf(emulator);
  return SIZES.some((size) => {
    const pattern = patternOf(text, size);
    return rows.some((first, row) =>
      [...first].some((_, column) =>
        pattern.every((line, index) => rows[row + index]?.slice(column, column + line.length) === line),
      ),
    );
  });
}

export function patternOf(text: string, size: Size): readonly string[] {
  const canvas = blankCanvas();
  drawFigure(canvas, 0, 0, text, size);
  const cells = canvas.chars.map((char, index) => (canvas.styles[index] === "inverse" ? "▓" : char));
  const lines = Array.from({ length: ROWS }, (_, row) => cells.slice(row * COLUMNS, (row + 1) * COLUMNS).join(""));
  const width = Math.max(...lines.map((line) => line.trimEnd().length));
  return lines.slice(0, heightOf(size)).map((line) => line.slice(0, width));
}

/** A photograph of the screen, as a PGM file; without colours, a cell is light on dark unless it is in reverse video. */
export function photograph(emulator: Emulator, hasColours: boolean): string {
  const { columns, rows } = emulator;
  const [width, height] = [columns * MODULE_PX, rows * 2 * MODULE_PX];
  const pixels = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const half = Math.floor(y / MODULE_PX);
      const cell = emulator.cell(Math.floor(x / MODULE_PX), Math.floor(half / 2));
      const isBlock = BLOCKS[cell.char]?.[half % 2] ?? false;
      const isColoured = hasColours && cell.ink !== "default";
      const [ink, paper] = isColoured ? [cell.ink === "white", cell.paper === "white"] : [true, false];
      const isLight = isBlock !== cell.isInverse ? ink : paper;
      pixels[y * width + x] = isLight ? 255 : 0;
    }
  }
  const path = join(tempFolder(), "screen.pgm");
  writeFileSync(path, Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), pixels]));
  return path;
}
