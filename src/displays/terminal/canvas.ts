export const COLUMNS = 80;
export const ROWS = 24;

/** Told apart without any colour; only the code has colours of its own. */
export type Style = "plain" | "strong" | "inverse" | "code";

export interface Area {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

/** A screen of text; both arrays hold one element for each cell, row by row. */
export interface Canvas {
  readonly chars: string[];
  readonly styles: Style[];
}

export function blankCanvas(): Canvas {
  const cells = COLUMNS * ROWS;
  return { chars: Array<string>(cells).fill(" "), styles: Array<Style>(cells).fill("plain") };
}

/** Writes into one row; what would stand outside of the screen is left out. */
export function put(canvas: Canvas, column: number, row: number, text: string, style: Style = "plain"): void {
  if (row < 0 || row >= ROWS) return;
  [...printable(text)].forEach((char, index) => {
    const at = column + index;
    if (at < 0 || at >= COLUMNS) return;
    canvas.chars[row * COLUMNS + at] = char;
    canvas.styles[row * COLUMNS + at] = style;
  });
}

/** Of a name that somebody configured, only what takes exactly one cell and gives the terminal no orders. */
const UNPRINTABLE =
  /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u03ff\u0400-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2193\u2500-\u259f]/gu;

export function printable(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/[\u00a0\u2007\u2009\u202f]/g, " ")
    .replaceAll(UNPRINTABLE, "?");
}

/** Lines of at most so many cells, broken between words where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text)
    .split(" ")
    .flatMap((long) => pieces(long, width))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

function pieces(word: string, width: number): readonly string[] {
  const count = Math.ceil(word.length / width);
  return Array.from({ length: count }, (_, index) => word.slice(index * width, (index + 1) * width));
}

export function cut(text: string, width: number): string {
  const clean = printable(text);
  return clean.length <= width ? clean : `${clean.slice(0, Math.max(0, width - 1))}…`;
}
