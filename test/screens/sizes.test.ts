import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/displays/texts/languages.ts";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { covering } from "../support/sample.ts";
import { missing } from "./completeness.ts";
import { Gallery, openGalleryPage } from "./gallery.ts";
import { illegible } from "./inspection.ts";
import { BARE_PANELS, type NamedPanel } from "./panels.ts";
import { beyondMargin, Jumps, sharedPlaces } from "./placement.ts";

interface Case {
  readonly size: string;
  readonly panel: NamedPanel;
  readonly language: string;
}

const CASES: readonly Case[] = BARE_PANELS.flatMap((panel) =>
  LANGUAGES.map((language) => ({ size: panel.name, panel, language })),
);
/** In the gate each size and each language once; which of them go together, it is this commit's turn to say. */
const TAKEN = covering("sizes", CASES, [({ size }) => size, ({ language }) => language]);
/** No screen of one sale: their feet are of their own. */
const APART = new Set(["board", "languages", "no-connection"]);

describe.skipIf(!hasChromium())("on a screen of which nobody has told anything", () => {
  let browser: Browser;
  let page: Page;
  let screens = 0;

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await openGalleryPage(browser);
  });

  afterAll(async () => {
    console.log(`${screens} screens in ${TAKEN.length} of ${CASES.length} sizes and languages`);
    await browser?.close();
  });

  it.each(TAKEN)("all is whole, large enough, in its margin and in its place: $size in $language", async (given) => {
    const { found, count } = await problems(page, given);
    screens += count;
    expect(found).toEqual([]);
    expect(count).toBeGreaterThan(40);
  });
});

/** Measured in the page, without a picture. */
async function problems(page: Page, { panel, language }: Case): Promise<{ found: readonly string[]; count: number }> {
  const found: string[] = [];
  const jumps = new Jumps();
  const gallery = await Gallery.open(page, panel, [language, language === "en" ? "sv" : "en"]);
  let count = 0;
  try {
    for (const { name, show } of gallery.exhibits()) {
      await show();
      count += 1;
      const moved = APART.has(name) ? [] : jumps.see(await sharedPlaces(page));
      const wrong = [...(await illegible(page, panel)), ...(await missing(page, name, language))];
      found.push(...[...wrong, ...(await beyondMargin(page)), ...moved].map((problem) => `${name}: ${problem}`));
    }
  } finally {
    await gallery.close();
  }
  return { found, count };
}
