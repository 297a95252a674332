import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { BenchDevice } from "../../src/devices/bench/device.ts";
import { noisyWire } from "../../src/devices/bench/noise.ts";
import { openSimulatorPort } from "../../src/devices/bench/port.ts";
import { openPty } from "../../src/devices/bench/pty.ts";
import { device } from "../../src/devices/parts/device.ts";
import { systemClock } from "../../src/platform/clock/clock.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { dispenserContract } from "../contract/dispenser.ts";
import { needs } from "../support/components.ts";
import { eventually } from "../support/daemon.ts";
import { siteOf } from "../support/site.ts";
import { tempFolder } from "../support/temp.ts";
import { simulator } from "./bench.ts";
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, LONGEST_LINE } from "./codec.ts";
import { tap } from "./config.ts";

/** Twenty times faster than in life. */
const SPEED = 20;
const RATE_ML_PER_S = 1_000;
const TAP = device(tap, { open: () => import("./open.ts") });
/** Polls end as soon as they can; this is for a busy machine. */
const SOON = { timeout: 10_000 };
interface Rig {
  readonly dispenser: Dispenser;
  readonly device: BenchDevice;
  readonly events: DispenserEvent[];
  remove(): Promise<void>;
}

async function makeRig(noise?: (bytes: Uint8Array) => Uint8Array): Promise<Rig> {
  const pty = await openPty(tempFolder(), "tap");
  const port = { ...simulator.line, path: pty.device, ...(noise === undefined ? {} : { noise }) };
  const device = simulator.start(await openSimulatorPort(port), SPEED);
  const keys = TAP.schema.parse({ driver: "tap", port: pty.host, pollInterval: "50ms", answerTimeout: "100ms" });
  const dispenser = await TAP.bind(keys).open(siteOf({ unit: "L" }, systemClock()));
  const events: DispenserEvent[] = [];
  dispenser.listen((event) => events.push(event));
  await eventually("the tap answers", async () => (await dispenser.totaliser()).kind === "done");
  return {
    dispenser,
    device,
    events,
    remove: async () => {
      await dispenser.close();
      await device.close();
      await pty.unplug();
    },
  };
}

async function rigOfTest(noise?: (bytes: Uint8Array) => Uint8Array): Promise<Rig> {
  const rig = await makeRig(noise);
  onTestFinished(() => rig.remove());
  return rig;
}

function types(events: readonly DispenserEvent[]): string[] {
  return events.map(({ type }) => type).filter((type) => type !== "reading");
}

describe("the tap's lines", () => {
  const answer = fc.oneof(
    fc.record({
      type: fc.constant("status" as const),
      state: fc.constantFrom("CLOSED" as const, "OPEN" as const, "DONE" as const, "JAMMED" as const),
      totalMl: fc.nat({ max: 999_999_999_999 }),
    }),
    fc.record({ type: fc.constant("refusal" as const), reason: fc.constantFrom("jammed", "already open") }),
  );
  const anyId = fc.integer({ min: 1, max: 999 });

  it.each([
    ["1 READ*03", { id: 1, request: { command: "READ" } }],
    ["7 ARM 5000*6C", { id: 7, request: { command: "ARM", limitMl: 5_000 } }],
    ["1 READ*00", undefined],
    ["1 READ", undefined],
    ["", undefined],
  ])("%j is read as %j", (line, request) => {
    expect(decodeRequest(line)).toEqual(request);
  });

  it("come back as they were sent", () => {
    fc.assert(
      fc.property(anyId, answer, (id, sent) => {
        expect(decodeAnswer(textOf(encodeAnswer(id, sent)), id)).toEqual(sent);
      }),
    );
  });

  it("are nothing with one character changed, and nothing to another request", () => {
    fc.assert(
      fc.property(anyId, answer, fc.nat(), fc.integer({ min: 1, max: 255 }), (id, sent, where, flip) => {
        const text = textOf(encodeAnswer(id, sent));
        const at = where % text.length;
        const broken = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1);
        expect(decodeAnswer(broken, id)).toBeUndefined();
        expect(decodeAnswer(text, id + 1)).toBeUndefined();
      }),
    );
  });

  it("are never longer than the framing takes", () => {
    const longest = { type: "status", state: "CLOSED", totalMl: 999_999_999_999 } as const;
    expect(encodeAnswer(999, longest).length).toBeLessThanOrEqual(LONGEST_LINE);
    expect(encodeRequest(999, { command: "ARM", limitMl: 999_999_999 }).length).toBeLessThanOrEqual(LONGEST_LINE);
  });
});

describe("a tap's configuration", () => {
  const keysOf = (given: object): object => ({ driver: "tap", port: "/dev/ttyU0", ...given });
  const position = { currency: "SEK", unit: "L", unitPrice: "1.00", noFlowTimeoutMs: 60_000 } as const;

  it("claims its port", () => {
    const { port } = TAP.bind(TAP.schema.parse(keysOf({})));
    expect(port).toEqual({ path: "/dev/ttyU0", alike: null, own: [] });
  });

  it.each([
    [{}, []],
    [{ pollInterval: "900ms" }, ["found 200ms, expected less than 100ms beside this pollInterval"]],
  ])("with %j has %j against it", (given, told) => {
    const found = TAP.bind(TAP.schema.parse(keysOf(given))).problems(position);
    expect(found.map(({ message }) => message.split(".")[0])).toEqual(told);
  });
});

describe.skipIf(!needs("socat", "/usr/bin/socat"))("a tap on a serial line", () => {
  dispenserContract("the blueprint", async () => {
    const rig = await makeRig();
    return { ...rig, pass: (ms) => sleep(ms), patienceMs: 700, smallLimitBase: 200 };
  });

  it("raises a fault for a jammed valve, refuses to be armed, and clears it", async () => {
    const { dispenser, device, events } = await rigOfTest();
    device.act("jam");
    await expect.poll(() => types(events), SOON).toEqual(["fault-raised"]);
    expect(await dispenser.arm(100)).toMatchObject({ kind: "declined", reason: "refused" });
    expect((await dispenser.stop()).kind).toBe("unknown");
    device.act("mend");
    await expect.poll(() => types(events), SOON).toEqual(["fault-raised", "fault-cleared"]);
    expect((await dispenser.stop()).kind).toBe("done");
  });

  it("raises a fault when the device is SILENT, and knows nothing then", async () => {
    const { dispenser, device, events } = await rigOfTest();
    device.act("mute");
    await expect.poll(() => types(events), SOON).toEqual(["fault-raised"]);
    expect((await dispenser.totaliser()).kind).toBe("unknown");
    expect((await dispenser.stop()).kind).toBe("unknown");
  });

  it("tells once what dripped while it was not armed", async () => {
    const { device, events } = await rigOfTest();
    device.act("drip");
    await expect.poll(() => types(events), SOON).toEqual(["unaccounted"]);
    await sleep(200);
    expect(events).toEqual([{ type: "unaccounted", quantityBase: 5, detail: expect.any(String) }]);
  });

  it("is closed by the device itself soon after nobody asks any more", async () => {
    const { dispenser, device } = await rigOfTest();
    await dispenser.arm(1_000_000);
    await dispenser.close();
    await sleep(1_200);
    const releasedMl = device.releasedBase();
    expect(device.state()["valve"]).toBe("CLOSED");
    expect(releasedMl).toBeLessThan(1.2 * RATE_ML_PER_S);
    await sleep(200);
    expect(device.releasedBase()).toBe(releasedMl);
  });

  it.each([1, 2, 3])("measures to the last millilitre over a wire with noise (seed %i)", async (seed) => {
    const { dispenser, device, events } = await rigOfTest(noisyWire(seed, 100));
    for (let round = 1; round <= 3; round++) {
      await dispenser.arm(150);
      await expect.poll(() => device.state()["valve"] === "OPEN", SOON).toBe(false);
      await expect.poll(async () => (await dispenser.stop()).kind, SOON).toBe("done");
      await expect.poll(() => dispenser.totaliser(), SOON).toEqual({ kind: "done", value: device.releasedBase() });
    }
    expect(types(events)).not.toContain("unaccounted");
  });
});

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").trimEnd();
}
