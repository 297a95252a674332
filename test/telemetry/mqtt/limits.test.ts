import { generate, type IConnackPacket, type Packet } from "mqtt-packet";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import { limitsOf, publishBytes, subscribeBytes } from "../../../src/telemetry/limits.ts";
import type { MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import { type Script, type ScriptedBroker, scriptedBroker } from "../../support/scripted-broker.ts";
import { type Kiosk, SOON, startKiosk } from "./rig.ts";
import { dispensing, entryOf, healthOf, settingsFor, viewOf } from "./samples.ts";

type Announced = NonNullable<IConnackPacket["properties"]>;
type Published = Extract<Packet, { cmd: "publish" }>;

const SALES = "kioskd/demo-1/sales";
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function meet(script: Script, changes: Partial<MqttSettings> = {}): Promise<[Kiosk, ScriptedBroker]> {
  const broker = await scriptedBroker(script);
  closing.push(() => broker.close());
  const kiosk = startKiosk({ ...settingsFor(broker.url), discovery: true, ...changes });
  closing.push(() => kiosk.telemetry.close());
  kiosk.telemetry.onOrder(async () => ({ kind: "done" }));
  await kiosk.connected();
  return [kiosk, broker];
}

const published = (broker: ScriptedBroker, topic: string): Published[] =>
  broker.packets.filter((packet): packet is Published => packet.cmd === "publish" && packet.topic === topic);
const bodies = (broker: ScriptedBroker, topic: string): Record<string, unknown>[] =>
  published(broker, topic).map(({ payload }) => JSON.parse(payload.toString()));

function paid(seq: number, detailBytes: number): Entry<SaleRecord> {
  const { body } = entryOf(seq);
  const details = { text: "x".repeat(detailBytes) };
  const receipt = { paymentReference: "PAY-1", paidAt: "2026-01-01T10:01:01+01:00", details };
  return { seq, body: { ...body, receipt } };
}

interface Row {
  readonly announces: Announced;
  readonly settings?: Partial<MqttSettings>;
  /** The payment service's part of the receipt is that long. */
  readonly detailBytes?: number;
  /** Why the record does not arrive; it does when this is left out. */
  readonly told?: RegExp;
  readonly check?: (broker: ScriptedBroker, kiosk: Kiosk) => unknown;
}

const LIMITS: readonly (readonly [name: string, row: Row])[] = [
  ["nothing", { announces: {} }],
  ["a packet size that all fits in", { announces: { maximumPacketSize: 100_000 } }],
  [
    "a packet size that a record does not fit in whole",
    {
      ...{ announces: { maximumPacketSize: 900 }, detailBytes: 600 },
      check: (broker: ScriptedBroker, kiosk: Kiosk) => {
        const { receipt, shortened, charged } = bodies(broker, SALES)[0] ?? {};
        expect({ receipt, shortened, charged }).toMatchObject({
          ...{ receipt: { paymentReference: "PAY-1", details: {} }, shortened: true, charged: "99.45" },
        });
        const sizes = kiosk.log.find(({ message }) => message.includes("in a shorter form"))?.fields;
        expect(sizes).toMatchObject({ topic: SALES, packetMaxBytes: 900 });
        expect(kiosk.refusals.at(-1)).toMatch(/^homeassistant.*: it takes \d+ bytes and the broker takes 900: raise/);
      },
    },
  ],
  [
    "a packet size that a record fits in without the receipt",
    {
      ...{ announces: { maximumPacketSize: 590 }, detailBytes: 600 },
      check: (broker: ScriptedBroker) => {
        expect(bodies(broker, SALES)[0]).toMatchObject({ receipt: null, shortened: true, reference: "PAY-1" });
      },
    },
  ],
  [
    "a packet size that no record fits in",
    {
      ...{ announces: { maximumPacketSize: 300 } },
      told: /kioskd\/demo-1\/sales: it takes \d+ bytes and the broker takes 300: raise its maximum packet size/,
    },
  ],
  ["a packet size that hardly anything fits in", { announces: { maximumPacketSize: 20 }, told: /sales: it takes/ }],
  ["a packet size that is none", { announces: { maximumPacketSize: 0 } }],
  [
    "one message at a time",
    { announces: { receiveMaximum: 1 }, check: (broker: ScriptedBroker) => expect(broker.inFlightPeak()).toBe(1) },
  ],
  [
    "three messages at a time",
    { announces: { receiveMaximum: 3 }, check: (broker: ScriptedBroker) => expect(broker.inFlightPeak()).toBe(3) },
  ],
  [
    "QoS 0",
    {
      ...{ announces: { maximumQoS: 0 }, told: /kioskd\/demo-1\/sales: the broker takes QoS 0 only .*so it is kept/ },
      check: (broker: ScriptedBroker) => {
        expect(broker.connects.map(({ will }) => will?.qos)).toEqual([1, 0]);
        expect(published(broker, SALES)).toEqual([]);
      },
    },
  ],
  [
    "QoS 0 to a kiosk whose receiver acknowledges",
    {
      ...{ announces: { maximumQoS: 0 }, settings: { applicationAck: true } },
      check: (broker: ScriptedBroker) => expect(published(broker, SALES)[0]?.qos).toBe(0),
    },
  ],
  ["QoS 1", { announces: { maximumQoS: 1 } }],
  [
    "that it keeps nothing",
    {
      announces: { retainAvailable: false },
      check: (broker: ScriptedBroker) => {
        expect(broker.connects.map(({ will }) => will?.retain)).toEqual([true, false]);
        expect(published(broker, "kioskd/demo-1/status").map(({ retain }) => retain)).toContain(false);
      },
    },
  ],
  ["topic aliases", { announces: { topicAliasMaximum: 16 } }],
  [
    "a keep-alive of its own",
    {
      announces: { serverKeepAlive: 1 },
      check: (broker: ScriptedBroker) =>
        vi.waitFor(() => expect(broker.packets.some(({ cmd }) => cmd === "pingreq")).toBe(true), SOON),
    },
  ],
  [
    "another client id",
    {
      announces: { assignedClientIdentifier: "given" },
      check: (broker: ScriptedBroker, kiosk: Kiosk) => {
        broker.throwOut(0x8e);
        return vi.waitFor(
          () => expect(JSON.stringify(kiosk.changes)).toContain("another client is connected as given: "),
          SOON,
        );
      },
    },
  ],
  [
    "a shorter life of the session",
    {
      ...{ announces: { sessionExpiryInterval: 10 }, settings: { sessionExpiryS: 3600 } },
      check: (_broker: ScriptedBroker, kiosk: Kiosk) =>
        expect(kiosk.log.find(({ level }) => level === "warn")?.fields).toEqual({ askedS: 3600, keptS: 10 }),
    },
  ],
  [
    "no wildcards",
    {
      announces: { wildcardSubscriptionAvailable: false },
      check: (broker: ScriptedBroker) =>
        expect(
          broker.packets.flatMap((packet) => (packet.cmd === "subscribe" ? packet.subscriptions : [])).length,
        ).toBeGreaterThan(5),
    },
  ],
  ["no shared subscriptions", { announces: { sharedSubscriptionAvailable: false } }],
  ["no subscription identifiers", { announces: { subscriptionIdentifiersAvailable: false } }],
];

describe("a broker that announces", () => {
  test.each(LIMITS)("%s gets the record, or it is said why not", async (_name, row) => {
    const { announces, settings = {}, detailBytes = 0, told, check } = row;
    const [kiosk, broker] = await meet({ announces }, settings);
    const { telemetry } = kiosk;
    for (let step = 0; step < 20; step += 1) telemetry.publish(dispensing(`${step}.000`, "1.00"));
    telemetry.report(healthOf({}));
    const delivered = telemetry.deliver("sales", detailBytes === 0 ? entryOf(1) : paid(1, detailBytes));
    if (settings.applicationAck === true) {
      await vi.waitFor(() => expect(published(broker, SALES)).toHaveLength(1), SOON);
      const topic = "kioskd/demo-1/sales/ack";
      broker.send({ cmd: "publish", topic, payload: '{"seq":1}', qos: 0, retain: false, dup: false });
    }
    expect(await delivered).toBe(told === undefined);
    if (told === undefined) expect(bodies(broker, SALES)).toMatchObject([{ seq: 1, charged: "99.45" }]);
    else expect(JSON.stringify([kiosk.refusals, kiosk.log])).toMatch(told);
    const commanded = { cmd: "publish", topic: "kioskd/demo-1/cmd/unblock", payload: "{}" } as const;
    broker.send({ ...commanded, qos: 0, retain: false, dup: false });
    await vi.waitFor(() => expect(kiosk.commands).toEqual([["unblock", "ok"]]), SOON);
    expect(broker.kicks).toEqual([]);
    expect(kiosk.changes.filter(({ connected }) => connected)).toHaveLength(1);
    await check?.(broker, kiosk);
  });
});

test("with one message at a time and a slow broker records and answers go before states, and in time", async () => {
  const positions = Array.from({ length: 8 }, (_, at) => ({
    id: String(at),
    productName: "Diesel",
    unit: "L" as const,
  }));
  const slow = { announces: { receiveMaximum: 1 }, ackMs: 200 };
  const [kiosk, broker] = await meet(slow, { deliverTimeoutMs: 1000, positions });
  for (const { id } of positions) kiosk.telemetry.publish(viewOf({ id }));
  const commanded = { cmd: "publish", topic: "kioskd/demo-1/cmd/unblock", payload: "{}" } as const;
  broker.send({ ...commanded, qos: 0, retain: false, dup: false });
  await vi.waitFor(() => expect(kiosk.commands).toHaveLength(1), SOON);
  for (const seq of [1, 2, 3, 4, 5]) expect(await kiosk.telemetry.deliver("sales", entryOf(seq))).toBe(true);
  const topics = broker.packets.flatMap((packet) => (packet.cmd === "publish" ? [packet.topic] : []));
  // The states have a share of the turns, and most of them are still to come.
  expect(topics.length).toBeLessThan(12);
  expect(topics.slice(1)).toEqual(expect.arrayContaining(["kioskd/demo-1/cmd/unblock/reply", SALES]));
  expect(topics.filter((topic) => topic === SALES)).toHaveLength(5);
  expect(kiosk.changes.filter(({ connected }) => connected)).toHaveLength(1);
});

test("a record whose turn does not come, as nothing is acknowledged, is given up in time", async () => {
  const [kiosk] = await meet({ announces: { receiveMaximum: 1 }, ackMs: 60_000 });
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
  expect(kiosk.changes.at(-1)?.detail).toMatch(/did not acknowledge any message within 3 s: check the network/);
});

test("what does not fit stands in nobody's way, and is taken back when it fits", async () => {
  const announces = { maximumPacketSize: 500 };
  const [kiosk, broker] = await meet({ announces }, { discovery: false });
  const long = { seq: 2, body: { ...UNACCOUNTED, detail: "x".repeat(600) } };
  expect(await kiosk.telemetry.deliver("unaccounted", long)).toBe(false);
  expect(await kiosk.telemetry.deliver("unaccounted", { seq: 1, body: UNACCOUNTED })).toBe(true);
  expect(kiosk.refusals).toEqual([
    expect.stringMatching(/^kioskd\/demo-1\/unaccounted: it takes 731 bytes and the broker takes 500: /),
    null,
  ]);
  expect(broker.kicks).toEqual([]);
});

const UNACCOUNTED = { position: "1", at: "2026-01-01T10:00:00.000Z", unit: "L", quantity: "0.100", detail: "dripping" };

test("a comparison of the books names as many differences as the broker takes, and counts the others", async () => {
  const [kiosk, broker] = await meet({ announces: { maximumPacketSize: 3000 } });
  const difference = { paymentReference: "PAY-1", saleId: "sale-1", oursMinor: 1, theirsMinor: null };
  const body = {
    ...{
      type: "compared" as const,
      position: "1",
      atMs: 1,
      periodId: "p",
      throughSale: 1,
      throughRefund: 0,
      matched: 0,
    },
    ...{ gap: false, missingThere: Array.from({ length: 500 }, () => difference), beyond: 7 },
    ...{ missingHere: [], differing: [], carried: [] },
  };
  expect(await kiosk.telemetry.deliver("reconciliations", { seq: 1, body })).toBe(true);
  const [heard] = bodies(broker, "kioskd/demo-1/reconciliations");
  expect(heard).toMatchObject({ seq: 1, shortened: true, beyond: 497, missingThere: { length: 10 } });
});

describe("the size of a packet", () => {
  const payloads = [0, 1, 100, 127, 128, 16_383, 16_384, 70_000].map((bytes) => "ö".repeat(bytes / 2));
  test.each(
    payloads.flatMap((payload) => ([4, 5] as const).map((version) => [payload.length, version, payload] as const)),
  )("is known before it is sent: %i characters in version %i", (_length, version, payload) => {
    for (const qos of [0, 1] as const) {
      for (const correlationData of version === 5 ? [null, Buffer.alloc(200)] : [null]) {
        const message = { cmd: "publish", topic: "kioskd/å/x", payload, qos, retain: true, dup: false } as const;
        const properties = correlationData === null ? {} : { properties: { correlationData } };
        const packet = generate({ ...message, messageId: 7, ...properties }, { protocolVersion: version });
        const payloadBytes = Buffer.byteLength(payload);
        const correlationBytes = correlationData?.length ?? null;
        const { topic } = message;
        expect(publishBytes({ topic, payloadBytes, qos, correlationBytes }, version)).toBe(packet.length);
      }
    }
    const subscriptions = [{ topic: "kioskd/å/cmd/+", qos: 1 }] as const;
    const asked = { cmd: "subscribe", messageId: 7, subscriptions: [...subscriptions] } as const;
    const packet = generate({ ...asked, subscriptions: [...subscriptions] }, { protocolVersion: version });
    expect(subscribeBytes("kioskd/å/cmd/+", version)).toBe(packet.length);
  });
});

test("values that the protocol forbids count as not said", () => {
  const properties = { maximumPacketSize: 0, receiveMaximum: 0, maximumQoS: 9, assignedClientIdentifier: "" };
  expect(limitsOf({ properties }, 60)).toEqual(limitsOf({}, 60));
});
