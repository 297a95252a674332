import type { Browser, Page } from "playwright-core";
import { WARNING_MS } from "../../src/core/sale/timing.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { panelProblems } from "../../src/displays/panel.ts";
import type { KioskView } from "../../src/ports/display.ts";
import { startTestDisplay, type TestDisplay } from "../displays/web/support.ts";
import { positionView, VIEWS } from "../support/views.ts";
import type { NamedPanel } from "./panels.ts";

/** As `npm run build` made it. */
export const PAGE_ROOT = new URL("../../dist/displays/web/page/", import.meta.url);

export const SUPPORT = "+46 8 123 45 67";

const PATIENCE_MS = 20_000;
/** After so long without a word of the kiosk the page has surely given it up. */
const SILENCE_MS = 5_000;

/** Before the page's own script: `untilDrawn(state)` resolves when the page has drawn this state as the latest. */
const FOLLOW_STATES = `{
  const Source = EventSource;
  let drawn;
  let told = () => {};
  EventSource = class extends Source {
    addEventListener(name, listener) {
      super.addEventListener(name, (event) => {
        listener(event);
        if (name !== "state") return;
        drawn = event.data;
        told();
      });
    }
  };
  globalThis.untilDrawn = (state) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("The page has not drawn what it was told.")), ${PATIENCE_MS});
      told = () => {
        if (drawn !== state) return;
        clearTimeout(timer);
        resolve();
      };
      told();
    });
}`;

/** One screen to look at. */
interface Exhibit {
  readonly name: string;
  readonly show: () => Promise<void>;
}

/** A page for one gallery after the other; its time can be made to pass. */
export async function openGalleryPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ reducedMotion: "reduce" });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.clock.install();
  await page.addInitScript(FOLLOW_STATES);
  return page;
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

  /** Takes the page from whatever stood on it. */
  static async open(page: Page, panel: NamedPanel, languages: readonly string[]): Promise<Gallery> {
    const { widthPx, heightPx, readingDistanceMm } = panel;
    const told = { panel: panel.isBare === true ? null : panel, readingDistanceMm };
    const settings = { pageRoot: PAGE_ROOT, locales: languages, ...told, support: SUPPORT };
    const kiosk = await startTestDisplay(settings);
    const gallery = new Gallery(kiosk, page, panel);
    try {
      kiosk.display.show({ positions: [VIEWS.choose()] });
      await page.setViewportSize({ width: widthPx, height: heightPx });
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
    await this.#tell({ positions: [view] });
    const leftMs = view.timeout === null ? Number.POSITIVE_INFINITY : Date.parse(view.timeout.at) - Date.now();
    if (leftMs < WARNING_MS) await this.page.waitForSelector("[role=alertdialog]");
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
    await this.#tell({ positions: isForAll ? four : four.slice(0, 2) });
    await this.#shows("board");
  }

  async #showLanguages(): Promise<void> {
    await this.show(VIEWS.choose());
    await this.page.click("button[data-action=languages]");
    await this.page.waitForSelector("button[data-language]");
  }

  async #loseConnection(): Promise<void> {
    await this.#kiosk.display.close();
    await this.page.clock.fastForward(SILENCE_MS);
    await this.#shows("no-connection");
  }

  async #tell(view: KioskView): Promise<void> {
    this.#kiosk.display.show(view);
    await this.page.evaluate(`untilDrawn(${JSON.stringify(JSON.stringify(view))})`);
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
