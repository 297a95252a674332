import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileStore } from "../../../src/devices/parts/register-file.ts";
import { openS0Charger, type S0ChargerSettings } from "../../../src/devices/s0/s0.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { dispenserContract } from "../../contract/dispenser.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { type SimulatedLines, simulatedLines } from "../../support/gpio-lines.ts";
import { SILENT } from "../../support/silent-log.ts";
import { SimulatedPump } from "../../support/simulated-pump.ts";
import { tempFolder } from "../../support/temp.ts";

const CHARGER: S0ChargerSettings = {
  registerPath: "",
  pulsesPerUnit: 1_000,
  basePerUnit: 1_000,
  maxPulsesPerSecond: 30,
  overrunPulses: 1,
  settleMs: 500,
  lines: { contactor: { line: "contactor" }, meter: { line: "s0" }, plug: { line: "plug" }, alive: { line: "alive" } },
};

/** 22 kW at 1,000 impulses for a kilowatt-hour, on a real file. */
async function charger(
  folder: string,
  settings: Partial<S0ChargerSettings> = {},
): Promise<{
  driven: DrivenTime;
  lines: SimulatedLines;
  meter: SimulatedPump;
  open(): Promise<Dispenser>;
  dispenser: Dispenser;
}> {
  const driven = new DrivenTime();
  const lines = simulatedLines();
  const meter = new SimulatedPump(driven.time, lines, {
    motor: null,
    slow: "contactor",
    fast: null,
    pulserA: "s0",
    pulserB: null,
    slowPps: 6.1,
    fastPps: 0,
    closingMs: 30,
  });
  let clock = driven.clock;
  const all = { ...CHARGER, ...settings };
  const open = async (): Promise<Dispenser> => {
    const store = fileStore(join(folder, "register"));
    return driven.driven(await driven.settle(openS0Charger(all, lines.gpio, clock, SILENT, store)));
  };
  const dispenser = await open();
  lines.drive("plug", true);
  const reopen = async (): Promise<Dispenser> => {
    clock = driven.nextLife();
    lines.crash();
    return await open();
  };
  return { driven, lines, meter, dispenser, open: reopen };
}

dispenserContract("S0 charger, register on a real file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-register-"));
  const { driven, dispenser } = await charger(folder);
  await dispenser.stop();
  return {
    dispenser,
    pass: (ms) => driven.pass(ms),
    patienceMs: 15_000,
    smallLimitBase: 40,
    shortfallBase: 3,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

describe("an S0 charger", () => {
  it("closes its contactor when armed and plugged in, and a plug pulled out ends the charge", async () => {
    const { driven, lines, meter, dispenser } = await charger(tempFolder());
    const events: DispenserEvent[] = [];
    dispenser.listen((event) => events.push(event));
    lines.drive("plug", false);
    await dispenser.arm(1_000);
    await driven.pass(5_000);
    expect(lines.level("contactor")).toBe(false);
    lines.drive("plug", true);
    await driven.pass(10_000);
    expect(lines.level("contactor")).toBe(true);
    lines.drive("plug", false);
    await driven.pass(2_000);
    expect(lines.level("contactor")).toBe(false);
    expect(events.filter(({ type }) => type === "finished")).toHaveLength(1);
    expect(await dispenser.totaliser()).toMatchObject({ value: meter.flowed });
    expect(meter.flowed).toBeGreaterThan(50);
  });

  it("goes on giving readings when the car takes nothing, and leaves the end to the sale", async () => {
    const { driven, lines, meter, dispenser } = await charger(tempFolder());
    const events: DispenserEvent[] = [];
    dispenser.listen((event) => events.push(event));
    await dispenser.arm(1_000);
    meter.squeeze = 0;
    await driven.pass(60_000);
    expect(lines.level("contactor")).toBe(true);
    expect(events.filter(({ type }) => type === "reading").length).toBeGreaterThan(200);
    expect(events.filter(({ type }) => type !== "reading")).toEqual([]);
  });

  it("charges every impulse of a charge in which the daemon was killed", async () => {
    for (const ms of [10, 700, 3_000, 6_000]) {
      const rig = await charger(tempFolder());
      await rig.dispenser.arm(1_000);
      await rig.driven.pass(ms);
      const again = await rig.open();
      expect((await again.stop()).kind).toBe("done");
      expect(await again.totaliser()).toMatchObject({ value: rig.meter.flowed });
    }
  });

  it.each([
    ["three edges for each pulse at half its power", 2, 3],
    ["two edges for each pulse at half its power", 1, 3],
  ])("is ended by %s, and charges no more than flowed", async (_what, noise, powerPps) => {
    const rig = await charger(tempFolder(), { maxPulsesPerSecond: 9.2 });
    const events: DispenserEvent[] = [];
    rig.dispenser.listen((event) => events.push(event));
    rig.meter.squeeze = powerPps / 6.1;
    rig.meter.noiseA = noise;
    await rig.dispenser.arm(1_000);
    await rig.driven.pass(30_000);
    const faults = events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
    expect(faults).toEqual([expect.stringMatching(/several edges for a pulse.*check its cable.*restart the daemon/)]);
    expect(rig.lines.level("contactor")).toBe(false);
    const again = await rig.open();
    expect((await again.stop()).kind).toBe("done");
    const counted = await again.totaliser();
    expect(counted).toMatchObject({ kind: "done" });
    if (counted.kind === "done") expect(counted.value).toBeLessThanOrEqual(rig.meter.flowed);
    // Three bursts are enough: nothing went on for long.
    expect(rig.meter.flowed).toBeLessThan(20);
  });

  it("bears an edge too many now and then, and does not charge it", async () => {
    const rig = await charger(tempFolder(), { maxPulsesPerSecond: 9.2 });
    const events: DispenserEvent[] = [];
    rig.dispenser.listen((event) => events.push(event));
    await rig.dispenser.arm(100_000);
    for (let minute = 0; minute < 10; minute++) {
      rig.lines.pulse("s0", 3);
      await rig.driven.pass(60_000);
    }
    expect(events.filter(({ type }) => type === "fault-raised")).toEqual([]);
    const counted = await rig.dispenser.totaliser();
    if (counted.kind !== "done") throw new Error(counted.detail);
    expect(counted.value - rig.meter.flowed).toBeLessThanOrEqual(10);
    expect(counted.value).toBeGreaterThanOrEqual(rig.meter.flowed - 10);
  });

  it("opens no more than an impulse or two before its limit, and never after", async () => {
    const { driven, dispenser } = await charger(tempFolder());
    for (let n = 0; n < 4; n++) {
      const before = await dispenser.totaliser();
      await dispenser.arm(60);
      await driven.pass(15_000);
      await dispenser.stop();
      const after = await dispenser.totaliser();
      if (before.kind !== "done" || after.kind !== "done") throw new Error("unread");
      expect(after.value - before.value).toBeLessThanOrEqual(60);
      expect(after.value - before.value).toBeGreaterThanOrEqual(57);
    }
  });
});
