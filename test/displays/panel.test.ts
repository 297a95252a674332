import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../src/displays/code.ts";
import { leastModulePx, modulesOfText, type Panel, panelProblems, sizesOf } from "../../src/displays/panel.ts";

const SMALL: Panel = { widthPx: 480, heightPx: 320, widthMm: 84, heightMm: 56, readingDistanceMm: 250 };
const TINY: Panel = { ...SMALL, widthMm: 73, heightMm: 49 };
const SEVEN_INCH: Panel = { widthPx: 800, heightPx: 480, widthMm: 154, heightMm: 86, readingDistanceMm: 500 };
const LARGE: Panel = { widthPx: 1920, heightPx: 1080, widthMm: 476, heightMm: 268, readingDistanceMm: 600 };

function upright({ widthPx, heightPx, widthMm, heightMm, ...rest }: Panel): Panel {
  return { widthPx: heightPx, heightPx: widthPx, widthMm: heightMm, heightMm: widthMm, ...rest };
}

describe("the sizes on a panel", () => {
  it.each([
    ["7.33 mm and 10 mm from 600 mm", LARGE, { textPx: 30, figurePx: 41 }],
    ["more from further away", { ...LARGE, readingDistanceMm: 1200 }, { textPx: 60, figurePx: 81 }],
    ["never less than 4.8 mm", SMALL, { textPx: 28, figurePx: 28 }],
  ])("are %s", (_name, panel, sizes) => {
    expect(sizesOf(panel)).toMatchObject(sizes);
  });

  it.each([
    ["a tenth of the distance", LARGE, 25, 10],
    ["a millimetre a module", SMALL, 25, 6],
    ["four pixels a module", { ...LARGE, widthMm: 1600, heightMm: 900, readingDistanceMm: 200 }, 29, 4],
  ])("give a code at least %s", (_name, panel, modules, modulePx) => {
    expect(leastModulePx(panel, modules)).toBe(modulePx);
  });
});

describe("a code of a long text", () => {
  it.each([39, 62, 63, 84, 85, 100, 101, 106, 107, 300, 367, 368, 400, 425, 426, 858])(
    "of %i characters has as many modules as it is drawn with",
    (chars) => {
      expect(modulesOfText(chars)).toBe(codeOf("x".repeat(chars)).modules);
    },
  );

  it("of 859 characters is shown nowhere", () => {
    expect(modulesOfText(859)).toBeNull();
    expect(panelProblems(LARGE, { positions: 1, codeChars: 859 })).toEqual([expect.stringContaining("859 characters")]);
  });

  it.each([
    ["a 7 inch panel", SEVEN_INCH, []],
    ["a 7 inch panel upright", upright(SEVEN_INCH), []],
    ["a 21.5 inch panel", LARGE, []],
    ["a 4 inch panel", SMALL, ["scan"]],
  ])("of 400 characters stands on %s: %o", (_name, panel, screens) => {
    const found = panelProblems(panel, { positions: 1, codeChars: 400 }).map((problem) => problem.split(" ")[1]);
    expect(found).toEqual(screens);
  });
});

describe("a panel's problems", () => {
  it.each([
    ["a 4 inch panel read from 250 mm", SMALL, 1, []],
    ["a 4 inch panel with two positions", SMALL, 2, []],
    ["a 3.5 inch panel read from 250 mm", TINY, 1, ["choose", "scan", "paid", "ended"]],
    ["a 7 inch panel read from 500 mm", SEVEN_INCH, 1, []],
    ["a 7 inch panel upright", upright(SEVEN_INCH), 1, []],
    ["a 21.5 inch panel with eight positions", LARGE, 8, []],
    ["a 21.5 inch panel upright with eight positions", upright(LARGE), 8, []],
    ["a 4 inch panel with four positions", SMALL, 4, ["board"]],
    [
      "a 4 inch panel read from 600 mm",
      { ...SMALL, readingDistanceMm: 600 },
      1,
      ["choose", "scan", "begin", "live", "paid", "ended"],
    ],
  ])("of %s", (_name, panel, positions, screens) => {
    const found = panelProblems(panel, { positions }).map((problem) => problem.split(" ")[1]);
    expect(found).toEqual(screens);
  });

  it("say what is needed and what would fit", () => {
    const [problem] = panelProblems({ ...SEVEN_INCH, readingDistanceMm: 700 }, { positions: 1 }).filter((text) =>
      text.includes("scan"),
    );
    expect(problem).toMatch(
      /^the scan screen needs \d+ x \d+ mm at a reading distance of 700 mm, the panel has 154 x 86 mm; with \d+ mm it would fit$/,
    );
    const distanceMm = Number(/with (\d+) mm/.exec(problem ?? "")?.[1]);
    const named = (readingDistanceMm: number): boolean =>
      panelProblems({ ...SEVEN_INCH, readingDistanceMm }, { positions: 1 }).some((text) => text.includes("scan"));
    expect([named(distanceMm), named(distanceMm + 10)]).toEqual([false, true]);
  });

  it("say so when no distance helps", () => {
    const problems = panelProblems({ ...SMALL, widthMm: 40, heightMm: 27 }, { positions: 1 });
    expect(problems).not.toEqual([]);
    for (const problem of problems) expect(problem).toMatch(/a larger panel at any reading distance$/);
  });

  it("never grow with a larger panel, nor with a shorter distance", () => {
    const panels = fc.record({
      widthMm: fc.integer({ min: 40, max: 600 }),
      heightMm: fc.integer({ min: 40, max: 600 }),
      readingDistanceMm: fc.integer({ min: 200, max: 1500 }),
      positions: fc.integer({ min: 1, max: 8 }),
      more: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(panels, ({ widthMm, heightMm, readingDistanceMm, positions, more }) => {
        const panel = { widthMm, heightMm, widthPx: widthMm * 4, heightPx: heightMm * 4, readingDistanceMm };
        const problems = panelProblems(panel, { positions }).length;
        const nearer = { ...panel, readingDistanceMm: Math.max(200, readingDistanceMm - more) };
        expect(panelProblems(nearer, { positions }).length).toBeLessThanOrEqual(problems);
        const factor = 1 + more / 100;
        const larger = {
          ...panel,
          widthMm: widthMm * factor,
          heightMm: heightMm * factor,
          widthPx: panel.widthPx * factor,
          heightPx: panel.heightPx * factor,
        };
        expect(panelProblems(larger, { positions }).length).toBeLessThanOrEqual(problems);
      }),
    );
  });
});
