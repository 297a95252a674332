import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { hasMosquitto, mosquitto, type RestartableBroker } from "../../support/mosquitto.ts";
import { VIEWS } from "../../support/views.ts";
import {
  type Cable,
  cableTo,
  encodePayload,
  HEALTH,
  type Heard,
  Host,
  type Kiosk,
  NODE,
  SOON,
  snapshot,
  startKiosk,
  write,
} from "./rig.ts";

const BIRTH = ["NBIRTH", "DBIRTH/1", "DBIRTH/2"];
const QUIET_MS = 300;

/** Two looks at it are minutes apart, so nothing that is done once in a while has to wait. */
function leapingClock(): Clock {
  let nowMs = 0;
  const clock = systemClock();
  return { wallMs: clock.wallMs, after: clock.after, monotonicMs: () => (nowMs += 120_000) };
}

describe.skipIf(!hasMosquitto())("Sparkplug B with Debian's mosquitto", () => {
  let broker: RestartableBroker;
  let host: Host;
  let kiosk: Kiosk | null;
  let cable: Cable | null;

  beforeEach(async () => {
    kiosk = null;
    cable = null;
    broker = await mosquitto();
    await broker.start();
    host = new Host(broker.url);
    await host.ready();
  });

  afterEach(async () => {
    await kiosk?.telemetry.close();
    await cable?.close();
    await host.close();
    await broker.close();
  });

  async function started(url = broker.url, clock?: Clock): Promise<Kiosk> {
    kiosk = startKiosk(url, clock);
    kiosk.telemetry.publish(snapshot());
    await kiosk.connected();
    return kiosk;
  }

  const names = (): string[] => host.heard.map(({ verb, device }) => (device === null ? verb : `${verb}/${device}`));
  const heard = (...expected: string[]): Promise<void> => vi.waitFor(() => expect(names()).toEqual(expected), SOON);
  const numbers = (verb: string): unknown[] => host.of(verb).map(({ metrics }) => metrics["bdSeq"]);

  async function life(): Promise<void> {
    const { telemetry } = await started();
    telemetry.report(HEALTH);
    telemetry.publish(snapshot(VIEWS.scan()));
    telemetry.publish(snapshot(VIEWS.begin()));
    await heard(...BIRTH, "NDATA", "DDATA/1", "DDATA/1");
    await telemetry.close();
    await heard(...BIRTH, "NDATA", "DDATA/1", "DDATA/1", "NDEATH");
  }

  const RULES: readonly [string, (message: Heard) => unknown, readonly unknown[]][] = [
    ["QoS 0, but for the death", ({ qos }) => qos, [0, 0, 0, 0, 0, 0, 1]],
    ["nothing is retained", ({ retain }) => retain, [false, false, false, false, false, false, false]],
    ["seq begins at 0 and the death has none", ({ seq }) => seq, [0, 1, 2, 3, 4, 5, null]],
    [
      "bdSeq is in node's birth and death only",
      ({ metrics }) => metrics["bdSeq"],
      [0, undefined, undefined, undefined, undefined, undefined, 0],
    ],
    ["a death has nothing but its bdSeq", ({ metrics }) => Object.keys(metrics).length, [15, 12, 12, 8, 4, 2, 1]],
    [
      "only the node's birth offers a rebirth",
      ({ metrics }) => metrics["Node Control/Rebirth"],
      [false, undefined, undefined, undefined, undefined, undefined, undefined],
    ],
  ];

  test("a life follows the rules of the specification", async () => {
    await life();
    for (const [rule, of, expected] of RULES) expect(host.heard.map(of), rule).toEqual(expected);
    await sleep(QUIET_MS);
    expect(host.of("NDEATH")).toHaveLength(1);
  });

  test("a cut connection: the will bears the number of the last birth, the next birth the next number", async () => {
    cable = await cableTo(broker.url);
    const { connected } = await started(cable.url);
    await heard(...BIRTH);
    cable.cut();
    await connected(2);
    await heard(...BIRTH, "NDEATH", ...BIRTH);
    cable.cut();
    await connected(3);
    await heard(...BIRTH, "NDEATH", ...BIRTH, "NDEATH", ...BIRTH);
    expect(numbers("NBIRTH")).toEqual([0, 1, 2]);
    expect(numbers("NDEATH")).toEqual([0, 1]);
    expect(host.of("NBIRTH").map(({ seq }) => seq)).toEqual([0, 0, 0]);
  });

  test("a broker that was away hears what is true now, and nothing of what it missed", async () => {
    const { telemetry, connected } = await started();
    await heard(...BIRTH);
    await broker.stop();
    for (let step = 0; step < 50; step += 1) telemetry.publish(snapshot({ ...VIEWS.live(), quantity: `${step}.000` }));
    telemetry.publish(snapshot(VIEWS.thanks()));
    host.heard.length = 0;
    await broker.start();
    await host.ready();
    await connected(2);
    await host.rebirth();
    await vi.waitFor(() => expect(names().slice(-3)).toEqual(BIRTH), SOON);
    await sleep(QUIET_MS);
    expect(new Set(names())).toEqual(new Set(BIRTH));
    expect(host.of("DBIRTH").at(-2)?.metrics).toMatchObject({ State: "closed", Charged: 245.54, Quantity: 12.345 });
    expect(Number(numbers("NBIRTH").at(-1))).toBeGreaterThan(0);
  });

  test("600 messages arrive without a gap", async () => {
    const { telemetry } = await started();
    for (let step = 1; step <= 597; step += 1) {
      telemetry.publish(snapshot({ available: step % 2 === 0 }));
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(host.heard).toHaveLength(600), SOON);
    expect(host.heard.map(({ seq }) => seq)).toEqual(host.heard.map((_, at) => at % 256));
  });

  test("a host that comes late asks for a rebirth and gets all of it", async () => {
    const { telemetry } = await started();
    telemetry.publish(snapshot(VIEWS.begin()));
    await heard(...BIRTH, "DDATA/1");
    host.heard.length = 0;
    await host.rebirth();
    await heard(...BIRTH);
    expect(numbers("NBIRTH")).toEqual([0]);
    expect(host.of("DBIRTH")[0]?.metrics).toMatchObject({ State: "reserved", Reserved: 300 });
  });

  const rebirth = (value: boolean) => encodePayload({ metrics: [write("Node Control/Rebirth", value)] });
  const IGNORED: readonly [string, string, Uint8Array, boolean?][] = [
    ["nothing", "NCMD/demo-1", new Uint8Array()],
    ["no protobuf", "NCMD/demo-1", Buffer.from("reboot, please")],
    ["JSON", "NCMD/demo-1", Buffer.from('{"metrics":[{"name":"Node Control/Rebirth","value":true}]}')],
    ["a cut payload", "NCMD/demo-1", rebirth(true).subarray(0, -3)],
    ["a payload larger than any command", "NCMD/demo-1", Buffer.concat(Array(200).fill(rebirth(true)))],
    ["a payload that is very large", "NCMD/demo-1", new Uint8Array(40_000)],
    ["false", "NCMD/demo-1", rebirth(false)],
    [
      "a word for true",
      "NCMD/demo-1",
      encodePayload({ metrics: [{ ...write("Node Control/Rebirth", true), type: "String", value: "true" }] }),
    ],
    ["another metric", "NCMD/demo-1", encodePayload({ metrics: [write("Node Control/Reboot", true)] })],
    ["a price", "DCMD/demo-1/1", encodePayload({ metrics: [{ name: "Unit Price", value: 0.01, type: "Double" }] })],
    ["a rebirth of a device", "DCMD/demo-1/1", rebirth(true)],
    ["a retained rebirth", "NCMD/demo-1", rebirth(true), true],
  ];

  test.each(IGNORED)("a command with %s is ignored and counted", async (_, topic, payload, retain) => {
    const { warnings } = await started(broker.url, leapingClock());
    await heard(...BIRTH);
    await host.order(topic, payload, retain);
    await vi.waitFor(() => expect(warnings).toHaveLength(1), SOON);
    expect(warnings[0]?.fields).toEqual({ topic: `spBv1.0/fuel/${topic}`, ignored: 1 });
    await host.rebirth();
    await heard(...BIRTH, ...BIRTH);
    expect(numbers("NBIRTH")).toEqual([0, 0]);
    expect(warnings).toHaveLength(1);
  });

  test("ignored commands are told once a minute, however many come", async () => {
    const { warnings } = await started();
    await heard(...BIRTH);
    for (const [, topic, payload, retain] of IGNORED) await host.order(topic, payload, retain);
    await host.rebirth();
    await heard(...BIRTH, ...BIRTH);
    expect(warnings).toHaveLength(1);
  });

  test("a retained rebirth that waits at the broker brings no second birth", async () => {
    await host.order(`NCMD/${NODE}`, rebirth(true), true);
    const { warnings } = await started(broker.url, leapingClock());
    await vi.waitFor(() => expect(warnings).toHaveLength(1), SOON);
    await sleep(QUIET_MS);
    expect(names()).toEqual(BIRTH);
  });

  test("no record goes this way, and closing twice is closing", async () => {
    const { telemetry } = await started();
    const record = { seq: 1, body: { saleId: "sale-1" } };
    expect(await Reflect.apply(telemetry.deliver, telemetry, ["sales", record])).toBe(false);
    telemetry.onOrder(() => Promise.reject(new Error("nobody orders by Sparkplug")));
    await Promise.all([telemetry.close(), telemetry.close()]);
    telemetry.publish(snapshot(VIEWS.begin()));
    telemetry.report(HEALTH);
    await heard(...BIRTH, "NDEATH");
  });

  test("the text of a code is in no message", async () => {
    await life();
    expect(Buffer.concat(host.heard.map(({ payload }) => payload)).toString("latin1")).not.toContain("SEQR.SE");
  });
});
