import Table from "cli-table3";
import { visibleLine } from "../../core/visible.ts";
import type { Told } from "./print.ts";

/** A text of one line, or its lines. */
type Cell = string | readonly string[];

/** Rows under headings, plain enough to be piped. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): Told {
  const plain = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" };
  const none = { "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "" };
  const made = new Table({
    head: [...head],
    chars: { ...plain, ...none, right: "", "right-mid": "", middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  made.push(...rows.map((row) => row.map((cell) => [cell].flat().map(visibleLine).join("\n"))));
  return made.toString() as Told;
}
