import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { startTestDisplay } from "../displays/web/support.ts";
import { launchBrowser } from "../support/browser.ts";
import { VIEWS } from "../support/views.ts";

const PAGE = new URL("../../dist/displays/web/page/", import.meta.url);
/** As fast as a Raspberry Pi beside a machine like this one, roughly. */
const SLOWED = 6;
const ROUNDS = 5;
const BARE = "data:text/html,<!doctype html><h1>19.89 kr</h1>";

interface Paints {
  /** The browser's own first contentful paint. */
  readonly firstMs: number;
  /** From the order to load until the price is on the screen. */
  readonly priceMs: number;
}

/** First paints in a browser on a slowed processor; the middle of some. */
export async function firstPaints(): Promise<{ readonly ours: Paints; readonly bare: Paints }> {
  const kiosk = await startTestDisplay({ pageRoot: PAGE });
  kiosk.display.show({ positions: [VIEWS.choose()] });
  const browser = await launchBrowser();
  try {
    const ours: Paints[] = [];
    const bare: Paints[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await paints(browser, kiosk.display.url, 'button[data-action="select"]'));
      bare.push(await paints(browser, BARE, "h1"));
    }
    return { ours: middle(ours), bare: middle(bare) };
  } finally {
    await browser.close();
    await kiosk.display.close();
  }
}

function middle(rounds: readonly Paints[]): Paints {
  const of = (name: keyof Paints): number => {
    const values = rounds.map((round) => round[name]).sort((a, b) => a - b);
    return values[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  };
  return { firstMs: of("firstMs"), priceMs: of("priceMs") };
}

async function paints(browser: Browser, url: string, selector: string): Promise<Paints> {
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
    const priceMs = performance.now() - sinceMs;
    const firstMs = await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0]?.startTime');
    return { firstMs: Number(firstMs), priceMs };
  } finally {
    await context.close();
  }
}

/** The page as a server that compresses would send it, without the letters that come only when a language needs them. */
export function pageBytes(): { readonly gzipped: number; readonly plain: number } {
  const files = readdirSync(PAGE, { recursive: true, encoding: "utf8" })
    .map((name) => join(PAGE.pathname, name))
    .filter((file) => statSync(file).isFile() && !file.includes("latin-ext"));
  const sizes = files.map((file) => readFileSync(file));
  return {
    gzipped: sizes.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0),
    plain: sizes.reduce((sum, bytes) => sum + bytes.length, 0),
  };
}
