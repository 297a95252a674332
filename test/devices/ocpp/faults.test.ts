import { describe, expect, it } from "vitest";
import { CREEP_WH } from "../../../src/devices/ocpp/account.ts";
import { FAULTS } from "../../../src/devices/ocpp/faults.ts";
import type { Quirk } from "../../../src/devices/ocpp/simulator/quirks.ts";
import { runs, seeds } from "../../support/sample.ts";
import { calls, type Path, Rig, type RigOptions, STRAIGHT } from "./rig.ts";

const LIMIT_WH = 2_000;
/** What 11 kW are in a sample's interval, and a moment. */
const INTERVAL_WH = 18;

async function chargingRig(options: RigOptions = {}, givenWh = 300): Promise<Rig> {
  const rig = await new Rig({ isPlugged: true, ...options }).ready();
  expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
  await rig.until(() => rig.charger.releasedBase() >= givenWh, "it charges");
  return rig;
}

function faultsOf({ events }: Rig): readonly string[] {
  const raised = events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
  return raised.filter((detail) => detail !== FAULTS.coming());
}

function strayOf({ events }: Rig): readonly (number | null)[] {
  return events.flatMap((event) => (event.type === "unaccounted" ? [event.quantityBase] : []));
}

function has({ events }: Rig, type: string): () => boolean {
  return () => events.some((event) => event.type === type);
}

/** Whether it can be sold from now: nothing stands against it. */
function isWell({ events }: Rig): () => boolean {
  return () => events.filter(({ type }) => type.startsWith("fault")).at(-1)?.type === "fault-cleared";
}

interface Trouble {
  readonly options?: RigOptions;
  /** What happens to it, and is over by the end. */
  happen(rig: Rig): Promise<void>;
  readonly fault?: RegExp;
  /** By how much less than what flowed may be billed. */
  readonly lostWh?: number;
}

/** Acts, waits, and acts the same again: a fault that comes and goes. */
function passing(action: string, ms: number): Trouble["happen"] {
  return async (rig) => {
    rig.charger.act(action);
    await rig.pass(ms);
    rig.charger.act(action);
    await rig.pass(1_000);
  };
}

function once(action: string): Trouble["happen"] {
  return async (rig) => {
    rig.charger.act(action);
    await rig.pass(5_000);
  };
}

function quirky(...quirks: Quirk[]): RigOptions {
  return { quirks };
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  "says and answers nothing for a while": { happen: passing("mute", 60_000), fault: /no meter readings/ },
  "tells no meter unless it is asked": { happen: passing("no-samples", 60_000) },
  "loses its connection for a moment": { happen: passing("offline", 3_000) },
  "loses its connection for minutes": { happen: passing("offline", 300_000), fault: /not connected/ },
  "loses power, and says it afterwards": { happen: once("reboot"), fault: /restarted/ },
  "loses power, and its register survives": { happen: once("reboot-forgets"), fault: /restarted/, lostWh: 1 },
  "loses power and its register, and says it afterwards": {
    options: quirky("register-resets"),
    happen: once("reboot"),
    fault: /restarted/,
  },
  "loses power and its register, and says nothing": {
    options: quirky("register-resets"),
    happen: once("reboot-forgets"),
    fault: /restarted/,
    lostWh: INTERVAL_WH,
  },
  "loses its connection, then its power": {
    happen: async (rig) => {
      rig.charger.act("offline");
      await rig.pass(60_000);
      rig.charger.act("reboot");
      await rig.pass(5_000);
      rig.charger.act("offline");
    },
    fault: /not connected/,
  },
  "has a ground fault": { happen: passing("ground-fault", 30_000), fault: /Faulted, GroundFailure/ },
  "is stopped by its own button": { happen: once("emergency") },
  "does not stop when told": {
    happen: async (rig) => {
      rig.charger.act("weld");
      await rig.settle(rig.dispenser.stop());
    },
    fault: /does not stop/,
  },
  "has its clock set by a day": {
    happen: async (rig) => {
      rig.time.wallErrorMs = -86_400_000;
      await rig.pass(30_000);
    },
  },
};

describe("a charger in trouble: what flowed is billed, and sells again", () => {
  it.each(Object.keys(TROUBLES))("%s", async (name) => {
    const trouble = TROUBLES[name] as Trouble;
    const rig = await chargingRig(trouble.options);
    await trouble.happen(rig);
    const billedWh = await rig.total();
    const flowedWh = rig.charger.releasedBase();
    expect(billedWh).toBeLessThanOrEqual(flowedWh);
    expect(billedWh).toBeGreaterThanOrEqual(flowedWh - (trouble.lostWh ?? 0));
    expect(faultsOf(rig).join("\n")).toMatch(trouble.fault ?? /^$/);
    expect(strayOf(rig)).toEqual([]);
    rig.charger.act("unplug");
    await rig.until(isWell(rig), "it is well");
    const before = await rig.total();
    const armed = rig.dispenser.arm(LIMIT_WH);
    rig.charger.act("plug-in");
    expect(await rig.settle(armed)).toMatchObject({ kind: "done" });
    await rig.until(() => rig.charger.releasedBase() > flowedWh + 200, "the second charge");
    rig.charger.act("unplug");
    expect((await rig.total()) - before).toBe(rig.charger.releasedBase() - flowedWh);
  });

  it("is not armed while something stands against it, nor while it is away", async () => {
    const rig = await new Rig({ isPlugged: true }).ready();
    rig.charger.act("ground-fault");
    await rig.pass(1_000);
    expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "declined", detail: /GroundFailure/ });
    rig.charger.act("ground-fault");
    await rig.pass(1_000);
    rig.charger.act("offline");
    await rig.pass(1_000);
    expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "declined" });
    expect(await rig.settle(rig.dispenser.totaliser())).toMatchObject({ kind: "unknown" });
    rig.charger.act("offline");
    await rig.pass(2_500);
    expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "declined", detail: /not come yet/ });
    await rig.pass(30_000);
    expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
    expect(await rig.arm(50)).toMatchObject({ kind: "declined", detail: /too low/ });
  });
});

describe("what nobody was told to give", () => {
  it.each<[string, RigOptions]>([
    ["is refused and told when it starts by itself", {}],
    ["is refused and told when it does so whenever a car comes", quirky("free-vend")],
    ["is stopped and told when it does not heed the refusal", { refusedKeys: ["StopTransactionOnInvalidId"] }],
  ])("%s", async (_, options) => {
    const rig = await new Rig(options).ready();
    rig.downward = (text) => [{ text, afterMs: 5_000 }];
    rig.charger.act("plug-in");
    if (options.quirks === undefined) rig.charger.act("start-alone");
    await rig.until(has(rig, "unaccounted"), "it is told");
    expect(strayOf(rig)).toEqual([rig.charger.releasedBase()]);
    expect(faultsOf(rig)).toContainEqual(expect.stringMatching(/without having been told/));
    await rig.until(isWell(rig), "it is well");
    expect(await rig.total()).toBe(rig.charger.releasedBase());
  });

  it("goes on after an emergency stop, is stopped, and is nobody's: the sale pays what it was told", async () => {
    const rig = await chargingRig(quirky("emergency-goes-on"));
    rig.charger.act("emergency");
    await rig.until(has(rig, "finished"), "the end");
    const soldWh = rig.charger.releasedBase();
    expect(rig.events.findLast(({ type }) => type === "reading")).toMatchObject({ totaliserBase: soldWh });
    await rig.until(() => rig.charger.meter.powerW === 0, "it is stopped");
    await rig.pass(60_000);
    const strayWh = strayOf(rig).reduce<number>((sum, wh) => sum + (wh ?? 0), 0);
    expect(strayWh).toBeLessThanOrEqual(rig.charger.releasedBase() - soldWh);
    expect(strayWh).toBeGreaterThanOrEqual(rig.charger.releasedBase() - soldWh - CREEP_WH - INTERVAL_WH);
    expect(calls(rig.sent, "ChangeAvailability")).toContainEqual({ connectorId: 1, type: "Inoperative" });
    await rig.until(isWell(rig), "it is well");
    expect(calls(rig.sent, "ChangeAvailability").at(-1)).toEqual({ connectorId: 1, type: "Operative" });
  });

  it("is not sold by a register in kilowatt-hours of which nobody has said so: a person decides", async () => {
    const rig = await chargingRig(quirky("kwh-as-wh"), 50);
    await rig.until(has(rig, "finished"), "the end at the limit, by its power");
    expect(rig.charger.releasedBase()).toBeLessThanOrEqual(LIMIT_WH);
    expect(await rig.finish()).toMatchObject({ kind: "declined", reason: "disputed", detail: /registerUnit: kWh/ });
    expect(await rig.finish()).toMatchObject({ kind: "done" });
  });
});

describe("a charger that somebody could start while the kiosk is away", () => {
  const GUARDS = ["LocalPreAuthorize", "LocalAuthorizeOffline", "AllowOfflineTxForUnknownId"];

  it.each(GUARDS)("sells nothing while it refuses %s, and says what to set by hand", async (key) => {
    const rig = await new Rig({ isPlugged: true, refusedKeys: [key] }).ready();
    expect(faultsOf(rig).at(-1)).toMatch(new RegExp(`set ${key}=false .* by hand`));
    expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "declined" });
  });

  it("sells when somebody has set it by hand", async () => {
    const rig = await new Rig({ isPlugged: true, refusedKeys: GUARDS, setByHand: GUARDS }).ready();
    expect(await rig.arm(LIMIT_WH)).toMatchObject({ kind: "done" });
  });

  it("is told only what differs, and all of it again when it has started anew", async () => {
    const rig = await new Rig({ isPlugged: true }).ready();
    const first = calls(rig.sent, "ChangeConfiguration").length;
    expect(first).toBeGreaterThan(8);
    rig.charger.act("reboot");
    await rig.pass(30_000);
    expect(calls(rig.sent, "GetConfiguration")).toHaveLength(2);
    expect(calls(rig.sent, "ChangeConfiguration")).toHaveLength(first);
  });
});

/** Each message on its way is as it should be, but for one kind of damage by turns of a seeded chance. */
function noisy(seed: number, kinds: readonly ("lost" | "twice" | "late" | "cut" | "absurd")[], oneIn: number): Path {
  let state = seed >>> 0 || 1;
  const chance = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return (text) => {
    const plain = { text, afterMs: 20 };
    const kind = chance(oneIn) === 0 ? kinds[chance(kinds.length)] : undefined;
    switch (kind) {
      case undefined:
        return [plain];
      case "lost":
        return [];
      case "twice":
        return [plain, { text, afterMs: 40 + chance(4_000) }];
      case "late":
        return [{ text, afterMs: 20 + chance(15_000) }];
      case "cut":
        return [{ text: text.slice(0, chance(text.length)), afterMs: 20 }];
      case "absurd":
        return [{ text: ABSURD[chance(ABSURD.length)] ?? "", afterMs: 10 }, plain];
    }
  };
}

const METER = '"meterValue":[{"timestamp":"x","sampledValue":[{"value":"99999999","unit":"Wh"}]}]';
const ABSURD = [
  "",
  "[]",
  "[2]",
  "null",
  '[2,"",""]',
  '[2,"a","Nonsense",{}]',
  '[3,"nobody-asked",{"status":"Accepted"}]',
  '[4,"q-1","InternalError","",{}]',
  `[2,"b","MeterValues",{"connectorId":1,${METER}}]`,
  '[2,"c","MeterValues",{"connectorId":1,"meterValue":[{"sampledValue":[{"value":"-5"},{"value":"NaN"}]}]}]',
  '[2,"d","MeterValues",{"connectorId":7,"transactionId":12,"meterValue":"none"}]',
  '[2,"e","StatusNotification",{"connectorId":"one"}]',
  '[2,"f","StartTransaction",null]',
  '[2,"g","Authorize",{"idTag":7}]',
];

describe("noise on the way", () => {
  const SEEDS = seeds("ocpp noise", runs(12, 400));
  const drawn = (["lost", "twice", "late", "cut", "absurd"] as const).flatMap((kind) =>
    SEEDS.map((seed) => [kind, seed] as const),
  );
  /** In these the message of the end was lost each time, and the first reading that was asked for too. */
  const UNSAID = [
    ["cut", 1_688_223_905],
    ["cut", 1_688_730_721],
    ["lost", 1_688_738_640],
  ] as const;

  it.each([...UNSAID, ...drawn])(
    "messages %s (seed %i): never another quantity than what flowed",
    async (kind, seed) => {
      const rig = await chargingRig({}, 50);
      rig.upward = noisy(seed, [kind], 6);
      rig.downward = noisy(seed + 1, kind === "absurd" ? ["late"] : [kind], 6);
      await rig.pass(90_000);
      rig.charger.act("unplug");
      await rig.pass(60_000);
      rig.upward = STRAIGHT;
      rig.downward = STRAIGHT;
      const reading = await rig.finish(200);
      if (reading.kind === "declined") expect(reading.reason).toBe("disputed");
      else expect(reading).toEqual({ kind: "done", value: rig.charger.releasedBase() });
    },
  );
});
