import { z } from "zod";
import { about, lineName } from "../../config/fields.ts";
import type { Path } from "../../ports/configured.ts";
import type { LineUse } from "../../ports/device.ts";

export const lineKey = lineName.meta(
  about("The line: by GPIO number, by pin of the header, or by chip and offset.", "GPIO17", "pin 11", "pinctrl-rp1:17"),
);
export const activeLow = z
  .boolean()
  .default(false)
  .meta(about("The line is on while its level is low, as on many relay boards.", true));
const bias = z
  .enum(["as-is", "pull-up", "pull-down", "disabled"])
  .default("as-is")
  .meta(about("The board's own resistor at the line. as-is leaves it as the system has set it.", "pull-down"));

/** A GPIO line: `GPIO17`, `pin 11` or `pinctrl-rp1:17`, by itself or with what is special about it. */
export const outputLine = z
  .union([
    lineName,
    z.strictObject({ line: lineKey, activeLow }).meta({ description: "An output line with what is special about it." }),
  ])
  .transform((given) => (typeof given === "string" ? { line: given, activeLow: false } : given));

export const inputLine = z
  .union([
    lineName,
    z
      .strictObject({ line: lineKey, activeLow, bias })
      .meta({ description: "An input line with what is special about it." }),
  ])
  .transform((given) =>
    typeof given === "string" ? { line: given, activeLow: false, bias: "as-is" as const } : given,
  );

/** A pulse line has an edge and never a debounce: that belongs into its hardware. */
export const pulseLine = z
  .union([
    lineName,
    z
      .strictObject({
        line: lineKey,
        edge: z
          .enum(["rising", "falling"])
          .default("rising")
          .meta(about("Which change of the level is counted as a pulse.", "falling")),
        bias,
      })
      .meta({ description: "A pulse line with what is special about it." }),
  ])
  .transform((given) =>
    typeof given === "string" ? { line: given, edge: "rising" as const, bias: "as-is" as const } : given,
  );

export const alive = outputLine
  .optional()
  .meta(
    about(
      "A line that beats while the daemon is well: an external timer cuts the supply when it stops. Without it no timer watches.",
      "GPIO23",
    ),
  );

interface Given {
  readonly line: string;
}

/** An output that lets something flow while it is active; `isLast` for one that is switched off after all others. */
export function opening(
  at: Path,
  given: (Given & { readonly activeLow: boolean }) | undefined,
  { isLast = false } = {},
): LineUse[] {
  return given === undefined ? [] : [{ at, line: given.line, opens: { activeLow: given.activeLow, isLast } }];
}

/** Lines that let nothing flow, each with its key. */
export function others(at: Path, given: Readonly<Record<string, Given | undefined>>): LineUse[] {
  return Object.entries(given).flatMap(([key, line]) =>
    line === undefined ? [] : [{ at: [...at, key], line: line.line, opens: null }],
  );
}
