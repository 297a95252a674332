import { describe, expect, it } from "vitest";
import type { DispenserEvent } from "../../../src/ports/dispenser.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { needs } from "../../support/components.ts";
import { tempFolder } from "../../support/temp.ts";
import { type Driven, makeRig, type Rig, type RigOptions, SETTINGS, totaliser } from "./rig.ts";

knowEachTest();

const LIMIT_WH = 80;
/** So that kilowatt-hours take seconds. */
const HUGE: RigOptions = {
  carPowerW: 600_000,
  supplyV: 60_000,
  settings: { currentA: 32, maxPowerW: 640_000, bootLock: "expected" },
};

async function rigOf(options: RigOptions = {}): Promise<Rig> {
  const rig = await makeRig(tempFolder(), "charger", options);
  atEnd(rig.remove);
  return rig;
}

/** Armed and charging, and seen by the driver to have given some watt-hours. */
async function chargingRig(limitWh = LIMIT_WH, options: RigOptions = {}, givenWh = 3): Promise<Rig> {
  const rig = await rigOf(options);
  expect(await rig.dispenser.arm(limitWh)).toMatchObject({ kind: "done" });
  const isSeen = () => rig.events.some((event) => event.type === "reading" && event.totaliserBase >= givenWh);
  await rig.until(isSeen, "it charges");
  return rig;
}

function faultsOf({ events }: Driven): string[] {
  return events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
}

function has({ events }: Driven, type: string): () => boolean {
  return () => events.some((event) => event.type === type);
}

function isOff({ charger }: Rig): boolean {
  return charger.state()["relayClosed"] === false;
}

describe.skipIf(!needs("socat", "/usr/bin/socat"))("a RAPI charger in trouble", { concurrent: true }, () => {
  it.each([
    ["is told nothing any more", "silent", /no answer/],
    ["answers without checksums", "no-checksum", /no answer/],
    // Late enough, it bears the id of the request that is under way by then, and answers that one wrongly.
    ["answers with another request's sequence id", "wrong-sequence", /no answer|the controller answers/],
    ["answers without sequence ids", "no-sequence", /without sequence ids/],
  ])("stops, and bills what flowed, when it %s", async (_, fault, detail) => {
    const rig = await chargingRig();
    rig.charger.act(fault);
    await rig.until(has(rig, "fault-raised"), "a fault");
    expect(faultsOf(rig)[0]).toMatch(detail);
    expect(await rig.dispenser.totaliser()).toMatchObject({ kind: "unknown" });
    rig.charger.act(fault);
    await rig.until(has(rig, "fault-cleared"), "the end of the fault");
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    expect(isOff(rig)).toBe(true);
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
    expect(has(rig, "unaccounted")()).toBe(false);
  });

  it.each([
    ["loses power", "reboot", /restarted|went back/],
    ["forgets its session", "session-reset", /went back/],
  ])("admits that it does not know when it %s, and can sell again after the next stop", async (_, fault, detail) => {
    const rig = await chargingRig(LIMIT_WH, {}, 20);
    rig.charger.act(fault);
    await rig.until(has(rig, "fault-raised"), "a fault");
    expect(faultsOf(rig)[0]).toMatch(detail);
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    expect(await rig.dispenser.totaliser()).toMatchObject({ kind: "declined", detail: /went back/ });
    expect(isOff(rig)).toBe(true);
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    await rig.until(has(rig, "fault-cleared"), "the end of the fault");
    const before = await totaliser(rig.dispenser);
    const released = rig.charger.releasedBase();
    expect(await rig.dispenser.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
    await rig.until(has(rig, "finished"), "the end of the second delivery");
    expect((await totaliser(rig.dispenser)) - before).toBe(rig.charger.releasedBase() - released);
  });

  it("stops at a ground fault, and sells again when the car is gone", async () => {
    const rig = await chargingRig();
    rig.charger.act("ground-fault");
    await rig.until(has(rig, "fault-raised"), "a fault");
    expect(faultsOf(rig)[0]).toMatch(/ground fault/);
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
    await rig.pass(3_000);
    expect(has(rig, "fault-cleared")()).toBe(false);
    rig.charger.act("unplug");
    await rig.until(has(rig, "fault-cleared"), "the end of the fault");
  });

  it("shows a welded relay at the next delivery, and never calls it stopped", async () => {
    const rig = await chargingRig();
    rig.charger.act("weld");
    await rig.dispenser.stop();
    await totaliser(rig.dispenser);
    expect(await rig.dispenser.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
    await rig.until(has(rig, "fault-raised"), "a fault");
    expect(faultsOf(rig)[0]).toMatch(/relay is stuck/);
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "unknown", detail: /relay is stuck/ });
    expect(has(rig, "fault-cleared")()).toBe(false);
    const later: DispenserEvent[] = [];
    rig.dispenser.listen((event) => later.push(event));
    expect(later).toEqual([{ type: "fault-raised", detail: expect.stringContaining("relay is stuck") }]);
  });

  it("stops a charger that begins by itself, and says how much it gave", async () => {
    const rig = await rigOf();
    expect(await totaliser(rig.dispenser)).toBe(0);
    rig.charger.act("start-alone");
    await rig.until(has(rig, "unaccounted"), "something unaccounted");
    await rig.until(has(rig, "fault-cleared"), "the end of the fault");
    expect(isOff(rig)).toBe(true);
    expect(rig.events.filter(({ type }) => type !== "reading")).toEqual([
      { type: "fault-raised", detail: expect.stringContaining("by itself") },
      { type: "unaccounted", quantityBase: rig.charger.releasedBase(), detail: expect.any(String) },
      { type: "fault-cleared" },
    ]);
  });

  it("tells of each time that a charger begins by itself, also when a stop finds it", async () => {
    const rig = await rigOf({ carReactsMs: 0 });
    const told = () => rig.events.flatMap((event) => (event.type === "unaccounted" ? [event.quantityBase ?? 0] : []));
    const cleared = () => rig.events.filter(({ type }) => type === "fault-cleared").length;
    const sum = () => told().reduce((all, quantityBase) => all + quantityBase, 0);
    await totaliser(rig.dispenser);
    for (const time of [1, 2, 3]) {
      rig.charger.act("start-alone");
      await rig.until(() => told().length === time, `the telling of time ${time}`);
      await rig.until(() => cleared() === time, `the end of fault ${time}`);
      expect([faultsOf(rig).length, sum()]).toEqual([time, rig.charger.releasedBase()]);
    }
    const isClosed = () => rig.charger.state()["relayClosed"] === true;
    rig.charger.act("start-alone");
    expect(isClosed()).toBe(true);
    await rig.dispenser.stop();
    await rig.until(() => cleared() === 4, "the end of the last fault");
    expect([told().length, sum()]).toEqual([4, rig.charger.releasedBase()]);
  });

  it("bills what a charger gives by itself to the sale that has not read its end, and to nobody else", async () => {
    const rig = await chargingRig();
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    await rig.pass(3_000);
    rig.charger.act("start-alone");
    await rig.until(() => isOff(rig), "the stop");
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
    await rig.pass(3_000);
    expect(has(rig, "unaccounted")()).toBe(false);
  });
});

describe.skipIf(!needs("socat", "/usr/bin/socat"))("a RAPI charger without a boot lock", { concurrent: true }, () => {
  const WITHOUT: RigOptions = { hasBootLock: false };
  const warnings = ({ events }: Driven): string[] =>
    events.flatMap((event) => (event.type === "warning-raised" ? [event.detail] : []));

  it("sells with a warning that says what to do, until its firmware has one", async () => {
    const rig = await rigOf(WITHOUT);
    await rig.until(has(rig, "warning-raised"), "the warning");
    expect(warnings(rig)).toEqual([expect.stringMatching(/no boot lock.*Install firmware.*or write bootLock/)]);
    expect(await rig.dispenser.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
    await rig.until(has(rig, "finished"), "the end");
    rig.charger.act("no-boot-lock");
    rig.charger.act("reboot");
    await rig.until(has(rig, "warning-cleared"), "the end of the warning");
  });

  it("is not warned of where the owner bears it", async () => {
    const rig = await rigOf({ ...WITHOUT, settings: { ...SETTINGS, bootLock: "not-available" } });
    expect(await rig.dispenser.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
    await rig.until(has(rig, "finished"), "the end");
    expect(has(rig, "warning-raised")()).toBe(false);
  });

  it("says what it gave before the daemon was up, though the first stop opens its relay at once", async () => {
    const rig = await rigOf({ ...WITHOUT, carReactsMs: 0 });
    await rig.kill();
    rig.charger.act("start-alone");
    await rig.until(() => rig.charger.releasedBase() > 20, "some energy");
    const next = rig.restart();
    atEnd(() => next.kill());
    while ((await next.dispenser.stop()).kind !== "done") await rig.pass(20);
    expect(isOff(rig)).toBe(true);
    const found = { type: "unaccounted", found: true, quantityBase: rig.charger.releasedBase() };
    expect(next.events.filter(({ type }) => type === "unaccounted")).toEqual([expect.objectContaining(found)]);
  });

  it("says what it gave before the daemon was up, and what it gives after a power cut in its sleep", async () => {
    const rig = await rigOf(WITHOUT);
    await rig.kill();
    rig.charger.act("start-alone");
    await rig.until(() => rig.charger.releasedBase() > 20, "some energy");
    const next = rig.restart();
    atEnd(() => next.kill());
    await rig.until(has(next, "unaccounted"), "what was found");
    const [found] = next.events.filter(({ type }) => type === "unaccounted");
    expect(found).toMatchObject({ found: true, quantityBase: rig.charger.releasedBase() });
    await totaliser(next.dispenser);
    rig.charger.act("reboot");
    await rig.until(() => next.events.filter(({ type }) => type === "unaccounted").length === 2, "the second");
    await rig.until(() => isOff(rig), "the stop");
    const [, second] = next.events.filter(({ type }) => type === "unaccounted");
    expect(second).not.toHaveProperty("found");
    expect((second as { quantityBase: number | null }).quantityBase ?? 1).toBeGreaterThan(0);
  });
});

describe.skipIf(!needs("socat", "/usr/bin/socat"))("a RAPI charger in use", { concurrent: true }, () => {
  it("is finished when the car is unplugged, and has counted its session once", async () => {
    const rig = await chargingRig();
    rig.charger.act("unplug");
    await rig.until(has(rig, "finished"), "the end");
    expect(rig.charger.state()).toMatchObject({ sessionWs: expect.any(Number), endedWh: rig.charger.releasedBase() });
    expect(rig.charger.state()["sessionWs"]).toBeGreaterThan(3_600);
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
    rig.charger.act("charge");
    await rig.pass(2_000);
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
  });

  it("waits for a car that is not there yet, and for one that pauses", async () => {
    const rig = await rigOf({ withCar: false });
    expect(await rig.dispenser.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
    await rig.pass(2_000);
    rig.charger.act("charge");
    await rig.until(() => rig.charger.releasedBase() >= 2, "it charges");
    rig.charger.act("car-full");
    await rig.pass(2_000);
    expect(has(rig, "finished")()).toBe(false);
    rig.charger.act("charge");
    await rig.until(has(rig, "finished"), "the end");
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
    expect(rig.charger.releasedBase()).toBeLessThanOrEqual(LIMIT_WH);
  });

  it("is not left enabled by an arm that a stop overtakes", async () => {
    for (const delayMs of [0, 5, 10, 20, 40, 80, 160]) {
      const rig = await rigOf();
      const armed = rig.dispenser.arm(LIMIT_WH);
      await rig.pass(delayMs);
      expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
      await armed;
      const stoppedBase = rig.charger.releasedBase();
      await rig.pass(1_500);
      expect([isOff(rig), rig.charger.releasedBase()]).toEqual([true, stoppedBase]);
    }
  });

  it("declines a limit that is used up before its relay opens", async () => {
    const rig = await rigOf();
    expect(await rig.dispenser.arm(37)).toMatchObject({ kind: "declined" });
  });

  it("goes on at 6 A when the daemon is killed, and is read and stopped by the next", async () => {
    const rig = await chargingRig(100);
    await rig.kill();
    await rig.until(() => rig.charger.state()["currentA"] === 6, "the lowered current");
    expect(rig.charger.state()["relayClosed"]).toBe(true);
    const next = rig.restart();
    atEnd(() => next.kill());
    await rig.until(() => isOff(rig), "the stop");
    expect(await next.dispenser.stop()).toMatchObject({ kind: "done" });
    expect(await totaliser(next.dispenser)).toBe(rig.charger.releasedBase());
    // It cannot know that a sale was interrupted: who does, takes what was found for that sale's.
    const told = next.events.filter(({ type }) => type === "unaccounted");
    expect(told).toEqual([expect.objectContaining({ found: true, quantityBase: rig.charger.releasedBase() })]);
  });

  it("stops below its limit by its own whole kilowatt-hours when no daemon comes back", async () => {
    const rig = await chargingRig(3_500, HUGE);
    await rig.until(() => rig.charger.state()["limitKwh"] === 3, "the charger's limit");
    await rig.kill();
    await rig.until(() => isOff(rig), "the stop");
    expect(rig.charger.releasedBase()).toBeGreaterThanOrEqual(3_000);
    expect(rig.charger.releasedBase()).toBeLessThan(3_500);
  });

  it("passes its own whole kilowatt-hours while the daemon lives", async () => {
    const rig = await chargingRig(3_900, HUGE);
    await rig.until(has(rig, "finished"), "the end");
    expect(rig.charger.releasedBase()).toBeGreaterThan(3_000 - 980);
    expect(rig.charger.releasedBase()).toBeLessThanOrEqual(3_900);
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
  });

  it("stops and is read after its cable was out", async () => {
    const rig = await chargingRig();
    await rig.unplug();
    await rig.until(has(rig, "fault-raised"), "a fault");
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "unknown" });
    await rig.until(() => rig.charger.state()["currentA"] === 6, "the lowered current");
    await rig.replug();
    await rig.until(() => isOff(rig), "the stop");
    await rig.until(has(rig, "fault-cleared"), "the end of the fault");
    expect(await rig.dispenser.stop()).toMatchObject({ kind: "done" });
    expect(await totaliser(rig.dispenser)).toBe(rig.charger.releasedBase());
  });
});
