import { describe, expect, it } from "vitest";
import { codeOf } from "../../../src/adapters/display/code.ts";
import { loadDrawing } from "../../../src/adapters/display/framebuffer/drawing.ts";
import { Fitter } from "../../../src/adapters/display/framebuffer/fit.ts";
import type { Mark, Rect } from "../../../src/adapters/display/framebuffer/marks.ts";
import { Session } from "../../../src/adapters/display/framebuffer/session.ts";
import { languagesFor } from "../../../src/adapters/display/texts/languages.ts";
import { leastModulePx, type Panel, sizesOf } from "../../../src/core/panel.ts";
import type { PositionView } from "../../../src/core/sale/view.ts";
import { VIEWS } from "../../support/views.ts";

const drawing = await loadDrawing();

interface Row {
  readonly panel: Panel;
  /** The least sizes are asked for only where every screen has room for them. */
  readonly isRoomy: boolean;
}

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

const PANELS: Readonly<Record<string, Row>> = {
  "480x320": { panel: panel(480, 320, 73, 49, 250), isRoomy: false },
  "320x480": { panel: panel(320, 480, 49, 73, 250), isRoomy: false },
  "800x480": { panel: panel(800, 480, 154, 86, 400), isRoomy: false },
  "1024x768": { panel: panel(1024, 768, 203, 152, 500), isRoomy: true },
  "1080x1920": { panel: panel(1080, 1920, 268, 476, 600), isRoomy: true },
  "1920x1080": { panel: panel(1920, 1080, 476, 268, 600), isRoomy: true },
};

const LANGUAGES = ["sv", "en", "de", "fi"];

const BOARD = (["choose", "live", "out-of-service", "scan"] as const).map((name, index) => ({
  ...VIEWS[name](),
  id: String(index + 1),
}));

const PAGES: Readonly<Record<string, () => readonly PositionView[]>> = {
  ...Object.fromEntries(Object.entries(VIEWS).map(([name, view]) => [name, () => [view()]])),
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
  const session = new Session(languagesFor([locale, other]), "Demo station", "Help: +46 8 123 45 67", 0);
  return session.shown(views, Date.now(), 0).page;
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

describe.each(Object.entries(PANELS))("on %s", (_size, { panel: of, isRoomy }) => {
  describe.each(LANGUAGES)("in %s", (locale) => {
    it.each(Object.entries(PAGES))("nothing is cut and nothing overlaps: %s", (_name, views) => {
      const { marks, fits, textScale } = fitterFor(of).fit(pageOf(views(), locale));
      const screen = { x: 0, y: 0, width: of.widthPx, height: of.heightPx };
      expect(fits).toBe(true);
      expect(marks.filter(({ rect }) => !isInside(rect, screen))).toEqual([]);
      expect(collisions(marks)).toEqual([]);
      if (isRoomy) expect(textScale).toBeGreaterThanOrEqual(1);
    });
  });
});

describe("sizes", () => {
  const { panel: of } = PANELS["1024x768"] as Row;
  const { textPx, figurePx, targetPx } = sizesOf(of);
  const capitalPx = ({ fontPx }: { readonly fontPx: number }): number => fontPx * 0.668;

  it.each(Object.entries(PAGES))("are at least those of the panel: %s", (_name, views) => {
    const page = pageOf(views(), "de");
    const { marks } = fitterFor(of).fit(page);
    const figures =
      page.kind === "board"
        ? page.tiles.map(({ value }) => value)
        : page.screen.figures
            .filter(({ role }) => role === "amount" || role === "quantity" || role === "unit-price")
            .map(({ text }) => text);
    for (const mark of marks) {
      if (mark.kind === "button") expect(Math.min(mark.rect.width, mark.rect.height)).toBeGreaterThanOrEqual(targetPx);
      if (mark.kind !== "text") continue;
      expect(capitalPx(mark)).toBeGreaterThanOrEqual(figures.includes(mark.text) ? figurePx : textPx);
    }
  });

  it("keep targets of 60 px on the smallest panel", () => {
    for (const views of Object.values(PAGES)) {
      const { marks } = fitterFor((PANELS["480x320"] as Row).panel).fit(pageOf(views(), "de"));
      const targets = marks.filter(({ kind }) => kind === "button");
      for (const { rect } of targets) expect(Math.min(rect.width, rect.height)).toBeGreaterThanOrEqual(60);
    }
  });

  it.each(Object.entries(PANELS))("keep the code's modules whole and large enough on %s", (_size, { panel: each }) => {
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
