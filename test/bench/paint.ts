import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { startTestDisplay } from "../adapters/web/support.ts";
import { launchBrowser } from "../support/browser.ts";
import { VIEWS } from "../support/views.ts";

const PAGE = new URL("../../dist/adapters/display/web/page/", import.meta.url);
/** As fast as a Raspberry Pi beside a machine like this one, roughly. */
const SLOWED = 6;
const ROUNDS = 5;
const BARE = "data:text/html,<!doctype html><h1>19.89 kr</h1>";

interface Paints {
  /** Until the first screen of the kiosk is painted: with its price, not with a circle that turns. */
  readonly oursMs: number;
  /** The same browser with a page of one word. */
  readonly bareMs: number;
}

/** First paints in a browser on a slowed processor; the middle of some. */
export async function firstPaints(): Promise<Paints> {
  const kiosk = await startTestDisplay({ pageRoot: PAGE });
  kiosk.display.show({ positions: [VIEWS.choose()] });
  const browser = await launchBrowser();
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await paintMs(browser, kiosk.display.url, 'button[data-action="select"]'));
      bare.push(await paintMs(browser, BARE, "h1"));
    }
    const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    return { oursMs: middle(ours), bareMs: middle(bare) };
  } finally {
    await browser.close();
    await kiosk.display.close();
  }
}

async function paintMs(browser: Browser, url: string, selector: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 800, height: 480 } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
    const sinceMs = performance.now();
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(selector).first().waitFor();
    // Two frames: what is in the document is on the screen.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    return performance.now() - sinceMs;
  } finally {
    await context.close();
  }
}

/** All files of the page, as a server that compresses would send them. */
export function pageBytes(): { readonly gzipped: number; readonly plain: number } {
  const files = readdirSync(PAGE, { recursive: true, encoding: "utf8" })
    .map((name) => join(PAGE.pathname, name))
    .filter((file) => statSync(file).isFile());
  const sizes = files.map((file) => readFileSync(file));
  return {
    gzipped: sizes.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0),
    plain: sizes.reduce((sum, bytes) => sum + bytes.length, 0),
  };
}
