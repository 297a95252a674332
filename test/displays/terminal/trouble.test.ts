import { describe, expect, it } from "vitest";
import { VIEWS } from "../../support/views.ts";
import { Emulator } from "./emulator.ts";
import { textOf } from "./picture.ts";
import { terminalRig, Wire } from "./support.ts";

describe("a terminal that is lost", () => {
  it("is told, opened again ever more rarely, and drawn anew", async () => {
    const rig = await terminalRig({ locales: ["en"] });
    rig.display.show({ positions: [VIEWS.choose()] });
    await rig.pass(500);
    expect(rig.problems).toEqual([null]);
    const failed: number[] = [];
    rig.control.open = () => {
      failed.push(rig.time.elapsedMs);
      throw new Error("EIO");
    };
    const lostMs = rig.time.elapsedMs;
    rig.wire().destroy(new Error("read EIO"));
    await rig.pass(120_000);
    expect(failed.map((atMs) => Math.round((atMs - lostMs) / 1_000))).toEqual([1, 3, 8, 18, 48, 78, 108]);
    expect(rig.problems.slice(1)).toEqual([
      "the terminal /dev/ttyTest shows nothing: read EIO",
      "the terminal /dev/ttyTest shows nothing: EIO",
    ]);
    const emulator = new Emulator();
    rig.control.open = () => new Wire(emulator);
    await rig.pass(31_000);
    expect(rig.problems.at(-1)).toBeNull();
    expect(textOf(emulator)).toContain("Choose a maximum");
    expect(emulator.modes.get("1049")).toBe(true);
  });

  it.each([
    ["hung up", (wire: Wire) => wire.push(null)],
    ["the device is gone", (wire: Wire) => wire.destroy()],
  ] as const)("is noticed when %s", async (why, lose) => {
    const rig = await terminalRig();
    const wire = rig.wire();
    lose(wire);
    await rig.pass(100);
    expect(rig.problems.at(-1)).toContain(why);
    expect(wire.isReleased && wire.destroyed).toBe(true);
    await rig.pass(1_500);
    expect(rig.problems.at(-1)).toBeNull();
    expect(rig.wires).toHaveLength(2);
  });

  it("takes no bytes for 10 s: that is told, until it does", async () => {
    const rig = await terminalRig();
    rig.wire().isHeld = true;
    rig.display.show({ positions: [VIEWS.choose()] });
    await rig.pass(9_000);
    expect(rig.problems).toEqual([null]);
    await rig.pass(2_000);
    expect(rig.problems.at(-1)).toContain("it takes no bytes");
    rig.wire().letGo();
    await rig.pass(100);
    expect(rig.problems.at(-1)).toBeNull();
  });

  it("is not written to, and nothing is kept for it", async () => {
    const rig = await terminalRig();
    const wire = rig.wire();
    rig.control.open = () => {
      throw new Error("no");
    };
    wire.destroy();
    await rig.pass(100);
    const writes = wire.writes.length;
    for (const view of Object.values(VIEWS)) rig.display.show({ positions: [view()] });
    await rig.pass(5_000);
    expect(wire.writes.length).toBe(writes);
  });
});

describe("what cannot be drawn", () => {
  it("is a problem and not the end, and is over with the next view", async () => {
    const rig = await terminalRig({ locales: ["en"] });
    rig.display.show({ positions: [{ ...VIEWS.choose(), currency: "no currency" }] });
    await rig.pass(200);
    expect(rig.problems.at(-1)).toContain("the screen cannot be drawn: RangeError");
    rig.display.show({ positions: [VIEWS.choose()] });
    await rig.pass(200);
    expect(rig.problems.at(-1)).toBeNull();
  });
});

describe("at its end", () => {
  it("the terminal is given back empty, as it was", async () => {
    const rig = await terminalRig();
    const wire = rig.wire();
    rig.display.show({ positions: [VIEWS.scan()] });
    await rig.pass(200);
    expect([...wire.emulator.modes]).toEqual([
      ["1049", true],
      ["25", false],
      ["7", false],
    ]);
    await rig.display.close();
    expect(textOf(wire.emulator)).toBe("");
    expect([...wire.emulator.modes]).toEqual([
      ["1049", false],
      ["25", true],
      ["7", true],
    ]);
    expect(wire.isReleased && wire.destroyed).toBe(true);
    rig.display.show({ positions: [VIEWS.scan()] });
    await rig.pass(70_000);
    expect(rig.wires).toHaveLength(1);
  });

  it("a terminal that takes no bytes is left within a second", async () => {
    const rig = await terminalRig();
    rig.wire().isHeld = true;
    rig.display.show({ positions: [VIEWS.scan()] });
    await rig.pass(200);
    let isClosed = false;
    void rig.display.close().then(() => {
      isClosed = true;
    });
    await rig.pass(1_100);
    expect(isClosed && rig.wire().destroyed).toBe(true);
  });
});
