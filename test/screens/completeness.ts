import type { Page } from "playwright-core";
import { WARNING_MS } from "../../src/core/sale/timing.ts";
import { type Figure, type Screen, screenOf } from "../../src/displays/screen.ts";
import { languagesFor } from "../../src/displays/texts/languages.ts";
import { VIEWS } from "../support/views.ts";
import { SUPPORT } from "./gallery.ts";

/** What no screen may give up, however small the panel is; each in a sentence. */
export async function missing(page: Page, name: string, language: string): Promise<readonly string[]> {
  const view = Object.entries(VIEWS).find(([known]) => known === name)?.[1];
  if (view === undefined) return [];
  // biome-ignore lint/performance/useDomNodeTextContent: a text that is hidden does not count.
  const shown = solid(await page.innerText("main"));
  const screen = screenOf(view(), languagesFor([language])[0]);
  const isLeast = (await page.locator(`[data-level="${LEAST_LEVEL}"]`).count()) > 0;
  const needed = [...neededOn(screen, isLeast), ...(screen.needsHelp ? [SUPPORT] : [])];
  return needed.filter((text) => !shown.includes(solid(text))).map((text) => `"${text}" is not there`);
}

/** Where all else has given way already. */
const LEAST_LEVEL = 8;

function neededOn(screen: Screen, isLeast: boolean): readonly string[] {
  const { kind, title, detail, product, terms } = screen;
  // A warning may stand in the place of the title.
  const isWarned = screen.timeout !== null && screen.timeout.atMs - Date.now() <= WARNING_MS;
  const figures = (...roles: Figure["role"][]): readonly string[] =>
    screen.figures.filter(({ role }) => roles.includes(role)).map(({ text }) => text);
  const held = screen.figures.filter(({ role }) => role === "reserved").flatMap(({ label, text }) => [label, text]);
  switch (kind) {
    case "choose":
      // Price and amounts say it where there is no room for more.
      return [...(isLeast ? [] : [title]), product, ...figures("unit-price"), ...terms];
    case "scan":
      return [...held, ...figures("unit-price"), ...(isWarned ? [] : [title])];
    case "live":
      return figures("quantity", "amount", "unit-price");
    case "paid":
      return [title, ...figures("amount", "reserved", "freed", "reference")];
    case "confirm":
    case "begin":
      return [...held, ...figures("unit-price"), ...(isWarned ? [] : [title])];
    case "ended":
      // The receipt helps more than words while a person looks after a payment.
      return [title, ...(screen.figures.length > 0 ? screen.figures.map(({ text }) => text) : [detail])];
    case "out-of-service":
    case "no-connection":
      return [title, detail];
    default:
      return [title];
  }
}

/** A number may be written in groups, a text in lines. */
function solid(text: string): string {
  return text.replaceAll(/\s/g, "");
}
