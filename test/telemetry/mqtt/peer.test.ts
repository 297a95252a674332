import { once } from "node:events";
import { connect, createServer } from "node:net";
import { connectAsync } from "mqtt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { KioskTopics } from "../../../src/telemetry/mqtt/addresses.ts";
import { discoveryText } from "../../../src/telemetry/mqtt/discovery.ts";
import type { MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { type Script, type ScriptedBroker, scriptedBroker } from "../../support/scripted-broker.ts";
import { type Kiosk, SOON, startKiosk, Watcher } from "./rig.ts";
import { entryOf, settingsFor, viewOf } from "./samples.ts";

/** Where a CONNECT of less than 128 bytes has its protocol version. */
const VERSION_OFFSET = 8;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function kioskAt(url: string, changes: Partial<MqttSettings> = {}): Kiosk {
  const kiosk = startKiosk({ ...settingsFor(url), ...changes });
  closing.push(() => kiosk.telemetry.close());
  return kiosk;
}

async function scripted(script: Script): Promise<[Kiosk, ScriptedBroker]> {
  const broker = await scriptedBroker(script);
  closing.push(() => broker.close());
  return [kioskAt(broker.url), broker];
}

const told = (kiosk: Kiosk, expected: RegExp): Promise<void> =>
  vi.waitFor(() => expect(kiosk.changes.map(({ detail }) => detail).join("\n")).toMatch(expected), SOON);

describe("what the broker says is told in words", () => {
  test.each<readonly [number, RegExp]>([
    [0x85, /does not take this client id: change kiosk\.id/],
    [0x86, /wrong user name or password: check mqtt\.username/],
    [0x87, /not authorised: check mqtt\.username/],
    [0x89, /the broker is busy: the kiosk tries again/],
    [0x8a, /has banned this kiosk: lift the ban/],
    [0x9d, /has moved: write its new address into mqtt\.url/],
  ])("when it lets nobody in with 0x%x", async (code, expected) => {
    const [kiosk] = await scripted({ refuses: () => code });
    await told(kiosk, expected);
    expect(kiosk.changes.some(({ connected }) => connected)).toBe(false);
  });

  test("when it throws the kiosk out and resets the connection", async () => {
    const [kiosk, broker] = await scripted({});
    await kiosk.connected();
    broker.throwOut(0x98, "maintenance");
    await told(kiosk, /somebody ended the connection at the broker \("maintenance"\): ask who runs the broker/);
  });

  test("when it refuses messages and subscriptions", async () => {
    const [kiosk] = await scripted({
      judges: ({ cmd }) => (cmd === "publish" ? 0x97 : cmd === "subscribe" ? 0xa2 : 0),
    });
    await kiosk.connected();
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    const detail = JSON.stringify(kiosk.log);
    expect(detail).toContain("kioskd/demo-1/cmd/+");
    expect(detail).toContain("the broker has no subscriptions with wildcards: allow them at the broker");
    expect(kiosk.refusals.at(-1)).toMatch(
      /^kioskd\/demo-1\/sales: a quota of the broker is used up: raise it, .*others/,
    );
  });
});

describe.skipIf(!hasMosquitto())("with a real broker", () => {
  async function broker(...lines: string[]): Promise<string> {
    const made = await mosquitto(undefined, undefined, lines);
    closing.push(() => made.close());
    await made.start();
    return made.url;
  }

  async function watch(url: string): Promise<Watcher> {
    const watcher = new Watcher(url);
    closing.push(() => watcher.close());
    await watcher.ready();
    return watcher;
  }

  test("a second client that comes again and again is called by it, though this broker does not tell", async () => {
    const url = await broker();
    const kiosk = kioskAt(url);
    await kiosk.connected();
    const second = await connectAsync(url, { clientId: "kioskd-demo-1", protocolVersion: 5, reconnectPeriod: 50 });
    closing.push(() => second.endAsync(true));
    await vi.waitFor(() => expect(kiosk.changes.length).toBeGreaterThan(2), SOON);
    expect(kiosk.changes[2]?.detail).toMatch(/ended without a reason: check the network, and look into the broker's/);
    await told(kiosk, /another client is connected as kioskd-demo-1: give every kiosk a kiosk\.id of its own/);
  });

  test.each([["retain_available false"], ["max_qos 1"], ["max_packet_size 900"], ["max_inflight_messages 1"]])(
    "%s: records and commands come through, on one connection",
    async (line) => {
      const url = await broker(line);
      const watcher = await watch(url);
      const kiosk = kioskAt(url);
      kiosk.telemetry.onOrder(async () => ({ kind: "done" }));
      await kiosk.connected();
      kiosk.telemetry.publish(viewOf({}));
      for (const seq of [1, 2, 3]) expect(await kiosk.telemetry.deliver("sales", entryOf(seq))).toBe(true);
      await watcher.send("cmd/unblock", "{}");
      await vi.waitFor(() => expect(watcher.json("cmd/unblock/reply")).toMatchObject([{ ok: true }]), SOON);
      expect(watcher.json("sales").map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(kiosk.changes.filter(({ connected }) => connected)).toHaveLength(1);
    },
  );

  test("a record that nobody is subscribed to is delivered, and it is said until somebody is", async () => {
    const url = await broker();
    const kiosk = kioskAt(url);
    await kiosk.connected();
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
    expect(kiosk.silences).toEqual([
      expect.stringMatching(/^nobody is subscribed to kioskd\/demo-1\/sales: .*republish/),
    ]);
    await watch(url);
    expect(await kiosk.telemetry.deliver("sales", entryOf(2))).toBe(true);
    expect(kiosk.silences.at(-1)).toBeNull();
  });

  test("words for sales that were never sent, or that waited at the broker, acknowledge nothing", async () => {
    const url = await broker();
    const settings = { applicationAck: true, deliverTimeoutMs: 1500, sessionExpiryS: 3600 };
    const earlier = kioskAt(url, settings);
    await earlier.connected();
    await earlier.telemetry.close();
    const watcher = await watch(url);
    for (const seq of [1, 5000]) await watcher.send("sales/ack", JSON.stringify({ seq }));
    const kiosk = kioskAt(url, settings);
    const delivered = new Promise<boolean>((resolve) => {
      kiosk.telemetry.onConnection((up) => up && resolve(kiosk.telemetry.deliver("sales", entryOf(1))));
    });
    await vi.waitFor(() => expect(watcher.on("sales")).toHaveLength(1), SOON);
    await watcher.send("sales/ack", '{"seq":999999}');
    await watcher.send("sales/ack", '{"seq":1}', { retain: true });
    expect(await delivered).toBe(false);
    const details = kiosk.log.filter(({ level }) => level === "warn").map(({ fields }) => String(fields["detail"]));
    expect(details.map((detail) => detail.split(/[:,]/)[0])).toEqual([
      ...["it waited at the broker", "its seq is higher than any that was sent", "it came with the retain flag"],
    ]);
    const again = kiosk.telemetry.deliver("sales", entryOf(1));
    await vi.waitFor(() => expect(watcher.on("sales")).toHaveLength(2), SOON);
    await watcher.send("sales/ack", '{"seq":1,"saleId":"sale-1"}');
    expect(await again).toBe(true);
  });

  test("in MQTT 3.1.1 a record after which the broker hangs up goes in a shorter form, after the others", async () => {
    const url = await behindCuts(await broker("max_packet_size 800"));
    const watcher = await watch(url.behind);
    const kiosk = kioskAt(url.front);
    const details = { text: "x".repeat(1000) };
    const receipt = { paymentReference: "PAY-1", paidAt: "2026-01-01T10:01:01+01:00", details };
    const sale = { seq: 1, body: { ...entryOf(1).body, receipt } };
    const small = { seq: 1, body: UNACCOUNTED };
    const outbox = [
      pump(kiosk, "sales", () => kiosk.telemetry.deliver("sales", sale)),
      pump(kiosk, "unaccounted", () => kiosk.telemetry.deliver("unaccounted", small)),
    ];
    await Promise.all(outbox);
    const topics = watcher.messages.map(({ topic }) => topic.split("/").at(-1));
    expect(topics.indexOf("unaccounted")).toBeLessThan(topics.indexOf("sales"));
    expect(watcher.json("sales")).toMatchObject([{ seq: 1, shortened: true, charged: "99.45" }]);
    await told(kiosk, /right after \d{4} bytes went to kioskd\/demo-1\/sales, .*: raise the broker's maximum packet/);
    expect(kiosk.changes.map(({ detail }) => detail).join()).not.toContain("another client");
    expect(kiosk.changes.filter(({ connected }) => connected).length).toBeLessThan(6);
  });

  test("max_qos 0: the record is kept, and it is said why", async () => {
    const kiosk = kioskAt(await broker("max_qos 0"));
    await kiosk.connected();
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    expect(kiosk.refusals.at(-1)).toMatch(/^kioskd\/demo-1\/sales: the broker takes QoS 0 only/);
    expect(kiosk.changes.at(-1)?.connected).toBe(true);
  });

  describe("what nothing of the configuration writes any more is cleared", () => {
    const announced = (prefix: string, id: string): string =>
      discoveryText({ ...settingsFor(""), device: id }, new KioskTopics(prefix, id));
    const KEPT: Readonly<Record<string, string>> = {
      "kioskd/demo-1/positions/1/state": "{}",
      "kioskd/demo-1/positions/9/state": "{}",
      "kioskd/demo-1/positions/9/today": "{}",
      "kioskd/demo-1/somebody/else": "{}",
      "kioskd/demo-1/positions/9/state/more": "{}",
      "kioskd/demo-2/positions/9/state": "{}",
      "homeassistant/device/demo-1/config": announced("kioskd", "demo-1"),
      "former/device/demo-1/config": announced("kioskd", "demo-1"),
      "other/device/demo-1/config": announced("fleet", "demo-1"),
      "foreign/device/demo-1/config": "not ours",
      "homeassistant/device/demo-2/config": announced("kioskd", "demo-2"),
    };
    const OURS = ["kioskd/demo-1/positions/9/state", "kioskd/demo-1/positions/9/today"];

    async function left(url: string): Promise<ReadonlySet<string>> {
      const watcher = await watch(url);
      let count = -1;
      while (count !== watcher.messages.length) {
        count = watcher.messages.length;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return new Set(watcher.messages.map(({ topic }) => topic).filter((topic) => Object.hasOwn(KEPT, topic)));
    }

    test.each<readonly [string, Partial<MqttSettings>, readonly string[]]>([
      [
        "a removed position, and discovery switched off",
        {},
        ["homeassistant/device/demo-1/config", "former/device/demo-1/config"],
      ],
      [
        "another prefix of discovery",
        { discovery: true, discoveryPrefix: "former" },
        ["homeassistant/device/demo-1/config"],
      ],
      [
        "states that another encoding shows",
        { publishesStates: false },
        [...["kioskd/demo-1/positions/1/state", "homeassistant/device/demo-1/config", "former/device/demo-1/config"]],
      ],
    ])("%s", async (_what, changes, more) => {
      const url = await broker();
      const earlier = await connectAsync(url);
      for (const [topic, text] of Object.entries(KEPT))
        await earlier.publishAsync(topic, text, { qos: 1, retain: true });
      await earlier.endAsync();
      const kiosk = kioskAt(url, changes);
      await kiosk.connected();
      const gone = [...OURS, ...more];
      const cleared = (): unknown[] =>
        kiosk.log.filter(({ message }) => message.includes("is gone")).map(({ fields }) => fields["topic"]);
      await vi.waitFor(() => expect(cleared()).toHaveLength(gone.length), SOON);
      expect(new Set(cleared())).toEqual(new Set(gone));
      const stay = Object.keys(KEPT).filter((topic) => !gone.includes(topic));
      expect(await left(url)).toEqual(new Set(stay));
      expect(kiosk.refusals).toEqual([]);
    });
  });
});

const UNACCOUNTED = { position: "1", at: "2026-01-01T10:00:00.000Z", unit: "L", quantity: "0.100", detail: "dripping" };

/** Tries again as an outbox does, until it is delivered. */
async function pump(kiosk: Kiosk, stream: string, deliver: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => {
    if (!(await deliver())) throw new Error(`${stream} still waits; ${JSON.stringify(kiosk.changes.at(-1))}`);
  }, SOON);
}

/** A way to a broker on which no MQTT 5 gets through. */
async function behindCuts(behind: string): Promise<{ readonly front: string; readonly behind: string }> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (packet) => {
      if (packet[VERSION_OFFSET] === 5) {
        socket.resetAndDestroy();
        return;
      }
      const onward = connect(Number(new URL(behind).port), "127.0.0.1");
      onward.on("error", () => socket.destroy());
      onward.on("close", () => socket.destroy());
      socket.on("close", () => onward.destroy());
      onward.write(packet);
      socket.pipe(onward).pipe(socket);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { front: `mqtt://127.0.0.1:${address.port}`, behind };
}
