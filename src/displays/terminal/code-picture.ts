import { codeOf } from "../code.ts";
import { QUIET_MODULES } from "../panel.ts";
import { type Canvas, put } from "./canvas.ts";

/** A code with its quiet zone, in cells of one module's width and two modules' height. */
export interface CodePicture {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly string[];
}

const HALVES = [" ", "▀", "▄", "█"];

export function codePicture(text: string): CodePicture {
  const code = codeOf(text);
  const width = code.modules + 2 * QUIET_MODULES;
  const height = Math.ceil(width / 2);
  const isInside = (at: number): boolean => at >= 0 && at < code.modules;
  const darkAt = (x: number, y: number): number => {
    const [column, row] = [x - QUIET_MODULES, y - QUIET_MODULES];
    return isInside(column) && isInside(row) && code.isDark(column, row) ? 1 : 0;
  };
  const lines = Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (__, x) => HALVES[darkAt(x, 2 * row) + 2 * darkAt(x, 2 * row + 1)]).join(""),
  );
  return { width, height, lines };
}

export function drawCode(canvas: Canvas, column: number, row: number, { lines }: CodePicture): void {
  lines.forEach((line, index) => {
    put(canvas, column, row + index, line, "code");
  });
}
