import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PositionView } from "../../src/core/sale/view.ts";
import { startTestDisplay, type TestDisplay } from "../displays/web/support.ts";
import { hasChromium, launchBrowser } from "../support/browser.ts";
import { VIEWS } from "../support/views.ts";
import { PAGE_ROOT } from "./gallery.ts";

const DOCUMENT = new URL("../../docs/a-sale-spoken.md", import.meta.url);
const HEAD = `# A sale without eyes and without a finger

What a screen reader has of each screen of one sale, and what the Tab key comes to, from Chromium's accessibility tree. The customer presses nothing but Tab and Enter. \`test/screens/spoken.test.ts\` makes this page and holds it against the display: \`npx vitest run test/screens/spoken.test.ts -u\` writes it anew.
`;
const MOST_STOPS = 12;
/** It passes while the test runs. */
const TIME_LEFT = /\b\d:\d\d\b/g;
/** What is below them is in their name. */
const LEAVES = new Set(["heading", "button", "StaticText", "image", "timer"]);
const SPOKEN = new Set([...LEAVES, "alertdialog"]);
/** It says nothing to somebody who does not see where it stands. */
const BARE_NUMBER = /^- image: \D{0,4}[\d.,]+\S{0,6}$/;

const FOCUSED = `(() => {
  const { activeElement: at } = document;
  return at === document.body ? null : (at.ariaLabel ?? at.innerText).split(/[^!-~]+/).join(" ");
})()`;

interface Step {
  readonly title: string;
  readonly view: () => PositionView;
  /** What is there once it is drawn. */
  readonly drawn: string;
  /** What is pressed there, by its action. */
  readonly press?: string;
}

const SALE: readonly Step[] = [
  { title: "Choose", view: VIEWS.choose, drawn: "main.choose", press: "select" },
  { title: "Scan", view: VIEWS.scan, drawn: "main.scan" },
  {
    title: "Are you still there?",
    view: VIEWS["scan-ending"],
    drawn: "main.scan [role=alertdialog] button:visible",
    press: "extend",
  },
  { title: "Begin", view: VIEWS.begin, drawn: "main.begin" },
  { title: "It flows", view: VIEWS.live, drawn: "main.live", press: "stop" },
  { title: "It is over", view: VIEWS.thanks, drawn: "main.paid", press: "dismiss" },
];

describe.skipIf(!hasChromium())("a sale by keyboard and by ear", () => {
  let browser: Browser;
  let page: Page;
  let tree: CDPSession;
  let kiosk: TestDisplay;

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1024, height: 600 } });
    tree = await page.context().newCDPSession(page);
    kiosk = await startTestDisplay({ pageRoot: PAGE_ROOT, locales: ["en", "sv"], timezone: "UTC" });
    kiosk.display.show({ positions: [VIEWS.choose()] });
    await page.goto(kiosk.display.url);
  });

  afterAll(async () => {
    await browser?.close();
    await kiosk?.display.close();
  });

  it("goes from the choice to the receipt, and each screen says what it is about", async () => {
    const told: string[] = [];
    for (const step of SALE) told.push(await walk(step));
    expect(kiosk.pressed).toEqual([
      { action: "select", position: "1", maximum: "100.00", unitPrice: "19.89" },
      { action: "extend", position: "1" },
      { action: "stop", position: "1" },
    ]);
    await expect([HEAD, ...told].join("\n")).toMatchFileSnapshot(DOCUMENT.pathname);
  });

  async function walk({ title, view, drawn, press }: Step): Promise<string> {
    kiosk.display.show({ positions: [view()] });
    await page.waitForSelector(drawn);
    const heard = await spoken();
    expect(heard.filter((line) => BARE_NUMBER.test(line))).toEqual([]);
    const stops = await tabbed();
    if (press !== undefined) await pressed(press);
    const keys = stops.map((name) => `\`${name}\``).join(", ");
    const then = press === undefined ? "" : ` Enter on \`${press}\`.`;
    return [`## ${title}`, "", ...heard, "", `Tab: ${keys}.${then}`, ""].join("\n");
  }

  /** In the order of the tree, each with what it is; without what only repeats its parent's name. */
  async function spoken(): Promise<string[]> {
    const { nodes } = await tree.send("Accessibility.getFullAXTree");
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const told = (id: string): readonly string[] => {
      const node = byId.get(id);
      if (node === undefined) return [];
      const { ignored, childIds = [] } = node;
      const role = String(node.role?.value);
      const name = String(node.name?.value ?? "")
        .replaceAll(/\s+/g, " ")
        .trim();
      const below = LEAVES.has(role) && !ignored ? [] : childIds.flatMap(told);
      if (ignored || name === "" || !SPOKEN.has(role)) return below;
      return [`- ${role === "StaticText" ? "" : `${role}: `}${name.replaceAll(TIME_LEFT, "m:ss")}`, ...below];
    };
    return [...told(nodes[0]?.nodeId ?? "")];
  }

  /** What Tab comes to, from the beginning, once round. */
  async function tabbed(): Promise<string[]> {
    await page.evaluate("document.activeElement.blur()");
    const names: string[] = [];
    for (let stop = 0; stop < MOST_STOPS; stop += 1) {
      await page.keyboard.press("Tab");
      const name: string | null = await page.evaluate(FOCUSED);
      if (name === null || names.includes(name)) break;
      names.push(name);
    }
    return names;
  }

  async function pressed(action: string): Promise<void> {
    for (let stop = 0; stop < MOST_STOPS; stop += 1) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate("document.activeElement.dataset.action")) === action) break;
    }
    const before = kiosk.pressed.length;
    await page.keyboard.press("Enter");
    if (action !== "dismiss") await expect.poll(() => kiosk.pressed.length).toBe(before + 1);
  }
});
