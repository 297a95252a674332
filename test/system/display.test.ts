import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PositionView } from "../../src/core/sale/view.ts";
import type { WebDisplaySettings } from "../../src/displays/web/settings.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { startTestDisplay, type TestDisplay } from "../displays/web/support.ts";
import { PAGE_ROOT } from "../screens/gallery.ts";
import { lineTo } from "../screens/line.ts";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { hurriedClock } from "../support/hurried-clock.ts";
import { positionView, VIEWS } from "../support/views.ts";

const SIZE = { width: 800, height: 480 };
const MOST_BYTES = 100_000;
const CODE = "svg.code";

/** Three times as fast, a page that is silent for ten seconds of the kiosk is still told from one that beats every two. */
const HURRY = 3;

let browser: Browser;

beforeAll(async () => {
  if (hasChromium()) browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

/** A page for whatever kiosk, and what it had better not say. */
async function newPage(): Promise<{ readonly page: Page; readonly broken: string[] }> {
  const page = await browser.newPage({ viewport: SIZE, reducedMotion: "reduce" });
  page.setDefaultTimeout(10_000);
  const broken: string[] = [];
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) broken.push(message.text());
  });
  return { page, broken };
}

async function shows(page: Page, screen: string): Promise<void> {
  await page.waitForSelector(`body[data-screen="${screen}"]`);
}

describe.skipIf(!hasChromium())("the page in a real browser", () => {
  let kiosk: TestDisplay;
  let page: Page;
  let broken: string[];

  beforeAll(async () => {
    ({ page, broken } = await newPage());
  });

  afterEach(async () => {
    await kiosk.display.close();
    expect(broken.splice(0)).toEqual([]);
  });

  async function open(
    views: readonly PositionView[] = [VIEWS.choose()],
    changes: Partial<WebDisplaySettings> = {},
  ): Promise<void> {
    kiosk = await startTestDisplay({ pageRoot: PAGE_ROOT, ...changes });
    kiosk.display.show({ positions: views });
    await page.context().clearCookies();
    await page.goto(changes.token ? `${kiosk.display.url}/?token=${changes.token}` : kiosk.display.url);
    await page.waitForSelector(".screen");
  }

  /** As it is read out after its label. */
  async function textOf(figure: string): Promise<string | undefined> {
    const label = await page.textContent(`dl[data-role=${figure}] dt`);
    const [before, text] = (await page.getAttribute(`[data-figure=${figure}]`, "aria-label"))?.split(`${label} `) ?? [];
    return before === "" ? text : undefined;
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
    const maximum = sent === "select" ? { maximum: "300.00", unitPrice: "19.89" } : {};
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
    await shows(page, "choose");
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
    await shows(page, "board");
    expect(await page.textContent("button[data-position='2']")).toContain("<b>E85</b>");
    await page.click("button[data-position='2']");
    await shows(page, "choose");
    await page.click("button[data-reserve='500.00']");
    await expect
      .poll(() => kiosk.pressed)
      .toEqual([{ action: "select", position: "2", maximum: "500.00", unitPrice: "19.89" }]);
    await page.click("button[data-action=back]");
    await shows(page, "board");
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
    await expect
      .poll(() => kiosk.pressed)
      .toEqual([{ action: "select", position: "1", maximum: "100.00", unitPrice: "19.89" }]);
  });

  it("is small", async () => {
    await open();
    const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const ofPage = loaded.map((name) => new URL(name).pathname.slice(1));
    const names = ["index.html", ...readdirSync(PAGE_ROOT).filter((name) => ofPage.includes(name))];
    // The letters that only some languages have come when one of them is chosen.
    expect(names.filter((name) => name.includes("latin-ext"))).toEqual([]);
    const sizes = names.map((name) => gzipSync(readFileSync(new URL(name, PAGE_ROOT))).byteLength);
    expect(sizes.length).toBeGreaterThan(4);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(MOST_BYTES);
  });
});

interface Stage {
  kiosk: TestDisplay;
  readonly page: Page;
}

/** A page and a kiosk of their own, so that tests that wait can wait together. */
async function staged(act: (stage: Stage) => Promise<void>, clock?: Clock): Promise<void> {
  const kiosk = await startTestDisplay({ pageRoot: PAGE_ROOT }, clock);
  kiosk.display.show({ positions: [VIEWS.choose()] });
  const { page, broken } = await newPage();
  const stage = { kiosk, page };
  try {
    await page.goto(kiosk.display.url);
    await shows(page, "choose");
    await act(stage);
    expect(broken).toEqual([]);
  } finally {
    await page.close();
    await stage.kiosk.display.close();
  }
}

/** What the kiosk was told of its page last. */
function toldTo({ display }: TestDisplay): () => string | null | undefined {
  const told: (string | null)[] = [];
  display.watch((problem) => told.push(problem));
  return () => told.at(-1);
}

describe.skipIf(!hasChromium()).concurrent("the page in a real browser, as time passes,", () => {
  it("takes the code down when its time is out, whatever the kiosk says", () =>
    staged(async ({ kiosk, page }) => {
      const at = new Date(Date.now() + 4_000).toISOString();
      kiosk.display.show({ positions: [{ ...VIEWS.scan(), timeout: { at, extendable: false } }] });
      await page.waitForSelector(CODE);
      await page.waitForSelector(CODE, { state: "detached" });
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at) - 50);
    }));

  it("shows no code without a kiosk, and comes back with it, as the same page", ({ expect }) =>
    staged(async (stage) => {
      const { kiosk, page } = stage;
      kiosk.display.show({ positions: [VIEWS.scan()] });
      await page.waitForSelector(CODE);
      await page.evaluate(FOLLOW_CODE);
      await kiosk.display.close();
      await shows(page, "no-connection");
      expect(await page.locator(CODE).count()).toBe(0);

      const next = await startTestDisplay({ pageRoot: PAGE_ROOT, port: kiosk.port });
      stage.kiosk = next;
      next.display.show({ positions: [VIEWS.choose()] });
      await shows(page, "choose");
      // Not once was a code there after the loss, and what remembers it is the page that was opened first.
      expect(await page.evaluate("codeWasSeen()")).toBe(false);
      await page.click("button[data-reserve='100.00']");
      await expect.poll(() => next.pressed).toHaveLength(1);
    }));

  it("tells the kiosk that it can be read, until it hangs", ({ expect }) =>
    staged(async ({ kiosk, page }) => {
      const last = toldTo(kiosk);
      await expect.poll(last, { timeout: 30_000 }).toBeNull();

      const session = await page.context().newCDPSession(page);
      await session.send("Debugger.enable");
      await session.send("Debugger.pause");
      await expect.poll(last, { timeout: 30_000 }).toMatch(/no page has been heard of/);
      await session.send("Debugger.resume");
      await session.send("Debugger.disable");
      await expect.poll(last, { timeout: 30_000 }).toBeNull();
    }, hurriedClock(HURRY)));

  it("tells the kiosk that it can be read, until it loses the line", ({ expect }) =>
    staged(async ({ kiosk, page }) => {
      const last = toldTo(kiosk);
      const line = await lineTo(kiosk.port);
      try {
        await page.goto(line.url);
        await shows(page, "choose");
        await expect.poll(last, { timeout: 30_000 }).toBeNull();
        line.silence();
        await shows(page, "no-connection");
        await expect.poll(last, { timeout: 30_000 }).toMatch(/no page has been heard of/);
        line.mend();
        await shows(page, "choose");
        await expect.poll(last, { timeout: 30_000 }).toBeNull();
      } finally {
        await line.close();
      }
    }, hurriedClock(HURRY)));
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
