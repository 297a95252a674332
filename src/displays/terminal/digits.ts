import { type Canvas, printable, put, type Style } from "./canvas.ts";

/** `big`: five rows of blocks. `medium`: three rows of half blocks. `plain`: text. */
export type Size = "big" | "medium" | "plain";

/** Five rows of dots for each character. */
const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  "0": ["###", "# #", "# #", "# #", "###"],
  "1": ["## ", " # ", " # ", " # ", "###"],
  "2": ["###", "  #", "###", "#  ", "###"],
  "3": ["###", "  #", "###", "  #", "###"],
  "4": ["# #", "# #", "###", "  #", "  #"],
  "5": ["###", "#  ", "###", "  #", "###"],
  "6": ["###", "#  ", "###", "# #", "###"],
  "7": ["###", "  #", "  #", "  #", "  #"],
  "8": ["###", "# #", "###", "# #", "###"],
  "9": ["###", "# #", "###", "  #", "###"],
  ",": [" ", " ", " ", "#", "#"],
  ".": [" ", " ", " ", " ", "#"],
  " ": [" ", " ", " ", " ", " "],
};

const ROWS_OF: Readonly<Record<Size, number>> = { big: 5, medium: 3, plain: 1 };
const HALVES: Readonly<Record<string, string>> = { "  ": " ", "# ": "▀", " #": "▄", "##": "█" };

interface Parts {
  readonly before: string;
  readonly digits: string;
  readonly after: string;
}

export function rowsOf(size: Size): number {
  return ROWS_OF[size];
}

/** How many columns a figure takes; its currency or unit stands beside the digits as plain text. */
export function widthOf(text: string, size: Size): number {
  if (size === "plain") return printable(text).length;
  const { before, digits, after } = partsOf(text);
  return before.length + digitsWidth(digits, size) + after.length;
}

export function drawFigure(canvas: Canvas, column: number, row: number, text: string, size: Size): void {
  if (size === "plain") {
    put(canvas, column, row, text, "strong");
    return;
  }
  const { before, digits, after } = partsOf(text);
  const baseline = row + ROWS_OF[size] - 1;
  const start = column + before.length;
  put(canvas, column, baseline, before, "strong");
  drawDigits(canvas, start, row, digits, size);
  put(canvas, start + digitsWidth(digits, size), baseline, after, "strong");
}

function drawDigits(canvas: Canvas, column: number, row: number, digits: string, size: "big" | "medium"): void {
  const lines = Array.from({ length: 5 }, (_, line) => [...digits].map((char) => GLYPHS[char]?.[line]).join(" "));
  if (size === "big") {
    lines.forEach((line, index) => {
      const dots = [...line].map((dot): Style => (dot === "#" ? "inverse" : "plain"));
      dots.forEach((style, at) => {
        put(canvas, column + 2 * at, row + index, "  ", style);
      });
    });
    return;
  }
  // One row of dots is left empty above, so that the digits stand on the line of the text beside them.
  const halves = [" ".repeat(lines[0]?.length ?? 0), ...lines];
  for (let index = 0; index < 3; index++) {
    const upper = halves[2 * index] ?? "";
    const lower = halves[2 * index + 1] ?? "";
    const chars = [...upper].map((dot, at) => HALVES[dot + (lower[at] ?? " ")] ?? " ");
    put(canvas, column, row + index, chars.join(""), "strong");
  }
}

function digitsWidth(digits: string, size: "big" | "medium"): number {
  const dots = [...digits].reduce((sum, char) => sum + (GLYPHS[char]?.[0]?.length ?? 0) + 1, -1);
  return dots * (size === "big" ? 2 : 1);
}

/** There is a space between the digits and the text on each side of them. */
function partsOf(text: string): Parts {
  const [, before = "", digits = "", after = ""] = /^(\D*)(\d[\d., ]*\d|\d)(.*)$/.exec(printable(text)) ?? [];
  return {
    before: before === "" ? "" : `${before.trimEnd()} `,
    digits,
    after: after === "" ? "" : ` ${after.trimStart()}`,
  };
}
