import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf } from "../../src/displays/code.ts";
import { leastModulePx, QUIET_MODULES, sizesOf } from "../../src/displays/panel.ts";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { sample } from "../support/sample.ts";
import { QR_TEXT, VIEWS } from "../support/views.ts";
import { Camera, nameOf, type Place, type Shot, type Take, takesOf } from "./camera.ts";
import { type Decoder, hasDecoders, ZBAR, ZXING_CPP } from "./decoders.ts";
import { Gallery, openGalleryPage } from "./gallery.ts";
import { LANGUAGES, type NamedPanel, PANELS } from "./panels.ts";
import { darkModules } from "./pixels.ts";

const DECODERS: readonly Decoder[] = [ZBAR, ZXING_CPP];
const TIMEOUT_MS = 300_000;
const LEAST_SHARE = 0.99;
/** With fewer a single miss would be more than the share allows. */
const LEAST_TAKES = 100;

/**
 * What a phone meets in front of a kiosk, in every combination. `scalePercent`: from half the distance that the code is
 * made for to twice as far. `blur`: 0.25 of a module is 1.5 px of the preview at 100 %, which is a hand that is not
 * still. `contrastPercent`: 40 is what is left on a screen of 500 cd/m² under an overcast noon sky of 16 klx.
 */
const RANGES = {
  scalePercent: [50, 100, 200],
  tiltDegrees: [
    [0, 0],
    [30, 0],
    [-30, 0],
    [0, 30],
    [0, -30],
  ],
  blur: [0, 0.15, 0.25],
  contrastPercent: [100, 40],
  glare: ["none", "centre", "corner", "edge"],
} as const satisfies { readonly [K in keyof Take]: readonly Take[K][] };

/** A phone in front of a fine code: its holder comes nearer, and out of a reflection in its middle, until it is read. */
const NEAR = { ...RANGES, scalePercent: [200], glare: ["none", "edge"] } as const;

/** The longest address that a service's page has, as Stripe makes them: a session, and behind it what the page needs. */
const SESSION = `cs_live_${"a1B2c3D4e5F6g7H8".repeat(4).slice(0, 58)}`;
const LONG_TEXT = `https://checkout.stripe.com/c/pay/${SESSION}#${"fidkdWxOYHwnPyd1blpxYHZxWjA0S%3D".repeat(12)}`.slice(
  0,
  400,
);
/** Modules of the versions 13 to 15. */
const [LEAST_LONG, MOST_LONG] = [69, 77];

const folder = mkdtempSync(join(tmpdir(), "kioskd-code-"));

const isWhole = [hasChromium(), hasDecoders()].every((isHere) => isHere);

describe.skipIf(!isWhole)("the code on the screen", () => {
  let browser: Browser;
  let page: Page;
  let bench: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await openGalleryPage(browser);
    bench = await browser.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(PANELS)("at $name", (panel) => {
    let shots: Shots;

    beforeAll(async () => {
      shots = await shotsOf(page, panel);
    });

    it("is read by every decoder", async () => {
      const picture = join(folder, `${panel.name}.png`);
      writeFileSync(picture, shots.plain.png);
      for (const { name, read } of DECODERS) {
        expect((await read([picture])).get(picture), name).toBe(QR_TEXT);
      }
    });

    it.each(["plain", "inContrast"] as const)("has whole, large modules, black on white, %s", async (look) => {
      const { png, code } = shots[look];
      const { modules, modulePx } = code;
      const { pxPerMm } = sizesOf(panel);
      expect(modules).toBe(codeOf(QR_TEXT).modules);
      expect(modulePx % 1).toBe(0);
      expect(modulePx).toBeGreaterThanOrEqual(Math.max(4, pxPerMm, leastModulePx(panel, modules)));
      expect(code.side / pxPerMm).toBeGreaterThanOrEqual(panel.readingDistanceMm / 10);

      const symbol = codeOf(QR_TEXT);
      const quiet = Array.from({ length: modules + 2 * QUIET_MODULES }, (_, at) => at - QUIET_MODULES);
      const expected = quiet.map((row) =>
        quiet.map((column) => (isIn(symbol.modules, column, row) && symbol.isDark(column, row) ? "#" : ".")).join(""),
      );
      expect(await darkModules(bench, png, code)).toEqual(expected);
    });
  });

  describe("of 400 characters, at 800x480", () => {
    const panel = PANELS[1] as NamedPanel;

    it("is read by every decoder, whole and large enough for its panel", async () => {
      const { png, code } = (await shotsOf(page, panel, LONG_TEXT)).plain;
      const picture = join(folder, "long.png");
      writeFileSync(picture, png);
      for (const { name, read } of DECODERS) expect((await read([picture])).get(picture), name).toBe(LONG_TEXT);
      expect(LONG_TEXT).toHaveLength(400);
      expect(code.modules).toBe(codeOf(LONG_TEXT).modules);
      expect(code.modules).toBeGreaterThanOrEqual(LEAST_LONG);
      expect(code.modules).toBeLessThanOrEqual(MOST_LONG);
      console.log(`400 characters: ${code.modules} modules of ${code.modulePx} px`);
      expect(code.modulePx % 1).toBe(0);
      expect(code.modulePx).toBeGreaterThanOrEqual(leastModulePx(panel, code.modules));
      expect(code.side / sizesOf(panel).pxPerMm).toBeGreaterThanOrEqual(panel.readingDistanceMm / 10);
    });

    it("is read by a phone that is held near, in nearly all pictures", { timeout: TIMEOUT_MS }, async () => {
      const { plain } = await shotsOf(page, panel, LONG_TEXT);
      const camera = await Camera.before(plain, browser);
      const takes = sample("fine takes", takesOf(NEAR), LEAST_TAKES);
      const pictures: string[] = [];
      for (const take of takes) pictures.push(await camera.take(take, folder));
      await camera.close();
      const read = await Promise.all(DECODERS.map((decoder) => decoder.read(pictures)));
      const missed = takes.filter((_take, at) => !read.some((texts) => texts.get(pictures[at] ?? "") === LONG_TEXT));
      console.log(`${takes.length} pictures of a fine code: ${missed.length} not read`);
      expect(missed.length / takes.length, missed.map(nameOf).join("\n")).toBeLessThanOrEqual(1 - LEAST_SHARE);
    });
  });

  it("is read in nearly all pictures that a phone takes of it", { timeout: TIMEOUT_MS }, async () => {
    const { plain } = await shotsOf(page, PANELS[1] as NamedPanel);
    const camera = await Camera.before(plain, browser);
    const takes = sample("takes", takesOf(RANGES), LEAST_TAKES);
    const pictures: string[] = [];
    for (const take of takes) pictures.push(await camera.take(take, folder));
    await camera.close();
    const read = await Promise.all(DECODERS.map((decoder) => decoder.read(pictures)));
    const results = takes.map((take, at) => ({
      take,
      isRead: read.map((texts) => texts.get(pictures[at] ?? "") === QR_TEXT),
    }));
    const share = (holds: (isRead: readonly boolean[]) => boolean): number =>
      results.filter(({ isRead }) => holds(isRead)).length / results.length;
    const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
    const table = DECODERS.map(({ name }, at) => `${name} ${percent(share((isRead) => isRead[at] === true))}`);
    const either = share((isRead) => isRead.includes(true));
    const both = share((isRead) => isRead.every(Boolean));
    console.log(`${takes.length} pictures: ${table.join(", ")}, either ${percent(either)}, both ${percent(both)}`);
    const missed = results.filter(({ isRead }) => !isRead.includes(true)).map(({ take }) => nameOf(take));
    expect(either, missed.join("\n")).toBeGreaterThanOrEqual(LEAST_SHARE);
  });
});

interface Shots {
  readonly plain: Shot;
  readonly inContrast: Shot;
}

async function shotsOf(page: Page, panel: NamedPanel, text = QR_TEXT): Promise<Shots> {
  const gallery = await Gallery.open(page, panel, LANGUAGES);
  const shot = async (): Promise<Shot> => {
    await gallery.show({ ...VIEWS.scan(), qr: text });
    return { png: await page.screenshot(), code: await placeOf(page) };
  };
  try {
    const plain = await shot();
    await gallery.turnOn("contrast");
    return { plain, inContrast: await shot() };
  } finally {
    await gallery.close();
  }
}

/** Where the symbol stands, without its quiet zone, in pixels of the screen. */
async function placeOf(page: Page): Promise<Place> {
  const code = page.locator("svg.code");
  const box = await code.boundingBox();
  const modules = Number(await code.getAttribute("data-modules"));
  const modulePx = Number(await code.getAttribute("data-module-px"));
  if (box === null) throw new Error("The code on the page has no box.");
  const side = modules * modulePx;
  const quiet = (box.width - side) / 2;
  return { x: Math.round(box.x) + quiet, y: Math.round(box.y) + quiet, side, modules, modulePx };
}

function isIn(modules: number, column: number, row: number): boolean {
  return Math.min(column, row) >= 0 && Math.max(column, row) < modules;
}
