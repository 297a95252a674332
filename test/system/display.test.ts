import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { WebDisplaySettings } from "../../src/adapters/display/web/settings.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { startTestDisplay, type TestDisplay } from "../adapters/web/support.ts";
import { PAGE_ROOT } from "../screens/gallery.ts";
import { lineTo } from "../screens/line.ts";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { positionView, VIEWS } from "../support/views.ts";

const SIZE = { width: 800, height: 480 };
const MOST_BYTES = 100_000;
const CODE = "svg.code";

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
  });

  async function open(
    views: readonly PositionView[] = [VIEWS.choose()],
    changes: Partial<WebDisplaySettings> = {},
  ): Promise<void> {
    kiosk = await startTestDisplay({ pageRoot: PAGE_ROOT, ...changes });
    kiosk.display.show({ positions: views });
    page = await browser.newPage({ viewport: SIZE, reducedMotion: "reduce" });
    page.setDefaultTimeout(10_000);
    broken = [];
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) broken.push(message.text());
    });
    await page.goto(changes.token ? `${kiosk.display.url}/?token=${changes.token}` : kiosk.display.url);
    await page.waitForSelector(".screen");
  }

  async function shows(screen: string): Promise<void> {
    await page.waitForSelector(`body[data-screen="${screen}"]`);
  }

  function textOf(figure: string): Promise<string | null> {
    return page.getAttribute(`[data-figure=${figure}]`, "aria-label");
  }

  const PRESSES = [
    { name: "chooses an amount", view: VIEWS.choose, button: "[data-reserve='300.00']", sent: "select" },
    { name: "cancels an offer", view: VIEWS.scan, button: "[data-action=cancel]", sent: "cancel" },
    { name: "asks for more time to scan", view: VIEWS["scan-ending"], button: "[data-action=extend]", sent: "extend" },
    {
      name: "asks for more time at the pump",
      view: VIEWS["live-ending"],
      button: "[data-action=extend]",
      sent: "extend",
    },
    { name: "stops a delivery", view: VIEWS.live, button: "[data-action=stop]", sent: "stop" },
    { name: "stops what has not begun", view: VIEWS["begin-charging"], button: "[data-action=stop]", sent: "stop" },
  ] as const;

  it.each(PRESSES)("tells the kiosk when a customer $name", async ({ view, button, sent }) => {
    await open([view()]);
    await page.click(`button${button}`);
    const maximum = sent === "select" ? { maximum: "300.00" } : {};
    await expect.poll(() => kiosk.pressed).toEqual([{ action: sent, position: "1", ...maximum }]);
  });

  it("keeps the stop button while the numbers run", async () => {
    await open([VIEWS.live()]);
    const stop = await page.waitForSelector("button[data-action=stop]");
    kiosk.display.show({ positions: [{ ...VIEWS.live(), quantity: "13.000", amount: "258.57" }] });
    await expect.poll(() => textOf("quantity")).toBe("13,000 L");
    expect(await stop.evaluate((button) => Reflect.get(button, "isConnected"))).toBe(true);
    await stop.click();
    await expect.poll(() => kiosk.pressed).toEqual([{ action: "stop", position: "1" }]);
  });

  it("lets the next customer choose once the outcome was read", async () => {
    await open([VIEWS.thanks()]);
    await page.click("button[data-action=dismiss]");
    await shows("choose");
    expect(kiosk.pressed).toEqual([]);
  });

  it("says that a press was refused", async () => {
    await open();
    kiosk.control.answer = { kind: "conflict", reason: "not now" };
    await page.click("button[data-reserve='100.00']");
    await page.getByText("Det går inte just nu.").waitFor();
  });

  const NUMBERS = [
    { locale: "sv", quantity: "612,345 L", amount: "12 179,54 kr", price: "19,89 kr/L" },
    { locale: "en", quantity: "612.345 L", amount: "kr 12,179.54", price: "kr 19.89/L" },
    { locale: "de", quantity: "612,345 L", amount: "12.179,54 kr", price: "19,89 kr/L" },
    { locale: "fi", quantity: "612,345 L", amount: "12 179,54 SEK", price: "19,89 SEK/L" },
  ] as const;

  it.each(NUMBERS)("writes numbers as people do in $locale", async ({ locale, quantity, amount, price }) => {
    await open([VIEWS["live-dear"]()], { locales: [locale] });
    const written = await Promise.all(["quantity", "amount", "unit-price"].map(textOf));
    expect(written.map((text) => text?.replaceAll(/\s/g, " "))).toEqual([quantity, amount, price]);
    expect(await page.getAttribute("html", "lang")).toMatch(new RegExp(`^${locale}`));
  });

  it("changes its language", async () => {
    await open(undefined, { locales: ["sv", "en", "de", "fi"] });
    await page.getByText("Välj ett maxbelopp").waitFor();
    await page.click("button[data-action=languages]");
    await page.click("button[data-language=fi]");
    await page.getByText("Valitse enimmäissumma").waitFor();
    expect(kiosk.pressed).toEqual([]);
  });

  it("shows a board of several positions, and one of them when it is touched", async () => {
    const second = positionView({ id: "2", product: { name: "<b>E85</b>", sku: "E85", unit: "L" } });
    await open([VIEWS.live(), second, { ...VIEWS["out-of-service"](), id: "3" }]);
    await shows("board");
    expect(await page.textContent("button[data-position='2']")).toContain("<b>E85</b>");
    await page.click("button[data-position='2']");
    await shows("choose");
    await page.click("button[data-reserve='500.00']");
    await expect.poll(() => kiosk.pressed).toEqual([{ action: "select", position: "2", maximum: "500.00" }]);
    await page.click("button[data-action=back]");
    await shows("board");
  });

  it("works behind a token that its first address carried", async () => {
    await open(undefined, { token: "s3cret" });
    expect(page.url()).toBe(`${kiosk.display.url}/`);
    await page.click("button[data-reserve='100.00']");
    await expect.poll(() => kiosk.pressed).toHaveLength(1);
  });

  it("takes the code down when the kiosk does", async () => {
    await open([VIEWS.scan()]);
    await page.waitForSelector(CODE);
    kiosk.display.show({ positions: [VIEWS.wait()] });
    await page.waitForSelector(CODE, { state: "detached" });
  });

  it("takes the code down when its time is out, whatever the kiosk says", async () => {
    const at = new Date(Date.now() + 6_000).toISOString();
    await open([{ ...VIEWS.scan(), timeout: { at, extendable: false } }]);
    await page.waitForSelector(CODE);
    await page.waitForSelector(CODE, { state: "detached" });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at) - 50);
  });

  it("shows no code without a kiosk, and comes back with it, as the same page", async () => {
    await open([VIEWS.scan()]);
    await page.waitForSelector(CODE);
    await page.evaluate(FOLLOW_CODE);
    const { port } = kiosk;
    await kiosk.display.close();
    await shows("no-connection");
    expect(await page.locator(CODE).count()).toBe(0);

    kiosk = await startTestDisplay({ pageRoot: PAGE_ROOT, port });
    kiosk.display.show({ positions: [VIEWS.choose()] });
    await shows("choose");
    // Not once was a code there after the loss, and what remembers it is the page that was opened first.
    expect(await page.evaluate("codeWasSeen()")).toBe(false);
    await page.click("button[data-reserve='100.00']");
    await expect.poll(() => kiosk.pressed).toHaveLength(1);
  });

  it("tells the kiosk that it can be read, until it hangs or loses the line", async () => {
    await open();
    const told: (string | null)[] = [];
    kiosk.display.watch((problem) => told.push(problem));
    const last = (): string | null | undefined => told.at(-1);
    await expect.poll(last, { timeout: 30_000 }).toBeNull();

    const session = await page.context().newCDPSession(page);
    await session.send("Debugger.enable");
    await session.send("Debugger.pause");
    await expect.poll(last, { timeout: 30_000 }).toMatch(/no page has been heard of/);
    await session.send("Debugger.resume");
    await session.send("Debugger.disable");
    await expect.poll(last, { timeout: 30_000 }).toBeNull();

    const line = await lineTo(kiosk.port);
    onTestFinished(() => line.close());
    await page.goto(line.url);
    await shows("choose");
    line.silence();
    await shows("no-connection");
    await expect.poll(last, { timeout: 30_000 }).toMatch(/no page has been heard of/);
    line.mend();
    await shows("choose");
    await expect.poll(last, { timeout: 30_000 }).toBeNull();
  });

  it("only wakes up at the first touch of a dimmed screen", async () => {
    await open(undefined, { dim: { afterMs: 1_000, percent: 20 } });
    const button = await page.waitForSelector("button[data-reserve='100.00']");
    const box = await button.boundingBox();
    if (box === null) throw new Error("The button has no place on the page.");
    const touch = (): Promise<void> => page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForSelector(".dark");
    await touch();
    await page.waitForSelector(".dark", { state: "detached" });
    expect(kiosk.pressed).toEqual([]);
    await touch();
    await expect.poll(() => kiosk.pressed).toEqual([{ action: "select", position: "1", maximum: "100.00" }]);
  });

  it("is small", async () => {
    await open();
    const sizes = readdirSync(PAGE_ROOT).map((name) => gzipSync(readFileSync(new URL(name, PAGE_ROOT))).byteLength);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(MOST_BYTES);
  });
});

/** Watches every change of the page from the moment at which it says that the connection is lost. */
const FOLLOW_CODE = `{
  let isLost = false;
  let isSeen = false;
  new MutationObserver(() => {
    isLost ||= document.body.dataset.screen === "no-connection";
    isSeen ||= isLost && document.querySelector("svg.code") !== null;
  }).observe(document.documentElement, { attributes: true, childList: true, subtree: true });
  globalThis.codeWasSeen = () => isSeen;
}`;
