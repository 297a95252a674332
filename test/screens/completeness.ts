import type { Page } from "playwright-core";
import { type Figure, type Screen, screenOf } from "../../src/adapters/display/screen.ts";
import { languagesFor } from "../../src/adapters/display/texts/languages.ts";
import { VIEWS } from "../support/views.ts";

/** What no screen may give up, however small the panel is; each in a sentence. */
export async function missing(page: Page, name: string, language: string): Promise<readonly string[]> {
  const view = Object.entries(VIEWS).find(([known]) => known === name)?.[1];
  if (view === undefined) return [];
  // biome-ignore lint/performance/useDomNodeTextContent: a text that is hidden does not count.
  const shown = solid(await page.innerText("main"));
  const needed = neededOn(screenOf(view(), languagesFor([language])[0]));
  return needed.filter((text) => !shown.includes(solid(text))).map((text) => `"${text}" is not there`);
}

function neededOn(screen: Screen): readonly string[] {
  const { kind, title, product, terms } = screen;
  const figures = (...roles: Figure["role"][]): readonly string[] =>
    screen.figures.filter(({ role }) => roles.includes(role)).map(({ text }) => text);
  switch (kind) {
    case "choose":
      return [product, ...figures("unit-price"), ...terms];
    case "scan":
      return figures("reserved");
    case "live":
      return figures("quantity", "amount", "unit-price");
    case "paid":
      return figures("amount", "reserved", "freed", "reference");
    case "begin":
      // A warning may stand in the place of the title.
      return screen.timeout === null ? [title] : [];
    default:
      return [title];
  }
}

/** A number may be written in groups, a text in lines. */
function solid(text: string): string {
  return text.replaceAll(/\s/g, "");
}
