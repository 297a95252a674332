import type { Browser, Page } from "playwright-core";
import { panelProblems } from "../../src/core/panel.ts";
import { WARNING_MS } from "../../src/core/sale/timing.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { startTestDisplay, type TestDisplay } from "../adapters/web/support.ts";
import { positionView, VIEWS } from "../support/views.ts";
import type { NamedPanel } from "./panels.ts";

/** As `npm run build` made it. */
export const PAGE_ROOT = new URL("../../dist/adapters/display/web/page/", import.meta.url);

const PATIENCE_MS = 20_000;

/** One screen to look at. */
interface Exhibit {
  readonly name: string;
  readonly show: () => Promise<void>;
}

/** The page in one size and language, and everything that can stand on it. */
export class Gallery {
  readonly page: Page;
  readonly #kiosk: TestDisplay;
  readonly #panel: NamedPanel;

  private constructor(kiosk: TestDisplay, page: Page, panel: NamedPanel) {
    this.#kiosk = kiosk;
    this.#panel = panel;
    this.page = page;
  }

  static async open(browser: Browser, panel: NamedPanel, languages: readonly string[]): Promise<Gallery> {
    const { widthPx, heightPx, readingDistanceMm } = panel;
    const support = "+46 8 123 45 67";
    const settings = { pageRoot: PAGE_ROOT, locales: languages, panel, readingDistanceMm, support };
    const kiosk = await startTestDisplay(settings);
    const page = await browser.newPage({ viewport: { width: widthPx, height: heightPx }, reducedMotion: "reduce" });
    page.setDefaultTimeout(PATIENCE_MS);
    const gallery = new Gallery(kiosk, page, panel);
    try {
      kiosk.display.show({ positions: [VIEWS.choose()] });
      await page.goto(kiosk.display.url);
      await gallery.#shows("choose");
    } catch (error) {
      await gallery.close();
      throw error;
    }
    return gallery;
  }

  /** In this order; the last one takes the kiosk away. */
  exhibits(): readonly Exhibit[] {
    const views = Object.entries(VIEWS).map(([name, view]) => ({ name, show: () => this.show(view()) }));
    return [
      ...views,
      { name: "board", show: () => this.#showBoard() },
      { name: "languages", show: () => this.#showLanguages() },
      { name: "no-connection", show: () => this.#loseConnection() },
    ];
  }

  async show(view: PositionView): Promise<void> {
    // Two views may differ in nothing that can be waited for, so another one stands between them.
    const between = view.message === "releasing" ? VIEWS.preparing() : VIEWS.releasing();
    for (const shown of [between, view]) {
      this.#kiosk.display.show({ positions: [shown] });
      await this.page.waitForSelector(`body[data-message="${shown.message}"]`);
    }
    const leftMs = view.timeout === null ? Number.POSITIVE_INFINITY : Date.parse(view.timeout.at) - Date.now();
    if (leftMs < WARNING_MS) await this.page.waitForSelector("[role=alertdialog]");
    await this.#drawn();
  }

  /** `contrast` or `large`. */
  async turnOn(action: "contrast" | "large"): Promise<void> {
    await this.show(VIEWS.choose());
    const button = this.page.locator(`button[data-action=${action}]:visible`);
    // A small screen keeps it beside the languages.
    if ((await button.count()) === 0) await this.#showLanguages();
    await button.click();
    await this.#shows("choose");
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.#kiosk.display.close();
  }

  async #showBoard(): Promise<void> {
    const charging = { product: { name: "Charging 11 kW", sku: "EV", unit: "kWh" }, unitPrice: "4.50" };
    const four = [
      VIEWS["live-dear"](),
      positionView({ id: "2", ...charging }),
      { ...VIEWS["payment-away"](), id: "3" },
      { ...VIEWS.scan(), id: "4" },
    ];
    // A panel is given as many as `check-config` lets it have.
    const isForAll = panelProblems(this.#panel, { positions: four.length }).length === 0;
    this.#kiosk.display.show({ positions: isForAll ? four : four.slice(0, 2) });
    await this.#shows("board");
  }

  async #showLanguages(): Promise<void> {
    await this.show(VIEWS.choose());
    await this.page.click("button[data-action=languages]");
    await this.page.waitForSelector("button[data-language]");
    await this.#drawn();
  }

  async #loseConnection(): Promise<void> {
    await this.#kiosk.display.close();
    await this.#shows("no-connection");
  }

  async #shows(screen: string): Promise<void> {
    await this.page.waitForSelector(`body[data-screen="${screen}"]`);
    await this.#drawn();
  }

  /** What was told has been laid out and painted. */
  async #drawn(): Promise<void> {
    await this.page.evaluate(
      "document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))",
    );
  }
}
