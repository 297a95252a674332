import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { covering } from "../support/sample.ts";
import { missing } from "./completeness.ts";
import { Gallery, openGalleryPage } from "./gallery.ts";
import { illegible, inaccessible } from "./inspection.ts";
import { LANGUAGES, type NamedPanel, PANELS } from "./panels.ts";

/** Colours, names and roles are the same in every language. */
const JUDGED_BY_AXE = "sv";

type Look = "as it is" | "in high contrast" | "in large type";

interface Case {
  readonly size: string;
  readonly panel: NamedPanel;
  readonly language: string;
  readonly look: Look;
}

const CASES: readonly Case[] = PANELS.flatMap((panel) => [
  ...LANGUAGES.map((language) => caseOf(panel, language, "as it is")),
  caseOf(panel, "sv", "in high contrast"),
  caseOf(panel, "de", "in large type"),
]);

/** Each size, and each language in each look that it is shown in. */
const TAKEN = covering("screens", CASES, [({ size }) => size, ({ language, look }) => `${language} ${look}`]);

describe.skipIf(!hasChromium())("a stranger can read and touch every screen", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await openGalleryPage(browser);
  });

  afterAll(async () => {
    await browser?.close();
  });

  it.each(TAKEN)("at $size in $language $look", async (given) => {
    expect(await problems(page, given)).toEqual([]);
  });
});

/** Of all screens, so that a failing run says everything at once. */
async function problems(page: Page, { panel, language, look }: Case): Promise<readonly string[]> {
  const found: string[] = [];
  const gallery = await Gallery.open(page, panel, [language, ...LANGUAGES.filter((other) => other !== language)]);
  try {
    if (look === "in high contrast") await gallery.turnOn("contrast");
    if (look === "in large type") await gallery.turnOn("large");
    for (const { name, show } of gallery.exhibits()) {
      try {
        await show();
      } catch (error) {
        found.push(`${name}: cannot be shown: ${String(error).split("\n")[0]}`);
        continue;
      }
      const wrong = [...(await illegible(page, panel)), ...(await missing(page, name, language))];
      const unfair = language === JUDGED_BY_AXE ? await inaccessible(page) : [];
      found.push(...[...wrong, ...unfair].map((problem) => `${name}: ${problem}`));
    }
  } finally {
    await gallery.close();
  }
  return found;
}

function caseOf(panel: NamedPanel, language: string, look: Look): Case {
  return { size: panel.name, panel, language, look };
}
