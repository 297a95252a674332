import { sentence, shown } from "../config/problem.ts";
import { colourProblem } from "../platform/look/palette.ts";
import type { Found } from "../ports/configured.ts";
import { type Panel, panelProblems } from "./panel.ts";

type Sides = Omit<Panel, "readingDistanceMm">;

/** What a configuration says of its screen. */
interface Given {
  readonly driver: string;
  readonly rotate?: number;
  readonly panel?: Sides | undefined;
  readonly readingDistanceMm: number;
  readonly look?: { readonly colour?: string | undefined };
}

/**
 * A stranger must be able to read all of it, and a phone the code.
 * @param codeChars the longest text of a code that the payment service gives; 38 characters unless told
 */
export function displayChecks(given: Given, positions: number, codeChars: number | null = null): Found[] {
  return [...colourChecks(given), ...panelChecks(given, positions, codeChars)];
}

function colourChecks({ look }: Given): Found[] {
  const hint = look?.colour === undefined ? null : colourProblem(look.colour);
  if (look?.colour === undefined || hint === null) return [];
  const message = sentence({ found: shown(look.colour), expected: "a colour in which amounts can be read", hint });
  return [{ path: ["display", "look", "colour"], message }];
}

function panelChecks(
  { driver, panel, rotate, readingDistanceMm }: Given,
  positions: number,
  codeChars: number | null,
): Found[] {
  if (panel === undefined || driver === "terminal") return [];
  const isTurned = driver === "framebuffer" && rotate !== undefined && rotate % 180 !== 0;
  const seen = isTurned ? turned(panel) : panel;
  const wideness = panel.widthMm / panel.widthPx / (panel.heightMm / panel.heightPx);
  if (Math.max(wideness, 1 / wideness) > WIDEST_PIXEL) {
    const expected = "pixels about as wide as high";
    const hint = "are width and height swapped in one of the two?";
    return [{ path: ["display", "panel"], message: sentence({ found: sizeOf(panel), expected, hint }) }];
  }
  const problems = panelProblems(
    { ...seen, readingDistanceMm },
    { positions, ...(codeChars === null ? {} : { codeChars }) },
  );
  return problems.map((hint) => {
    const message = sentence({ found: sizeOf(panel), expected: "a panel on which all can be read", hint });
    return { path: ["display", "panel"], message };
  });
}

/** As a ratio of its sides, on any panel that is made. */
const WIDEST_PIXEL = 1.5;

function sizeOf({ widthMm, heightMm, widthPx, heightPx }: Sides): string {
  return `${widthMm} x ${heightMm} mm with ${widthPx} x ${heightPx} pixels`;
}

function turned(panel: Sides): Sides {
  const { widthPx, heightPx, widthMm, heightMm } = panel;
  return { widthPx: heightPx, heightPx: widthPx, widthMm: heightMm, heightMm: widthMm };
}
