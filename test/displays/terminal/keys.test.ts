import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyReader } from "../../../src/displays/terminal/keys.ts";
import { positionView, VIEWS } from "../../support/views.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { textOf } from "./picture.ts";
import { type TerminalRig, terminalRig } from "./support.ts";

const NOT_NOW = "That is not possible right now.";

describe("a key", () => {
  it.each([
    ["1", "choose", { action: "select", position: "1", maximum: "100.00", unitPrice: "19.89" }],
    ["3", "choose", { action: "select", position: "1", maximum: "500.00", unitPrice: "19.89" }],
    ["4", "choose-dear", { action: "select", position: "1", maximum: "12000.00", unitPrice: "19.89" }],
    ["c", "scan", { action: "cancel", position: "1" }],
    ["C", "confirm", { action: "cancel", position: "1" }],
    ["e", "scan-ending", { action: "extend", position: "1" }],
    ["s", "live", { action: "stop", position: "1" }],
    ["s", "begin-charging", { action: "stop", position: "1" }],
    ["e", "live-ending", { action: "extend", position: "1" }],
  ] as const)("%s on %s is handed on", async (key, name, expected) => {
    const rig = await showing(name);
    await rig.press(key);
    expect(rig.pressed).toEqual([expected]);
    expect(screen(rig)).not.toContain(NOT_NOW);
  });

  it.each([
    ["4", "choose"],
    ["1", "scan"],
    ["e", "scan"],
    ["s", "scan"],
    ["c", "live"],
    ["s", "stopping"],
    ["\r", "choose"],
    ["\x1b[A", "choose"],
    ["\x1bOP", "live"],
    ["\x03", "live"],
  ] as const)("%j on %s means nothing", async (key, name) => {
    const rig = await showing(name);
    const before = screen(rig);
    await rig.press(key);
    expect(rig.pressed).toEqual([]);
    expect(screen(rig)).toBe(before);
  });

  it.each([
    { kind: "conflict", reason: "" },
    { kind: "invalid", reason: "" },
    { kind: "unknown-position", reason: "" },
    new Error("lost"),
  ] as const)("whose answer is %j is answered for 4 s", async (answer) => {
    const rig = await showing("choose");
    rig.control.answer = answer;
    await rig.press("1");
    expect(screen(rig)).toContain(NOT_NOW);
    await rig.pass(3_000);
    expect(screen(rig)).toContain(NOT_NOW);
    await rig.pass(2_000);
    expect(screen(rig)).not.toContain(NOT_NOW);
  });

  it("without an answer is not asked again for 5 s; a stop is heard meanwhile", async () => {
    const rig = await showing("live-ending");
    rig.control.answer = "never";
    await rig.press("eeesse");
    expect(rig.pressed.map(({ action }) => action)).toEqual(["extend", "stop"]);
    await rig.pass(6_000);
    expect(screen(rig)).toContain(NOT_NOW);
    await rig.press("s");
    expect(rig.pressed.map(({ action }) => action)).toEqual(["extend", "stop", "stop"]);
  });

  it("n gives the choice after an outcome, until the next outcome", async () => {
    const rig = await showing("thanks");
    expect(screen(rig)).toContain("Thank you!");
    await rig.press("n");
    expect(screen(rig)).toContain("Choose a maximum");
    await rig.press("2");
    expect(rig.pressed).toEqual([{ action: "select", position: "1", maximum: "300.00", unitPrice: "19.89" }]);
    rig.display.show({ positions: [{ ...VIEWS.thanks(), saleId: "sale-2" }] });
    await rig.pass(200);
    expect(screen(rig)).toContain("Thank you!");
  });

  it("l goes round the languages", async () => {
    const rig = await terminalRig({ locales: ["en", "sv", "fi"] });
    rig.display.show({ positions: [VIEWS.choose()] });
    const titles: (string | undefined)[] = [];
    for (let press = 0; press < 3; press++) {
      await rig.press("l");
      titles.push(/Choose a maximum|Välj ett maxbelopp|Valitse enimmäissumma/.exec(screen(rig))?.[0]);
    }
    expect(titles).toEqual(["Välj ett maxbelopp", "Valitse enimmäissumma", "Choose a maximum"]);
  });
});

describe("with several positions", () => {
  it.each(["b", "\x1b"])("a position is opened by its digit, and left by %j", async (back) => {
    const rig = await board("7", "8");
    expect(screen(rig)).toContain("Choose your pump");
    await rig.press("8");
    expect(screen(rig)).toContain("Demo station Pump 8");
    await rig.press("1");
    expect(rig.pressed).toEqual([{ action: "select", position: "8", maximum: "100.00", unitPrice: "19.89" }]);
    await rig.press(back);
    expect(screen(rig)).toContain("Choose your pump");
  });

  it("a digit that is held or hit twice opens a position and chooses nothing", async () => {
    const rig = await board("1", "2");
    for (let repeat = 0; repeat < 20; repeat++) await rig.press("1");
    expect(screen(rig)).toContain("Demo station Pump 1");
    expect(rig.pressed).toEqual([]);
    await rig.pass(1_000);
    await rig.press("1");
    expect(rig.pressed).toHaveLength(1);
  });

  it("those not called by a digit are counted", async () => {
    const rig = await board("north", "south");
    await rig.press("2");
    expect(screen(rig)).toContain("Demo station Pump south");
  });

  it("after 60 s without a key comes the board, in the first language", async () => {
    const rig = await board("1", "2");
    await rig.press("1l");
    expect(screen(rig)).toContain("Välj ett maxbelopp");
    await rig.pass(55_000);
    expect(screen(rig)).toContain("Välj ett maxbelopp");
    await rig.pass(10_000);
    expect(screen(rig)).toContain("Choose your pump");
  });

  it("a running sale stays, and its customer's language too", async () => {
    const rig = await board("1", "2");
    await rig.press("1l");
    rig.display.show({ positions: [VIEWS.live(), positionView({ id: "2" })] });
    await rig.pass(120_000);
    expect(screen(rig)).toContain("Att betala");
    rig.display.show({ positions: [positionView(), positionView({ id: "2" })] });
    await rig.pass(2_000);
    expect(screen(rig)).toContain("Choose your pump");
  });
});

it("keys and answers about the size are told apart, however the wire divides them", () => {
  const sent = "1sS\x1b[24;80Rc\x1b[A\x1b[1;2R\x1bOQn\x1b[15~\x1b[100;200Re";
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lengths) => {
      const { heard, push } = reader();
      for (let at = 0, turn = 0; at < sent.length; turn++) {
        const length = lengths[turn % lengths.length] ?? 1;
        push(sent.slice(at, at + length));
        at += length;
      }
      expect(heard).toEqual(["1", "s", "s", "80x24", "c", "n", "200x100", "e"]);
    }),
  );
});

it("any bytes leave little behind, and the next key is heard", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }), async (chunks) => {
      const { heard, push, time } = reader();
      for (const chunk of chunks) push(chunk);
      while (await time.step());
      push("s");
      expect(heard.at(-1)).toBe("s");
    }),
    { numRuns: 200 },
  );
});

function reader(): { heard: string[]; push: (bytes: string | Uint8Array) => void; time: VirtualTime } {
  const time = new VirtualTime(0);
  const heard: string[] = [];
  const keys = new KeyReader(clockOf(time, { number: 1, alive: true }), {
    key: (key) => heard.push(key),
    size: (columns, rows) => heard.push(`${columns}x${rows}`),
  });
  return { heard, time, push: (bytes) => keys.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes) };
}

async function showing(name: keyof typeof VIEWS): Promise<TerminalRig> {
  const rig = await terminalRig({ locales: ["en"] });
  rig.display.show({ positions: [VIEWS[name]()] });
  await rig.pass(200);
  return rig;
}

async function board(...ids: readonly string[]): Promise<TerminalRig> {
  const rig = await terminalRig({ locales: ["en", "sv"] });
  rig.display.show({ positions: ids.map((id) => positionView({ id })) });
  await rig.pass(200);
  return rig;
}

function screen(rig: TerminalRig): string {
  return textOf(rig.wire().emulator);
}
