import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atEnd, sharedByFile } from "../support/at-end.ts";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { Stage } from "./stage.ts";

const shared = sharedByFile();
const SIZES = { narrow: { width: 360, height: 740 }, wide: { width: 1280, height: 800 } };
const PASSWORD = "several good words";
/** Where pictures of the page go, when somebody wants to look at them. */
const PICTURES = process.env["KIOSKD_PICTURES"];

let browser: Browser;
let stage: Stage;
let page: Page;
let url: string;
const broken: string[] = [];

beforeAll(async () => {
  if (!hasChromium()) return;
  browser = await launchBrowser();
  atEnd(() => browser.close());
  stage = new Stage();
  const server = await stage.start();
  atEnd(() => server.close());
  url = server.url;
  page = await browser.newPage({ viewport: SIZES.wide, reducedMotion: "reduce", locale: "en-GB" });
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) broken.push(message.text());
  });
  await page.goto(url);
  shared.begun();
});

afterAll(() => {
  expect(broken).toEqual([]);
});

/** What axe-core finds on the page as it stands, each in a line. */
async function inaccessible(): Promise<readonly string[]> {
  // By the debugger: the page's own policy lets no other script in.
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run(document)")) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

async function widerThanScreen(): Promise<number> {
  return await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** At both widths, light and dark: nothing that axe-core finds, and nothing beyond the edge. */
async function isGood(name: string): Promise<void> {
  const wrong: string[] = [];
  for (const [width, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const where = `${name} ${width} ${colorScheme}`;
      wrong.push(...(await inaccessible()).map((each) => `${where}: ${each}`));
      if ((await widerThanScreen()) > 0) wrong.push(`${where}: wider than the screen`);
      if (PICTURES === undefined) continue;
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize(SIZES.wide);
  expect(wrong).toEqual([]);
}

async function heading(name: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

describe.skipIf(!hasChromium())("the operator's page", () => {
  it("asks who it is, and lets in whoever has a one-time code", async () => {
    await heading("Sign in");
    await isGood("sign-in");
    await page.getByLabel("Name").fill("owner");
    await page.getByLabel("Password").fill("a wrong password");
    await page.keyboard.press("Enter");
    await page.getByText("wrong name or password").waitFor();
    await page.getByRole("button", { name: "I have a one-time code" }).click();
    await page.getByLabel("One-time code").fill(stage.code.make({ user: "owner", role: "owner" }, Date.now()));
    await page.getByLabel("New password").fill(PASSWORD);
    await isGood("first-password");
    await page.getByRole("button", { name: "Set password" }).click();
    await heading("Now");
    expect(stage.acts).toEqual([{ by: "owner", act: "password-set", position: null, detail: "owner" }]);
  });

  it("says of each position what its customer sees, and why it does not sell", async () => {
    await page.getByText("It does not sell because an operator has taken it out of service").waitFor();
    expect(await page.locator(".card").count()).toBe(3);
    const [sells, , blocked] = await page.locator(".card").allInnerTexts();
    expect(sells).toMatch(/Sells\.[\s\S]*Choose a maximum/);
    expect(blocked).toMatch(/The nozzle leaks.*by anna/);
    await page.getByText("Check its power, wiring and port.").waitFor();
    await isGood("now");
  });

  it("orders by keyboard alone, after a question that Escape takes back", async () => {
    const button = page.locator(".card").first().getByRole("button", { name: "Take out of service" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(stage.orders).toEqual([]);
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Reason").fill("spilled");
    await isGood("block");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(stage.orders).toEqual([
      { by: "owner", command: { name: "block", body: { position: "1", reason: "spilled" } } },
    ]);
  });

  it("lists sales, page by page, and those that are asked for", async () => {
    await page.getByRole("link", { name: "Sales" }).click();
    await heading("Sales");
    await page.locator(".row").first().waitFor();
    expect(await page.locator(".row").count()).toBe(25);
    await isGood("sales");
    await page.getByRole("button", { name: "Show older ones" }).click();
    await expect.poll(() => page.locator(".row").count()).toBe(50);
    await page.getByLabel("Outcome").selectOption("needs-attention");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await expect.poll(() => page.locator(".row").count()).toBe(9);
    expect(await page.locator(".outcome").allInnerTexts()).toEqual(Array(9).fill("Needs attention"));
  });

  it("shows a sale's life, and gives money back once however often it is pressed", async () => {
    await page.goto(`${url}/#sale/sale-60`);
    await heading("Sale sale-60");
    await page.getByRole("img", { name: /Meter readings.*5\.000 L/ }).waitFor();
    await page.getByRole("button", { name: "Give money back" }).click();
    await page.getByLabel("Amount").fill("12,50");
    await page.getByLabel("Reason").fill("spilled");
    await isGood("refund");
    // The first answer is lost: the second press has the same name, so that the kiosk knows it.
    stage.refundAnswers.push("lost");
    const send = page.getByRole("dialog").getByRole("button", { name: /Give money back/ });
    await send.click();
    await page.getByRole("dialog").getByText("internal error").waitFor();
    await send.dblclick();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const ids = new Set(stage.refundOrders.map(({ refundId }) => refundId));
    expect(ids.size).toBe(1);
    expect(stage.refundOrders.at(-1)).toMatchObject({ saleId: "sale-60", amountMinor: 1_250, by: "owner" });
    await page.getByText("by owner: spilled").waitFor();
    await isGood("sale");
  });

  it("puts aside what somebody has looked at, with a note", async () => {
    await page.getByRole("link", { name: /Attention/ }).click();
    await heading("Attention");
    await page.getByText("0.350 L flowed while no sale ran").waitFor();
    await isGood("attention");
    stage.orders.length = 0;
    await page.getByRole("button", { name: "I have looked at it" }).first().click();
    await page.getByLabel("What you found").fill("released at the service");
    stage.waiting = stage.waiting.slice(1);
    await page.getByRole("dialog").getByRole("button", { name: "I have looked at it" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const body = { code: "needs-attention", note: "released at the service", position: "2", sale: "sale-3" };
    expect(stage.orders).toEqual([{ by: "owner", command: { name: "acknowledge", body } }]);
    await expect.poll(() => page.locator(".faults > li").count()).toBe(2);
  });

  it("adds up days, weeks and months, each value in words", async () => {
    await page.getByRole("link", { name: "Totals" }).click();
    await heading("Totals");
    await page.locator(".bars li").first().waitFor();
    expect(await page.locator(".bars li").count()).toBe(14);
    expect(await page.locator(".bars li").nth(1).textContent()).toMatch(/Paid sales: \d\/\d \(\d+ %\)/);
    await isGood("totals");
    await page.getByLabel("Months").check();
    await expect.poll(() => page.locator(".bars li").count()).toBe(12);
  });

  it("speaks Swedish, and says so to a screen reader", async () => {
    await page.getByRole("button", { name: "Svenska" }).click();
    await heading("Summor");
    expect(await page.evaluate("document.documentElement.lang")).toBe("sv-SE");
    await page.getByRole("link", { name: "Nu" }).click();
    await page.getByText("Den säljer inte eftersom en operatör har tagit den ur drift").waitFor();
    await isGood("now-sv");
  });

  it("shows a viewer nothing to press, and nobody anything after signing out", async () => {
    await page.getByRole("button", { name: "Logga ut" }).click();
    await heading("Logga in");
    await page.getByRole("button", { name: "Jag har en engångskod" }).click();
    await page.getByLabel("Engångskod").fill(stage.code.make({ user: "vera", role: "viewer" }, Date.now()));
    await page.getByLabel("Nytt lösenord").fill(PASSWORD);
    await page.getByRole("button", { name: "Ange lösenord" }).click();
    await heading("Nu");
    await page.locator(".card").first().waitFor();
    expect(await page.locator("main button").count()).toBe(0);
    await page.context().clearCookies();
    await page.getByText("Du är utloggad.").waitFor();
    expect(await page.locator("main").textContent()).not.toContain("Diesel");
  });
});
