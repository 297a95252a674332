import { describe, expect, it } from "vitest";
import { displayChecks } from "../../src/displays/checks.ts";
import { PLAIN_LOOK, themeAt } from "../../src/displays/night.ts";
import { colourProblem, contrastOf, type Palette, paletteOf, type Theme } from "../../src/platform/look/palette.ts";

const THEMES: readonly Theme[] = ["light", "dark", "contrast"];
/** Words and what they stand on, and how much WCAG 2.2 asks of them: figures at AAA, all text at AA. */
const PAIRS: readonly (readonly [keyof Palette, keyof Palette, number])[] = [
  ["ink", "paper", 7],
  ["quiet", "paper", 7],
  ["action", "paper", 7],
  ["onAction", "action", 7],
  ["onStop", "stop", 4.5],
  ["stop", "paper", 3],
  ["good", "paper", 4.5],
  ["bad", "paper", 4.5],
  ["onWarn", "warn", 7],
  ["ink", "soft", 4.5],
];

describe("the colours", () => {
  it("know the contrast of black and white, and of one colour to itself", () => {
    expect(contrastOf("#000000", "#ffffff")).toBeCloseTo(21);
    expect(contrastOf("#777777", "#777777")).toBe(1);
    expect(contrastOf("#ffffff", "#767676")).toBeCloseTo(4.54, 2);
  });

  it.each(THEMES.flatMap((theme) => PAIRS.map((pair) => [theme, ...pair] as const)))(
    "%s: %s on %s at least %d : 1",
    (theme, word, ground, least) => {
      const palette = paletteOf(theme);
      expect(contrastOf(palette[word], palette[ground])).toBeGreaterThanOrEqual(least);
    },
  );

  it.each(["#004f3b", "#5b0f2e", "#1a1a1a", "#3f2a00"])("of an owner, %s, are read by day and by night", (colour) => {
    expect(colourProblem(colour)).toBeNull();
    for (const theme of THEMES) {
      const { action, onAction, paper } = paletteOf(theme, colour);
      expect(contrastOf(action, paper)).toBeGreaterThanOrEqual(7);
      expect(contrastOf(onAction, action)).toBeGreaterThanOrEqual(7);
    }
    expect(paletteOf("contrast", colour)).toEqual(paletteOf("contrast"));
  });

  it.each([
    ["#ff9900", false],
    ["#1e88e5", false],
    ["#0b3b8c", true],
  ])("check-config takes %s: %s", (colour, isTaken) => {
    const given = { driver: "web", readingDistanceMm: 600, look: { colour } };
    const found = displayChecks(given, 1);
    expect(found.length === 0).toBe(isTaken);
    for (const { path, message } of found) {
      expect(path).toEqual(["display", "look", "colour"]);
      expect(message).toMatch(/contrast to the light ground is [\d.]+ : 1, and amounts take 7 : 1/);
    }
  });
});

describe("by the time of day", () => {
  const night = { fromMinute: 21 * 60, toMinute: 6 * 60 };

  it.each([
    [20 * 60 + 59, "light"],
    [21 * 60, "dark"],
    [0, "dark"],
    [6 * 60 - 1, "dark"],
    [6 * 60, "light"],
  ])("at minute %d it is %s", (minute, theme) => {
    expect(themeAt({ theme: "by-time", night, colour: null }, minute)).toBe(theme);
  });

  it("is as it is told otherwise, and never dark where the night has no length", () => {
    expect(themeAt({ theme: "dark", night, colour: null }, 12 * 60)).toBe("dark");
    expect(themeAt(PLAIN_LOOK, 0)).toBe("light");
    expect(themeAt({ ...PLAIN_LOOK, theme: "by-time" }, 0)).toBe("light");
  });
});
