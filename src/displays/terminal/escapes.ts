import { type Canvas, COLUMNS, ROWS, type Style } from "./canvas.ts";

/** The alternate screen, without a cursor, without going on in the next line at the last column. */
export const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
/** Also empties the screen: not every terminal has an alternate one, and a code must not be left behind. */
export const LEAVE = "\x1b[0m\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l";
export const CLEAR = "\x1b[0m\x1b[2J";
/** Asks how large the terminal is: a cursor sent too far stops in the last cell, and tells where that is. */
export const ASK_SIZE = "\x1b[999;999H\x1b[6n";

/**
 * The code is black (16) on white (231) of the fixed part of the palette of 256, written as its opposite in reverse
 * video, so that it is dark on light on a terminal without colours too. Normal intensity keeps a console with 8 colours
 * from making the dark modules grey; blinking is what an old terminal takes the 5 for.
 */
const SGR: Readonly<Record<Style, string>> = {
  plain: "\x1b[0m",
  strong: "\x1b[0;1m",
  inverse: "\x1b[0;7m",
  code: "\x1b[0;38;5;231;48;5;16;22;25;7m",
};

/** Where the terminal has the screen's upper left cell, counted from 0, and how much of the screen it has room for. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

/** Moving the cursor costs more than writing so many cells that stay as they are. */
const BRIDGED_CELLS = 6;

/** What makes a terminal that shows `before` show `after`; empty when that is the same. */
export function changes(before: Canvas, after: Canvas, place: Place): string {
  let bytes = "";
  let style: Style | null = null;
  for (let row = 0; row < ROWS; row++) {
    let writtenTo = -1;
    for (let column = 0; column < COLUMNS; column++) {
      if (isSame(before, after, row * COLUMNS + column)) continue;
      const isNear = writtenTo !== -1 && column - writtenTo <= BRIDGED_CELLS;
      const from = isNear ? writtenTo : column;
      if (!isNear) bytes += `\x1b[${place.row + row + 1};${place.column + column + 1}H`;
      for (let at = from; at <= column; at++) {
        const next = after.styles[row * COLUMNS + at] ?? "plain";
        if (next !== style) bytes += SGR[next];
        style = next;
        bytes += after.chars[row * COLUMNS + at] ?? " ";
      }
      writtenTo = column + 1;
    }
  }
  return bytes;
}

function isSame(before: Canvas, after: Canvas, cell: number): boolean {
  return before.chars[cell] === after.chars[cell] && before.styles[cell] === after.styles[cell];
}
