import { describe, expect, it } from "vitest";
import { WARNING_MS } from "../../../src/core/sale/timing.ts";
import { isWithStaff, type Screen, screenOf, tileOf } from "../../../src/displays/screen.ts";
import { languagesFor } from "../../../src/displays/texts/languages.ts";
import { hasZbarimg, scan } from "../../support/browser.ts";
import { positionView, QR_TEXT, VIEWS } from "../../support/views.ts";
import { Emulator } from "./emulator.ts";
import { hasFigure, patternOf, photograph, plain, textOf } from "./picture.ts";
import { type TerminalRig, terminalRig } from "./support.ts";

const LOCALES = ["sv", "en", "de", "fi"];
const SUPPORT = "Help: 020-123 456";
/** The longest text, and numbers, of symbols of each size that has room. */
const CODES = [10, 20, 29, 61, 90, 122].map((length) => "HTTP://SEQR.SE/".padEnd(length, "R17000417").slice(0, length));

/** What must be read on a screen, apart from its numbers. */
function textsOf(screen: Screen, leftMs: number): readonly string[] {
  const texts = [screen.title, screen.detail, ...screen.steps, ...screen.terms];
  const labels = screen.figures.map(({ label }) => label);
  const extend = leftMs <= WARNING_MS ? (screen.timeout?.extend?.label ?? "") : "";
  const actions = screen.actions.filter(({ kind }) => kind !== "select").map(({ label }) => label);
  return [...texts, ...labels, ...actions, extend].map(plain).filter((text) => text !== "");
}

describe.each(LOCALES)("in %s", (locale) => {
  const [language] = languagesFor([locale]);

  it.each(Object.entries(VIEWS))("%s stands whole on 80 by 24 characters", async (_, view) => {
    const rig = await terminalRig({ locales: [locale, "sv", "en"], support: SUPPORT });
    const shown = view();
    rig.display.show({ positions: [shown] });
    await rig.pass(200);
    const { emulator } = rig.wire();
    const screen = screenOf(shown, language);
    const leftMs = (screen.timeout?.atMs ?? Number.POSITIVE_INFINITY) - rig.time.trueMs;
    const text = textOf(emulator);
    for (const expected of textsOf(screen, leftMs)) expect(text).toContain(expected);
    const selects = screen.actions.filter(({ kind }) => kind === "select");
    for (const { text: number } of screen.figures) expect(hasFigure(emulator, number), number).toBe(true);
    for (const { label } of selects) expect(hasFigure(emulator, label), label).toBe(true);
    const isWarned = leftMs <= WARNING_MS && screen.timeout?.extend !== null;
    expect(text.includes(language.texts.labels.stillThere)).toBe(isWarned);
    const needsHelp = screen.kind === "out-of-service" || isWithStaff(shown);
    expect(text.includes(SUPPORT)).toBe(needsHelp);
    expect(text).not.toContain("…");
    expect(emulator.overruns).toBe(0);
  });

  it("beside the largest code all texts stand whole, on a board and with a notice", async () => {
    const rig = await terminalRig({ locales: [locale, "sv", "en"] });
    const shown = { ...VIEWS["scan-ending"](), qr: CODES.at(-1) ?? "", minimum: "10.00", reserved: "12000.00" };
    rig.display.show({ positions: [shown, positionView({ id: "2" })] });
    await rig.pass(200);
    await rig.press("1");
    rig.control.answer = { kind: "conflict", reason: "" };
    await rig.press("c");
    const { emulator } = rig.wire();
    const screen = screenOf(shown, language);
    const { labels } = language.texts;
    for (const expected of [...textsOf(screen, 0), labels.notNow, labels.back, labels.timeLeft]) {
      expect(textOf(emulator)).toContain(plain(expected));
    }
    for (const { text } of screen.figures) expect(hasFigure(emulator, text), text).toBe(true);
    if (hasZbarimg()) expect(scan(photograph(emulator, true))).toBe(shown.qr);
  });

  it.each([2, 5, 9, 12, 32])("a board of %i stands whole", async (count) => {
    const rig = await terminalRig({ locales: [locale] });
    const kinds = Object.values(VIEWS);
    const positions = Array.from({ length: count }, (_, at) => ({
      ...(kinds[at % kinds.length] ?? positionView)(),
      id: `P${at}`,
    }));
    rig.display.show({ positions });
    await rig.pass(200);
    const { emulator } = rig.wire();
    const text = textOf(emulator);
    const tiles = positions.map((view) => tileOf(view, language));
    for (const { id, product, value, title } of tiles) {
      expect(text).toContain(`${id} ${product}`);
      expect(value === "" || hasFigure(emulator, value), value).toBe(true);
      if (count < 10 || value === "") expect(text).toContain(title);
    }
    expect(new Set(text.match(/\[.\]/g)).size).toBe(count);
  });
});

describe("the code", () => {
  describe.skipIf(!hasZbarimg())("is read from the screen", () => {
    it.each(CODES)("%s, with colours and without", async (code) => {
      const rig = await showing(code);
      const { emulator } = rig.wire();
      expect(scan(photograph(emulator, true))).toBe(code);
      expect(scan(photograph(emulator, false))).toBe(code);
    });

    it("until the view has none, and not a moment longer", async () => {
      const rig = await showing(QR_TEXT);
      expect(hasCode(rig)).toBe(true);
      rig.display.show({ positions: [VIEWS.confirm()] });
      await rig.pass(100);
      expect(hasCode(rig)).toBe(false);
    });
  });

  it("that is too large is told in words, and not cut", async () => {
    const rig = await showing("HTTP://SEQR.SE/".padEnd(300, "R1"));
    expect(textOf(rig.wire().emulator)).toContain("The code is too large for this screen.");
    expect(hasCode(rig)).toBe(false);
  });

  it("is surrounded by four modules of white, in black and white of their own", async () => {
    const rig = await showing(QR_TEXT);
    const { emulator } = rig.wire();
    const cells = Array.from({ length: 24 * 80 }, (_, at) => ({ column: at % 80, row: Math.floor(at / 80) }));
    const code = cells.filter(({ column, row }) => emulator.cell(column, row).ink !== "default");
    expect(code).toHaveLength(33 * 17);
    const left = Math.min(...code.map(({ column }) => column));
    const top = Math.min(...code.map(({ row }) => row));
    for (const { column, row } of code) {
      expect(emulator.cell(column, row)).toMatchObject({ ink: "white", paper: "black", isInverse: true });
      const isQuiet = column < left + 4 || column >= left + 29 || row < top + 2;
      if (isQuiet) expect(emulator.cell(column, row).char).toBe(" ");
    }
  });
});

describe("the terminal", () => {
  it("that is larger has the screen in its middle", async () => {
    const rig = await terminalRig({ locales: ["en"] }, new Emulator(120, 40));
    await rig.pass(500);
    const rows = rig.lines();
    expect(rows.slice(0, 8).join("").trim()).toBe("");
    expect(rows[8]?.slice(20)).toMatch(/^ Demo station {67}/);
    expect(rig.problems.at(-1)).toBeNull();
  });

  it.each([
    [60, 24],
    [80, 20],
    [14, 4],
  ])("of %i by %i characters says what it needs, and shows no code", async (columns, rows) => {
    const rig = await terminalRig({ locales: ["en"] }, new Emulator(columns, rows));
    await rig.pass(500);
    rig.display.show({ positions: [VIEWS.scan()] });
    await rig.pass(120_000);
    expect(textOf(rig.wire().emulator)).toBe("This screen is too small. Needed: 80x24");
    expect(rig.problems.at(-1)).toBe(`the terminal has ${columns}x${rows} characters: it must have at least 80x24`);
  });

  it("takes no orders from a name", async () => {
    const rig = await terminalRig({ locales: ["en"], kioskName: "Bar\x1b[2J\x07☃ 北 é" });
    rig.display.show({ positions: [VIEWS.choose()] });
    await rig.pass(200);
    expect(rig.lines()[0]).toContain("Bar?[2J?? ? é");
  });

  it("shows that nothing is known before the first view", async () => {
    const rig = await terminalRig({ locales: ["en"] });
    expect(textOf(rig.wire().emulator)).toContain("No connection");
  });
});

it("digits are told apart", () => {
  expect(patternOf("0123456789", "big")).toEqual([
    "▓▓▓▓▓▓  ▓▓▓▓    ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓  ▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓",
    "▓▓  ▓▓    ▓▓        ▓▓      ▓▓  ▓▓  ▓▓  ▓▓      ▓▓          ▓▓  ▓▓  ▓▓  ▓▓  ▓▓",
    "▓▓  ▓▓    ▓▓    ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓      ▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓",
    "▓▓  ▓▓    ▓▓    ▓▓          ▓▓      ▓▓      ▓▓  ▓▓  ▓▓      ▓▓  ▓▓  ▓▓      ▓▓",
    "▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓      ▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓      ▓▓  ▓▓▓▓▓▓  ▓▓▓▓▓▓",
  ]);
  expect(patternOf("€ 1.234,56/L", "medium")).toEqual([
    "  ▄▄    ▄▄▄ ▄▄▄ ▄ ▄   ▄▄▄ ▄▄▄   ",
    "   █    ▄▄█ ▄▄█ █▄█   █▄▄ █▄▄   ",
    "€ ▄█▄ ▄ █▄▄ ▄▄█   █ █ ▄▄█ █▄█ /L",
  ]);
});

async function showing(code: string): Promise<TerminalRig> {
  const rig = await terminalRig({ locales: ["en", "sv"] });
  rig.display.show({ positions: [{ ...VIEWS.scan(), qr: code }] });
  await rig.pass(200);
  return rig;
}

function hasCode(rig: TerminalRig): boolean {
  const { emulator } = rig.wire();
  return Array.from({ length: 80 * 24 }).some((_, at) => emulator.cell(at % 80, Math.floor(at / 80)).ink !== "default");
}
