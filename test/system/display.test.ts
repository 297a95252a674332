import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { positionView, QR_TEXT, startTestDisplay, type TestDisplay, VIEWS } from "../adapters/web/support.ts";
import { codeIsDrawn, hasChromium, hasZbarimg, launchBrowser, scan } from "../support/browser.ts";

const SIZES = [
  { width: 800, height: 480 },
  { width: 480, height: 320 },
  { width: 1080, height: 1920 },
  { width: 1920, height: 1080 },
] as const;

const TOUCH_PX = 60;
/** As `npm run build` made it. */
const pageRoot = new URL("../../dist/adapters/display/web/page/", import.meta.url);

const directory = mkdtempSync(join(tmpdir(), "kioskd-display-"));

describe.skipIf(!hasChromium())("the page in a real browser", () => {
  let browser: Browser;
  let kiosk: TestDisplay;
  let page: Page;
  let broken: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterEach(async () => {
    await page.close();
    await kiosk.display.close();
    expect(broken).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function open(
    view = VIEWS.choose(),
    size: { width: number; height: number } = SIZES[0],
    token: string | null = null,
  ): Promise<void> {
    kiosk = await startTestDisplay({ pageRoot, token });
    kiosk.display.show({ positions: [view] });
    page = await browser.newPage({ viewport: size });
    broken = [];
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) broken.push(message.text());
    });
    await page.goto(token === null ? kiosk.display.url : `${kiosk.display.url}/?token=${token}`);
    await page.waitForSelector(".screen");
  }

  it.skipIf(!hasZbarimg()).each(SIZES)("shows a code that a scanner reads at $width × $height", async (size) => {
    await open(VIEWS.scan(), size);
    await codeIsDrawn(page);
    const shot = join(directory, `scan-${size.width}x${size.height}.png`);
    await page.screenshot({ path: shot });
    expect(scan(shot)).toBe(QR_TEXT);
  });

  it("sends the amount that the customer chose", async () => {
    await open();
    await page.click('button[data-reserve="300.00"]');
    await expect.poll(() => kiosk.pressed).toEqual([{ action: "select", position: "1", maximum: "300.00" }]);
  });

  it("keeps the stop button while the numbers run", async () => {
    await open(VIEWS.live());
    const stop = await page.waitForSelector("button.stop");
    kiosk.display.show({ positions: [{ ...VIEWS.live(), quantity: "13.000", amount: "258.57" }] });
    await page.getByText("13,000").waitFor();
    await stop.click();
    await expect.poll(() => kiosk.pressed).toEqual([{ action: "stop", position: "1" }]);
  });

  it("hides the code when its time is out, whatever the kiosk says", async () => {
    await open({ ...VIEWS.scan(), expiresAt: new Date(Date.now() + 1_500).toISOString() });
    await codeIsDrawn(page);
    await page.waitForSelector("img.qr", { state: "detached", timeout: 4_000 });
  });

  it("hides the code and says so when the kiosk is gone, and comes back with it", async () => {
    await open(VIEWS.scan());
    await codeIsDrawn(page);
    const { port } = kiosk;
    await kiosk.display.close();
    await page.waitForSelector("img.qr", { state: "detached", timeout: 4_000 });
    expect(await page.textContent("h2")).toBe("Ingen kontakt");
    kiosk = await startTestDisplay({ pageRoot, port });
    kiosk.display.show({ positions: [VIEWS.choose()] });
    await page.waitForSelector(".choices", { timeout: 10_000 });
  });

  it("works behind a token that its first address carried", async () => {
    await open(VIEWS.choose(), SIZES[0], "s3cret");
    expect(page.url()).toBe(`${kiosk.display.url}/`);
    await page.click('button[data-reserve="100.00"]');
    await expect.poll(() => kiosk.pressed).toHaveLength(1);
  });

  it("changes its language", async () => {
    await open();
    expect(await page.textContent("h2")).toBe("Välj ett maxbelopp");
    await page.click("#language");
    expect(await page.textContent("h2")).toBe("Choose a maximum");
  });

  it("lets the next customer choose once the outcome was read", async () => {
    await open(VIEWS.thanks());
    await page.click(".outcome button");
    await page.waitForSelector(".choices");
  });

  it("shows a board of several positions, and one of them when it is touched", async () => {
    await open();
    const second = positionView({ id: "2", product: { name: "<b>E85</b>", sku: "E85", unit: "L" } });
    kiosk.display.show({ positions: [VIEWS.live(), second, { ...VIEWS["out-of-service"](), id: "3" }] });
    await page.waitForSelector(".board");
    await page.screenshot({ path: join(directory, "board.png") });
    expect(await page.textContent(".tile:nth-child(2) .tile-product")).toBe("<b>E85</b>");
    await page.click(".tile:nth-child(2)");
    await page.waitForSelector(".choices");
    await page.screenshot({ path: join(directory, "opened.png") });
    await page.click("#back");
    await page.waitForSelector(".board");
  });

  it.each(SIZES)("fits every screen into $width × $height, with buttons for a thumb", async (size) => {
    await open(VIEWS.choose(), size);
    for (const [name, view] of Object.entries(VIEWS)) {
      const shown = view();
      kiosk.display.show({ positions: [shown] });
      await page.waitForSelector(`.panel[data-message="${shown.message}"]`);
      await page.screenshot({ path: join(directory, `${name}-${size.width}x${size.height}.png`) });
      expect(await misfits(page), name).toEqual([]);
    }
  });
});

/** Compiles the page into a directory of its own, so that the test sees this source and not an earlier build. */
/** What reaches beyond the screen or is too small for a finger. */
async function misfits(page: Page): Promise<string[]> {
  const screen = page.viewportSize() ?? SIZES[0];
  const parts = await page.locator("main *, header button:not([hidden])").evaluateAll((all) =>
    all.map((part) => {
      const { left, top, right, bottom, width, height } = part.getBoundingClientRect();
      return { html: part.outerHTML, isButton: part.tagName === "BUTTON", left, top, right, bottom, width, height };
    }),
  );
  expect(parts.length).toBeGreaterThan(2);
  return parts
    .filter(({ left, top, right, bottom, width, height, isButton }) => {
      const isInside = left >= -1 && top >= -1 && right <= screen.width + 1 && bottom <= screen.height + 1;
      return !isInside || (isButton && Math.min(width, height) < TOUCH_PX);
    })
    .map(({ html }) => html);
}
