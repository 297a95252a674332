import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { VIEWS } from "../support/views.ts";
import { Gallery, openGalleryPage } from "./gallery.ts";
import { illegible, inaccessible } from "./inspection.ts";
import type { NamedPanel } from "./panels.ts";

const PANEL: NamedPanel = {
  name: "1280x800",
  widthPx: 1280,
  heightPx: 800,
  widthMm: 261,
  heightMm: 163,
  readingDistanceMm: 600,
};

/** A page spoiled by one rule of style, and what has to be found then. */
const SPOILED = [
  { what: "type too small", style: "h1 { font-size: 20px }", found: /^text ".*" is \d+.\d px high, not/ },
  {
    what: "a figure too small",
    style: "[data-figure] { font-size: 40px }",
    found: /^reserved ".*" is .* px high, not/,
  },
  { what: "text cut below", style: "h1 { overflow: hidden; max-height: 20px }", found: /reaches out of h1/ },
  { what: "text cut beside", style: "h1 { overflow: hidden; width: 80px }", found: /h1 has more in it than it shows/ },
  { what: "text beyond the screen", style: "h1 { translate: -900px }", found: /reaches out of the screen/ },
  { what: "text on text", style: ".lead * { position: fixed; top: 90px; left: 700px }", found: /overlaps/ },
  { what: "text under something", style: ".foot { position: fixed; inset: 0; z-index: 9 }", found: /is covered by/ },
  { what: "a button too small", style: "button { min-height: 0; height: 50px }", found: /^button.* is \d+ × 50 px/ },
  { what: "a button beyond the screen", style: "button { translate: 0 700px }", found: /^button.* out of the screen/ },
  { what: "a code beyond the screen", style: ".code { translate: -200px }", found: /the code reaches out/ },
  { what: "text on the code", style: "h1 { position: fixed; left: 100px; top: 400px }", found: /stands on the code/ },
  { what: "too little contrast", style: "h1 { color: #888 }", found: /^color-contrast: <h1/ },
  { what: "too little for a figure", style: "[data-figure] { color: #666 }", found: /^color-contrast-enhanced: / },
] as const;

describe.skipIf(!hasChromium())("what is wrong with a screen is found", () => {
  let browser: Browser;
  let gallery: Gallery;

  beforeAll(async () => {
    browser = await launchBrowser();
    gallery = await Gallery.open(await openGalleryPage(browser), PANEL, ["en"]);
    await gallery.show(VIEWS.scan());
  });

  afterAll(async () => {
    await gallery?.close();
    await browser?.close();
  });

  async function found(): Promise<readonly string[]> {
    return [...(await illegible(gallery.page, PANEL)), ...(await inaccessible(gallery.page))];
  }

  it("and nothing else is", async () => {
    expect(await found()).toEqual([]);
  });

  it.each(SPOILED)("$what", async ({ style, found: expected }) => {
    const rule = style.replaceAll(/([;}])/g, " !important$1");
    const sheet = "document.styleSheets[document.styleSheets.length - 1]";
    await gallery.page.evaluate(`${sheet}.insertRule(${JSON.stringify(rule)}, 0)`);
    const problems = await found();
    await gallery.page.evaluate(`${sheet}.deleteRule(0)`);
    expect(problems.filter((problem) => expected.test(problem))).not.toEqual([]);
  });
});
