import { describe, expect, it } from "vitest";
import type { PositionView } from "../../../src/core/sale/view.ts";
import { codeOf } from "../../../src/displays/code.ts";
import { DisplaySession } from "../../../src/displays/display-session.ts";
import { loadDrawing } from "../../../src/displays/framebuffer/drawing.ts";
import type { Mark, Rect } from "../../../src/displays/framebuffer/marks.ts";
import { type Button, type Page, pageOf as pageOfSession } from "../../../src/displays/framebuffer/page.ts";
import { Fitter } from "../../../src/displays/framebuffer/page-fit.ts";
import { figureParts, safePx } from "../../../src/displays/grid.ts";
import { CAPITAL_EM, fontPx, leastModulePx, type Panel, panelProblems, sizesOf } from "../../../src/displays/panel.ts";
import type { Figure, ScreenKind } from "../../../src/displays/screen.ts";
import { sample } from "../../support/sample.ts";
import { VIEWS } from "../../support/views.ts";

const drawing = await loadDrawing();

const panel = (
  widthPx: number,
  heightPx: number,
  widthMm: number,
  heightMm: number,
  readingDistanceMm: number,
): Panel => ({
  widthPx,
  heightPx,
  widthMm,
  heightMm,
  readingDistanceMm,
});

const SMALL = panel(480, 320, 84, 56, 250);
const ROOMY = panel(1024, 768, 203, 152, 500);

const PANELS: Readonly<Record<string, Panel>> = {
  "480x320": SMALL,
  "320x480": panel(320, 480, 56, 84, 250),
  "800x480": panel(800, 480, 154, 86, 400),
  "800x480 from afar": panel(800, 480, 154, 86, 500),
  "480x800": panel(480, 800, 86, 154, 400),
  "1024x768": ROOMY,
  "1080x1920": panel(1080, 1920, 268, 476, 600),
  "1920x1080": panel(1920, 1080, 476, 268, 600),
};

/** Those on which every sale can be read, as `check-config` says it. */
const GOOD = ["480x320", "800x480", "800x480 from afar", "480x800", "1024x768", "1080x1920", "1920x1080"];

/** Those of the first kiosks, and one of the others: this commit's turn. */
const LANGUAGES = [
  ...["sv", "en", "de", "fi"],
  ...sample("framebuffer languages", ["no", "da", "nl", "fr", "es", "it", "pl", "et"], 1),
];

const BOARD = (["choose", "live", "out-of-service", "scan"] as const).map((name, index) => ({
  ...VIEWS[name](),
  id: String(index + 1),
}));

/** Whoever leaves is asked; at the latest then a screen has most to say. */
const asked = (view: PositionView): PositionView => ({
  ...view,
  timeout: { at: new Date(Date.now() + 15_000).toISOString(), extendable: true },
});

const PAGES: Readonly<Record<string, () => readonly PositionView[]>> = {
  "no connection": () => [],
  ...Object.fromEntries(Object.entries(VIEWS).map(([name, view]) => [name, () => [view()]])),
  ...Object.fromEntries(
    Object.entries(VIEWS)
      .filter(([, view]) =>
        (["closed", "confirm"] as const).some((each) => [view().state, view().message].includes(each)),
      )
      .map(([name, view]) => [`${name}, asked`, () => [asked(view())]]),
  ),
  "board of two": () => BOARD.slice(0, 2),
  "board of four": () => BOARD,
};

function fitterFor(of: Panel): Fitter {
  const { widthPx, heightPx } = of;
  const space = {
    widthPx,
    heightPx,
    sizes: sizesOf(of),
    leastModulePx: (modules: number) => leastModulePx(of, modules),
  };
  return new Fitter(drawing, space, (text) => codeOf(text).modules);
}

function pageOf(views: readonly PositionView[], locale: string) {
  const other = locale === "en" ? "sv" : "en";
  const session = new DisplaySession([locale, other], 0);
  session.show(views);
  const settings = { kioskName: "Demo station", support: "Help: +46 8 123 45 67" };
  return pageOfSession(session, settings, { nowMs: 0, kioskMs: Date.now() }).page;
}

const isInside = (inner: Rect, outer: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const overlap = (one: Rect, other: Rect): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

/** Everything that is read or touched keeps to itself; a text may stand on the button or panel that it belongs to. */
function collisions(marks: readonly Mark[]): readonly string[] {
  const nameOf = (mark: Mark): string =>
    mark.kind === "text" ? mark.text : mark.kind === "button" ? mark.id : mark.kind;
  const holds = (outer: Mark, inner: Mark): boolean =>
    (outer.kind === "button" || outer.kind === "panel") && inner.kind === "text" && isInside(inner.rect, outer.rect);
  return marks.flatMap((one, index) =>
    marks
      .slice(index + 1)
      .filter((other) => overlap(one.rect, other.rect) && !holds(one, other))
      .map((other) => `${nameOf(one)} / ${nameOf(other)}`),
  );
}

const NUMBERS = new Set(["amount", "quantity", "unit-price", "reserved", "freed"]);

function tooSmall(marks: readonly Mark[], page: Page, of: Panel): readonly unknown[] {
  const { textPx, figurePx } = sizesOf(of);
  const figures =
    page.kind === "board"
      ? page.tiles.map(({ value }) => value)
      : page.screen.figures.filter(({ role }) => NUMBERS.has(role)).map(({ text }) => text);
  const numbers = new Set(figures.map((text) => figureParts(text).number));
  return marks.filter(
    (mark) => mark.kind === "text" && mark.fontPx * CAPITAL_EM < (numbers.has(mark.text) ? figurePx : textPx),
  );
}

const FIGURES: Readonly<Partial<Record<ScreenKind, readonly Figure["role"][]>>> = {
  choose: ["unit-price"],
  scan: ["reserved"],
  live: ["quantity", "amount"],
  paid: ["amount", "reserved", "freed", "reference"],
};

/** What a customer must know, and be able to do, however small the screen. */
function missing(marks: readonly Mark[], page: Page): readonly string[] {
  const closeUp = (text: string): string => text.replaceAll(/\s/g, "");
  const drawn = closeUp(marks.flatMap((mark) => (mark.kind === "text" ? [mark.text] : [])).join(""));
  const ids = marks.flatMap((mark) => (mark.kind === "button" ? [mark.id] : []));
  const buttons = (given: readonly Button[]): readonly string[] =>
    given.filter(({ id }) => !ids.includes(id)).map(({ id }) => `button ${id}`);
  if (page.kind === "board") return page.tiles.map(({ buttonId }) => buttonId).filter((id) => !ids.includes(id));
  const { screen, extend, timeLeft, actions } = page;
  const { kind, figures, terms, title, detail } = screen;
  const isReview = kind === "ended" && figures.length > 0;
  const texts = [
    ...figures.filter(({ role }) => FIGURES[kind]?.includes(role)).map(({ text }) => text),
    ...(kind === "choose" ? [screen.product, ...terms] : []),
    ...(kind === "ended" || kind === "begin" || kind === "confirm" ? [title] : []),
    ...(kind === "ended" || kind === "out-of-service" ? [isReview ? (figures.at(-1)?.text ?? "") : detail] : []),
    ...(extend === null || timeLeft === null ? [] : [timeLeft.text]),
    page.support ?? "",
  ];
  const hasCode = marks.some((mark) => mark.kind === "code");
  return [
    ...texts.filter((text) => !drawn.includes(closeUp(text))),
    ...buttons([
      ...(extend === null ? [] : [extend]),
      // Of a receipt a small screen gives the reference, and no code.
      ...actions.filter(({ id }) => !id.startsWith("receipt") && (extend === null || !id.startsWith("dismiss"))),
    ]),
    ...(screen.code !== null && !hasCode ? ["code"] : []),
  ];
}

describe.each(Object.entries(PANELS))("on %s", (_size, of) => {
  describe.each(LANGUAGES)("in %s", (locale) => {
    const fitter = fitterFor(of);

    it.each(Object.entries(PAGES))("nothing is cut, overlaps or is too small: %s", (_name, views) => {
      const page = pageOf(views(), locale);
      const { marks, fits, textScale } = fitter.fit(page);
      const safe = safePx(Math.min(of.widthPx, of.heightPx), fontPx(sizesOf(of).textPx));
      const inMargin = { x: safe, y: safe, width: of.widthPx - 2 * safe, height: of.heightPx - 2 * safe };
      expect(fits).toBe(true);
      expect(marks.filter(({ rect }) => !isInside(rect, inMargin))).toEqual([]);
      expect(collisions(marks)).toEqual([]);
      expect(marks.filter(({ kind, rect }) => kind === "button" && Math.min(rect.width, rect.height) < 60)).toEqual([]);
      if (panelProblems(of, { positions: views().length }).length > 0) return;
      expect(textScale).toBeGreaterThanOrEqual(1);
      expect(tooSmall(marks, page, of)).toEqual([]);
    });

    it.each(Object.entries(PAGES))("what nobody may miss is there: %s", (_name, views) => {
      const page = pageOf(views(), locale);
      expect(missing(fitter.fit(page).marks, page)).toEqual([]);
    });
  });
});

it("the panels on which every sale can be read are those that the configuration is told are", () => {
  expect(
    Object.keys(PANELS).filter((size) => panelProblems(PANELS[size] ?? SMALL, { positions: 1 }).length === 0),
  ).toEqual(GOOD);
});

describe.each(GOOD)("what runs, on %s", (size) => {
  const rows = LANGUAGES.flatMap((locale) =>
    (["live", "live-dear", "live-ending"] as const).map((name) => [locale, name] as const),
  );

  it.each(rows)("is the largest on the screen, in %s: %s", (locale, name) => {
    const page = pageOf([VIEWS[name]()], locale);
    const texts = fitterFor(PANELS[size] ?? SMALL)
      .fit(page)
      .marks.filter((mark) => mark.kind === "text");
    const isRunning = ({ text }: { readonly text: string }): boolean =>
      page.kind === "position" &&
      page.screen.figures.slice(0, 2).some((figure) => figureParts(figure.text).number === text);
    const running = texts.filter(isRunning).map(({ fontPx }) => fontPx);
    expect(running).toHaveLength(2);
    expect(Math.min(...running)).toBeGreaterThanOrEqual(Math.max(...texts.map(({ fontPx }) => fontPx)));
  });
});

describe("sizes", () => {
  const of = ROOMY;

  it.each(Object.entries(PANELS))("keep the code's modules whole and large enough on %s", (_size, each) => {
    const { marks } = fitterFor(each).fit(pageOf([VIEWS.scan()], "fi"));
    const code = marks.find((mark) => mark.kind === "code");
    if (code?.kind !== "code") throw new Error("no code is drawn");
    const { modules } = codeOf(code.text);
    expect(Number.isInteger(code.modulePx)).toBe(true);
    expect(code.modulePx).toBeGreaterThanOrEqual(leastModulePx(each, modules));
    expect(code.rect.width).toBe((modules + 8) * code.modulePx);
    expect([code.rect.x, code.rect.y].every(Number.isInteger)).toBe(true);
  });

  it("stay as they are while only digits change", () => {
    const fitter = fitterFor(of);
    const marksAt = (quantity: string, amount: string): readonly Mark[] =>
      fitter.fit(pageOf([{ ...VIEWS.live(), quantity, amount }], "sv")).marks;
    const placeOf = (marks: readonly Mark[]): readonly unknown[] => marks.map(({ kind, rect }) => [kind, rect]);
    const [one, other] = [marksAt("11.111", "221.00"), marksAt("12.222", "243.10")];
    expect(placeOf(one).filter((_, index) => one[index]?.kind !== "bar")).toEqual(
      placeOf(other).filter((_, index) => other[index]?.kind !== "bar"),
    );
    expect(one).not.toEqual(other);
  });

  it("are measured with what is drawn: no text is wider than its place", () => {
    const context = drawing.canvas(1, 1).getContext("2d");
    for (const views of Object.values(PAGES)) {
      for (const mark of fitterFor(of).fit(pageOf(views(), "fi")).marks) {
        if (mark.kind !== "text") continue;
        context.font = `${mark.weight} ${mark.fontPx}px Kiosk`;
        expect(context.measureText(mark.text).width, mark.text).toBeLessThanOrEqual(mark.rect.width + 0.5);
      }
    }
  });
});

describe("without its package", () => {
  it("says what to install", async () => {
    const missing = loadDrawing(() => Promise.reject(new Error("Cannot find package '@napi-rs/canvas'")));
    await expect(missing).rejects.toThrow("npm install @napi-rs/canvas");
  });
});
