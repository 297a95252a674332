import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../src/devices/ocpp/faults.ts";
import { isQuirk, QUIRKS, type Quirk } from "../../../src/devices/ocpp/simulator/quirks.ts";
import type { DispenserEvent } from "../../../src/ports/dispenser.ts";
import { calls, Rig, type RigOptions } from "./rig.ts";

const LIMIT_WH = 2_000;

interface Sold {
  readonly rig: Rig;
  /** What the totaliser says of two deliveries in a row, the second of them ended at the plug. */
  readonly billedWh: readonly number[];
  /** What truly flowed in each. */
  readonly flowedWh: readonly number[];
}

function unaccounted(events: readonly DispenserEvent[]): readonly (number | null)[] {
  return events.flatMap((event) => (event.type === "unaccounted" ? [event.quantityBase] : []));
}

function faults(events: readonly DispenserEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
}

/** Sells twice: once to the limit, once until the car is unplugged. */
async function sell(quirk: Quirk, options: RigOptions = {}): Promise<Sold> {
  const rig = await new Rig({ quirks: [quirk], ...options }).ready();
  await rig.pass(60_000);
  const billedWh: number[] = [];
  const flowedWh: number[] = [];
  for (const isUnplugged of [false, true]) {
    const before = await rig.total();
    const flowed = rig.charger.releasedBase();
    const isFinished = has(rig, "finished");
    const armed = rig.dispenser.arm(LIMIT_WH);
    await rig.pass(1_000);
    rig.charger.act("plug-in");
    expect(await rig.settle(armed)).toMatchObject({ kind: "done" });
    if (isUnplugged) {
      await rig.until(() => rig.charger.releasedBase() - flowed > 500, "it charges");
      rig.charger.act("unplug");
    }
    await rig.until(isFinished, "the end");
    billedWh.push((await rig.total()) - before);
    flowedWh.push(rig.charger.releasedBase() - flowed);
    rig.charger.act("unplug");
    await rig.pass(30_000);
  }
  return { rig, billedWh, flowedWh };
}

function has(rig: Rig, type: DispenserEvent["type"]): () => boolean {
  const told = rig.events.length;
  return () => rig.events.slice(told).some((event) => event.type === type);
}

/** What more is to be said of one, and how its charger is configured. */
const APART: Readonly<Partial<Record<Quirk, { readonly options?: RigOptions; check?(sold: Sold): void }>>> = {
  "kwh-as-wh": { options: { settings: { scale: 1_000 } } },
  "boot-loop": { check: ({ rig }) => expect(calls(rig.heard, "BootNotification")).toHaveLength(1) },
  "no-boot": {
    check: ({ rig }) => {
      expect(calls(rig.sent, "TriggerMessage")[0]).toEqual({ requestedMessage: "BootNotification" });
    },
  },
  "reboots-on-many": { check: ({ rig }) => expect(calls(rig.heard, "BootNotification")).toHaveLength(1) },
  "refuses-measurands": {
    check: ({ rig }) => {
      expect(rig.events).toContainEqual({
        type: "warning-raised",
        detail: expect.stringContaining("MeterValuesSampled"),
      });
    },
  },
  "says-twice": {
    check: ({ rig }) => {
      expect(calls(rig.heard, "StartTransaction")).toHaveLength(4);
      const answers = rig.sent.flatMap((frame) => {
        const { transactionId } = (frame.kind === "result" ? frame.payload : {}) as { transactionId?: number };
        return transactionId === undefined ? [] : [transactionId];
      });
      expect(answers).toHaveLength(4);
      expect(new Set(answers).size).toBe(2);
    },
  },
  "hex-tags-only": {
    check: ({ rig }) => {
      const tags = calls(rig.sent, "RemoteStartTransaction").map(({ idTag }) => idTag);
      expect(new Set(tags).size).toBe(2);
      for (const tag of tags) expect(tag).toMatch(/^[\dA-F]{20}$/);
    },
  },
  "forgets-start": {
    // It was told to begin only when there was a car.
    check: ({ rig }) => expect(calls(rig.sent, "RemoteStartTransaction")).toHaveLength(2),
  },
  "needs-connector": {
    check: ({ rig }) => {
      for (const call of calls(rig.sent, "RemoteStartTransaction")) expect(call).toHaveProperty("connectorId", 1);
    },
  },
  "zero-ends": {
    check: ({ rig }) => {
      const profiles = JSON.stringify(calls(rig.sent, "SetChargingProfile"));
      expect(profiles).toContain('"limit":6');
      expect(profiles).not.toContain('"limit":0');
    },
  },
  "relative-watts-only": { options: { settings: { slow: { unit: "W", kind: "Relative" } } } },
  "availability-disturbs": { check: ({ rig }) => expect(calls(rig.sent, "ChangeAvailability")).toEqual([]) },
  "no-trigger-storm": { check: ({ rig }) => expect(calls(rig.heard, "BootNotification")).toHaveLength(1) },
  "creeps-after-stop": { check: ({ rig }) => expect(unaccounted(rig.events)).toEqual([]) },
};

/** The amount is not that of two ordinary deliveries, or the quirk is one of the connection. */
const ELSEWHERE: readonly Quirk[] = ["no-subprotocol", "free-vend", "emergency-goes-on"];
const HERE = Object.keys(QUIRKS).filter((name) => isQuirk(name) && !ELSEWHERE.includes(name)) as Quirk[];

describe("a charger that has its own way: every watt-hour is billed, and none that did not flow", () => {
  it("has 29 of them", () => {
    expect(Object.keys(QUIRKS)).toHaveLength(29);
  });

  it.each(HERE)("%s", async (quirk) => {
    const { options, check } = APART[quirk] ?? {};
    const sold = await sell(quirk, options);
    const { billedWh, flowedWh, rig } = sold;
    expect(flowedWh[0]).toBeGreaterThan(LIMIT_WH / 2);
    for (const [index, flowed] of flowedWh.entries()) {
      expect(flowed).toBeLessThanOrEqual(LIMIT_WH);
      expect(Math.abs((billedWh[index] ?? 0) - flowed)).toBeLessThanOrEqual(1);
    }
    expect(faults(rig.events)).toEqual([FAULTS.coming()]);
    expect(unaccounted(rig.events)).toEqual([]);
    check?.(sold);
    await rig.charger.close();
  });
});
