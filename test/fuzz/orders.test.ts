import { createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../src/core/operator/messages.ts";
import type { Message, Session } from "../../src/telemetry/broker-session.ts";
import { limitsOf } from "../../src/telemetry/limits.ts";
import { ReceiverAcks } from "../../src/telemetry/mqtt/acks.ts";
import { KioskTopics } from "../../src/telemetry/mqtt/addresses.ts";
import { Commands } from "../../src/telemetry/mqtt/commands.ts";
import { TOPICS } from "../../src/telemetry/mqtt/topics.ts";
import { createCodec } from "../../src/telemetry/sparkplug/payload.ts";
import { scene } from "../engine/scene.ts";
import { SILENT } from "../support/silent-log.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";
import { startKiosk } from "../telemetry/mqtt/rig.ts";
import { settingsFor } from "../telemetry/mqtt/samples.ts";
import { encodePayload } from "../telemetry/sparkplug/rig.ts";
import { damaged, mutated, runs } from "./arbitraries.ts";

const BASE = "kioskd/demo-1/cmd/";
const NAMES = ["stop", "block", "unblock", "set-block", "set-price", "reconcile", "republish", "acknowledge"];
const ORDERS = [
  ...['{"position":"1"}', '{"id":"a","position":"1","reason":"leak"}', '{"position":"1","blocked":true}', "{}"],
  ...['{"position":"1","unitPrice":"20.49"}', '{"from":7,"stream":"refunds"}', '{"from":1}'],
  '{"code":"unaccounted","position":"1","sale":"all","note":"seen"}',
];
const PARTS = [
  ...[
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\u0000",
    "\u0000",
    "\uFEFF",
    "\uD800",
    "null",
    "1e400",
    "-1",
    "9".repeat(400),
  ],
  ...['"__proto__":{"position":"1"},', '"position":"1",', '"limit":"999",', '"reserve":"300.00",', "[".repeat(2_000)],
];
const part = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...PARTS) }, fc.string({ unit: "binary" }));
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NAMES) },
  fc.constantFrom(
    ...["", "start", "arm", "__proto__", "constructor", "toString", "stop/reply", "$&", "$`", "$'", "+", "#"],
  ),
  fc.string({ maxLength: 80 }),
);
const payload = fc.oneof(
  fc
    .constantFrom(...ORDERS)
    .chain((text) => mutated(text, part))
    .map((text) => Buffer.from(text)),
  fc.constantFrom(...ORDERS).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
);
const target = fc.oneof(
  fc.constantFrom(
    ...["", "ops/1", "$SYS/x", "a/#", "a/+", "\u0000", "kioskd/demo-2/cmd/stop", "kioskd/demo-1/sales/ack"],
  ),
  fc.constantFrom("kioskd-answers/", "kioskd-answers/demo-1/ops", "kioskd/demo-1/", "kioskd/demo-1/ops/1"),
  fc.constantFrom("kioskd/demo-1/cmd/stop", "kioskd/demo-1/sales", "kioskd/demo-1/positions/1/state", "a".repeat(300)),
);
const message: fc.Arbitrary<Message> = fc.record({
  topic: name.map((last) => BASE + last),
  payload,
  tooLarge: fc.constantFrom(false, false, false, true),
  retain: fc.constantFrom(false, false, false, true),
  duplicate: fc.boolean(),
  expiryS: fc.option(fc.nat(2)),
  responseTopic: fc.option(target, { freq: 2 }),
  correlation: fc.option(fc.uint8Array({ maxLength: 300 }), { freq: 2 }),
});

const timeless = () => clockOf(new VirtualTime(0), { number: 1, alive: true });

/** What was published, as a broker would get it. */
function recorder(): Session & { readonly published: { readonly topic: string; readonly text: string }[] } {
  const published: { topic: string; text: string }[] = [];
  return {
    published,
    publish: async (topic, text) => {
      published.push({ topic, text: String(text) });
      return { kind: "acknowledged" };
    },
    limits: limitsOf({}, 0),
    fits: () => true,
    send: () => ({ kind: "acknowledged" }),
    subscribe: async () => new Map(),
    unsubscribe: () => {},
    drop: () => {},
    leave: async () => {},
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("an order, whatever it is", () => {
  it("is refused, or is the order of its topic; its answer goes where no order and no record is read", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (messages) => {
        const topics = new KioskTopics("kioskd", "demo-1");
        const results: (readonly [string, string])[] = [];
        const taken: Command[] = [];
        const commands = new Commands(topics, timeless(), SILENT, (...result) => results.push(result));
        const session = recorder();
        commands.takenBy(async (command) => {
          taken.push(command);
          return { kind: "done" };
        });
        commands.connected(session);
        for (const one of messages) commands.arrived(one);
        await settled();
        expect(results).toHaveLength(messages.length);
        expect(taken.length).toBe(results.filter(([, result]) => result === "ok").length);
        for (const command of taken) {
          expect(NAMES).toContain(command.name);
          const known = ["id", "position", "reason", "unitPrice", "from", "stream", "code", "sale", "note"];
          for (const key of Object.keys(command.body)) expect(known).toContain(key);
        }
        expect(session.published.length).toBeLessThanOrEqual(messages.length);
        for (const { topic, text } of session.published) {
          expect(topic).toMatch(/^kioskd\/demo-1\/.|^kioskd-answers\/./s);
          expect(topic).not.toMatch(/\0/);
          const { command } = JSON.parse(text);
          const isOwn = topic.startsWith(BASE);
          if (isOwn) expect(topic).toBe(`${BASE}${command}/reply`);
          else for (const { address } of Object.values(TOPICS)) expect(topic).not.toBe(`kioskd/demo-1/${address}`);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      runs(400),
    );
  });

  it("never begins a delivery, raises a choice or pays, in a kiosk that is idle and allows all orders", async () => {
    const { kiosk, machine, pass, view, faults } = await scene({
      commands: ["stop", "block", "unblock", "set-price", "reconcile", "republish", "acknowledge"],
    });
    const before = view();
    const commands = new Commands(new KioskTopics("kioskd", "demo-1"), timeless(), SILENT, () => {});
    commands.takenBy((command) => kiosk.operators.order(command));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
        for (const one of messages) commands.arrived(one);
        await pass(10);
        expect(machine.orders).toEqual([]);
        const { state, saleId, qr, reserve, reserved } = view();
        expect({ state, saleId, qr, reserve, reserved }).toEqual({
          ...{ state: "idle", saleId: null, qr: null, reserve: before.reserve, reserved: before.reserved },
        });
        expect(faults().filter((text) => !text.startsWith("operator-block"))).toEqual([]);
      }),
      runs(100),
    );
  });

  it("acknowledges a sale only by a number, and never what is above it", async () => {
    await fc.assert(
      fc.asyncProperty(
        message,
        fc.constantFrom('{"seq":7}', '{"seq":6}', '{"seq":"7"}', '{"seq":7.5}'),
        async (one, text) => {
          const receiver = { firstWaitMs: 10_000, topic: "kioskd/demo-1/sales/ack" };
          const acks = new ReceiverAcks(receiver, timeless(), SILENT, () => {});
          acks.listening();
          const kept = acks.kept({ seq: 7, saleId: "sale-7" }, async (onSent) => {
            onSent();
            return true;
          });
          acks.arrived(one);
          acks.arrived({ ...one, payload: Buffer.from(text) });
          acks.startOver();
          expect(await kept).toBe(!one.retain && text === '{"seq":7}');
        },
      ),
      runs(300),
    );
  });
});

describe("a Sparkplug command, whatever it is", () => {
  const types = fc.constantFrom("Boolean", "Int32", "UInt64", "String", "DataSet", "Template", "PropertySet", "Bytes");
  const metrics = fc.array(
    fc.record({ name: fc.constantFrom("Node Control/Rebirth", "x"), type: types, value: fc.boolean() }),
  );
  const valid = metrics.map((all) => {
    try {
      return encodePayload({ timestamp: 1, metrics: all as never });
    } catch {
      return new Uint8Array();
    }
  });
  /** A data set of very many columns, and templates within templates. */
  const columns = Buffer.from("12120a017820108a01 0908ffffffffffffff7f2200".replaceAll(" ", ""), "hex");
  const nested = Array.from({ length: 600 }).reduce<Buffer>(
    (inner) => Buffer.concat([Buffer.from([0x12]), varint(inner.length), inner]),
    Buffer.from([0x20, 0x13]),
  );

  it("is read as metrics, or not at all", async () => {
    const codec = createCodec();
    const bytes = fc.oneof(
      damaged(valid),
      fc.uint8Array({ maxLength: 300 }),
      damaged(fc.constantFrom(columns, nested)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        const written = codec.decode(some);
        expect(written === null || Array.isArray(written)).toBe(true);
        expect((written ?? []).length).toBeLessThanOrEqual(some.length);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      runs(600),
    );
  });

  it("is not even read when it is large", async () => {
    expect(createCodec().decode(new Uint8Array(5_000))).toBeNull();
  });
});

describe("a broker, whatever it sends", () => {
  /** A PUBLISH of MQTT 5 with QoS 0, and properties as they stand on the wire. */
  function publication(last: string, body: Uint8Array, properties: string): Buffer {
    const topic = Buffer.from(BASE + last).subarray(0, 120);
    const own = Buffer.from(properties, "hex");
    const rest = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from([own.length]), own, body]);
    return Buffer.concat([Buffer.from([0x30]), varint(rest.length), rest]);
  }
  const publish = fc
    .tuple(name, payload, fc.constantFrom("", "0200000000", "080001610900", "26000161000162", "0b01"))
    .map((parts) => publication(...parts));
  const first = publication("unblock", Buffer.from("{}"), "");
  const speech = fc.oneof(
    damaged(publish),
    publish.map((bytes) => Uint8Array.from(bytes)),
    fc.uint8Array({ maxLength: 60 }),
  );

  it("costs the connection at most, and starts nothing that is no order", async () => {
    let packets: readonly Uint8Array[] = [];
    const server = createServer((accepted) => {
      accepted.on("error", () => accepted.destroy());
      accepted.once("data", () => accepted.write(Buffer.concat([Buffer.from("2003000000", "hex"), first])));
      let heard = "";
      accepted.on("data", (bytes) => {
        // Once the first order is answered, the line is up, and the rest is heard.
        const wasUp = heard.includes("unblock/reply");
        heard += bytes.toString("latin1");
        if (wasUp || !heard.includes("unblock/reply")) return;
        for (const packet of packets) accepted.write(packet);
        accepted.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await fc.assert(
      fc.asyncProperty(fc.array(speech, { minLength: 1, maxLength: 5 }), async (all) => {
        packets = all;
        const kiosk = startKiosk(settingsFor(`mqtt://127.0.0.1:${address.port}`));
        const taken: Command[] = [];
        kiosk.telemetry.onOrder(async (command) => {
          taken.push(command);
          return { kind: "done" };
        });
        await new Promise<void>((resolve) => {
          kiosk.telemetry.onConnection((connected, detail) => {
            if (!connected && detail !== "connecting") resolve();
          });
        });
        await kiosk.telemetry.close();
        expect(taken[0]).toEqual({ name: "unblock", body: {} });
        for (const { name: taking } of taken) expect(NAMES).toContain(taking);
      }),
      runs(40),
    );
    server.close();
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}
