import { describe, expect, it } from "vitest";
import { positionView, VIEWS } from "../../support/views.ts";
import type { Emulator } from "./emulator.ts";
import { hasFigure, textOf } from "./picture.ts";
import { terminalRig } from "./support.ts";

/** A whole screen, at most. */
const MOST_BYTES = 6_000;

describe("without flicker", () => {
  it("a reading of the meter rewrites the digits that changed, and nothing else", async () => {
    const rig = await terminalRig();
    const wire = rig.wire();
    rig.display.show({ positions: [VIEWS.live()] });
    await rig.pass(200);
    const { clears } = wire.emulator;
    const [writes, bytes] = [wire.writes.length, wire.writtenBytes];
    const before = cells(wire.emulator);
    rig.display.show({ positions: [{ ...VIEWS.live(), quantity: "12.346", amount: "245.56" }] });
    await rig.pass(200);
    const changed = cells(wire.emulator).filter((cell, at) => cell !== before[at]).length;
    expect(hasFigure(wire.emulator, "12,346 L") && hasFigure(wire.emulator, "245,56 kr")).toBe(true);
    expect(wire.emulator.clears).toBe(clears);
    expect(wire.writes.length - writes).toBe(1);
    expect(changed).toBeLessThan(20);
    expect(wire.writtenBytes - bytes).toBeLessThan(120);
  });

  it("nothing is written while nothing changes", async () => {
    const rig = await terminalRig();
    rig.display.show({ positions: [positionView()] });
    await rig.pass(1_000);
    const bytes = rig.wire().writtenBytes;
    for (let second = 0; second < 30; second++) {
      rig.display.show({ positions: [positionView()] });
      await rig.pass(1_000);
    }
    expect(rig.wire().writtenBytes).toBe(bytes);
  });

  it("a countdown costs a few bytes a second, and needs no new view", async () => {
    const rig = await terminalRig({ locales: ["en"] });
    rig.display.show({ positions: [VIEWS.scan()] });
    await rig.pass(1_000);
    const bytes = rig.wire().writtenBytes;
    const left = /Time left 1:(\d\d)/.exec(textOf(rig.wire().emulator))?.[1];
    await rig.pass(10_000);
    expect(textOf(rig.wire().emulator)).toContain(`Time left 1:${Number(left) - 10}`);
    expect(rig.wire().writtenBytes - bytes).toBeLessThan(10 * 20);
  });

  it("the screen is emptied once for each screen", async () => {
    const rig = await terminalRig();
    const { emulator } = rig.wire();
    const { clears } = emulator;
    for (const view of [VIEWS.choose, VIEWS.scan, VIEWS.confirm, VIEWS.begin, VIEWS.live, VIEWS["live-dear"]]) {
      rig.display.show({ positions: [view()] });
      await rig.pass(3_000);
    }
    expect(emulator.clears - clears).toBe(5);
  });

  it("is drawn again each minute, for what somebody else wrote there, without being emptied", async () => {
    const rig = await terminalRig({ locales: ["en"] });
    const { emulator } = rig.wire();
    rig.display.show({ positions: [VIEWS.choose()] });
    await rig.pass(1_000);
    const { clears } = emulator;
    emulator.write(Buffer.from("\x1b[3;1H\x1b[0moom-killer: here"));
    expect(textOf(emulator)).toContain("oom-killer");
    await rig.pass(61_000);
    expect(textOf(emulator)).not.toContain("oom-killer");
    expect(emulator.clears).toBe(clears);
  });
});

describe("a frame", () => {
  it("is written at most ten times a second, and the last view is what is seen", async () => {
    const rig = await terminalRig();
    const writes = rig.wire().writes.length;
    for (let reading = 1; reading <= 500; reading++) {
      rig.display.show({ positions: [{ ...VIEWS.live(), quantity: `${reading}.000` }] });
      await rig.pass(10);
    }
    await rig.pass(200);
    expect(rig.wire().writes.length - writes).toBeLessThanOrEqual(52);
    expect(rig.wire().writes.length - writes).toBeGreaterThanOrEqual(48);
    expect(hasFigure(rig.wire().emulator, "500,000 L")).toBe(true);
  });

  it("is left out while the terminal has not taken the one before", async () => {
    const rig = await terminalRig();
    const wire = rig.wire();
    wire.isHeld = true;
    rig.display.show({ positions: [VIEWS.choose()] });
    await rig.pass(100);
    const writes = wire.writes.length;
    for (let reading = 1; reading <= 100; reading++) {
      rig.display.show({ positions: [{ ...VIEWS.live(), quantity: `${reading}.000` }] });
      await rig.pass(50);
      expect(wire.writableLength).toBeLessThan(MOST_BYTES);
    }
    expect(wire.writes.length).toBe(writes);
    wire.letGo();
    await rig.pass(200);
    expect(wire.writes.length).toBe(writes + 1);
    expect(hasFigure(wire.emulator, "100,000 L")).toBe(true);
  });

  it.each(Object.entries(VIEWS))("of %s is small", async (_, view) => {
    const rig = await terminalRig();
    rig.display.show({ positions: [view()] });
    await rig.pass(200);
    expect(Math.max(...rig.wire().writes.map(({ length }) => length))).toBeLessThan(MOST_BYTES);
  });
});

function cells(emulator: Emulator): readonly string[] {
  return Array.from({ length: 80 * 24 }, (_, at) => JSON.stringify(emulator.cell(at % 80, Math.floor(at / 80))));
}
