import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Packet } from "mqtt-packet";
import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { startBroker } from "../../../src/telemetry/broker/broker.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { scriptedBroker } from "../../support/scripted-broker.ts";
import { type Kiosk, SOON, startKiosk, Watcher } from "./rig.ts";
import { entryOf, healthOf, settingsFor, viewOf } from "./samples.ts";

const CONNACK_V5 = Buffer.from("2003000000", "hex");
/** Where a CONNECT of less than 128 bytes has its protocol version. */
const VERSION_OFFSET = 8;

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A TCP server that does with each first packet what the test says. */
async function tcpServer(onConnect: (socket: Socket, packet: Buffer) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", (packet) => onConnect(socket, packet));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `mqtt://127.0.0.1:${address.port}`;
}

function kioskAt(url: string, password: string | null = null): Kiosk {
  const kiosk = startKiosk({ ...settingsFor(url), username: password === null ? null : "kiosk", password });
  closing.push(() => kiosk.telemetry.close());
  return kiosk;
}

async function aedes(): Promise<string> {
  const broker = await startBroker({ host: "127.0.0.1", port: 0 });
  closing.push(() => broker.close());
  return broker.url;
}

test("a broker that refuses MQTT 5 is spoken to in 3.1.1 at once", async () => {
  const kiosk = kioskAt(await aedes());
  await kiosk.connected();
  expect(kiosk.changes.map((change) => change.connected)).toEqual([false, true]);
  expect(kiosk.changes.at(-1)?.detail).toContain("with MQTT 3.1.1");
  expect(kiosk.log.map((line) => line.level)).toEqual(["info", "warn"]);
  expect(kiosk.log[1]?.fields["detail"]).toMatch(/use a broker that speaks MQTT 5, or .*mqtt\.applicationAck/);
});

/** A way to another broker that cuts what a test says. Which versions came is noted. */
async function cutting(behindUrl: string, cuts: (version: number | undefined, nth: number) => boolean) {
  const versions: (number | undefined)[] = [];
  let current: Socket | null = null;
  const url = await tcpServer((socket, packet) => {
    versions.push(packet[VERSION_OFFSET]);
    if (cuts(packet[VERSION_OFFSET], versions.length)) {
      socket.resetAndDestroy();
      return;
    }
    current = socket;
    const onward = connect(Number(new URL(behindUrl).port), "127.0.0.1");
    closing.push(async () => void onward.destroy());
    onward.on("error", () => socket.destroy());
    onward.on("close", () => socket.destroy());
    socket.on("close", () => onward.destroy());
    onward.write(packet);
    socket.pipe(onward).pipe(socket);
  });
  return { url, versions, cut: () => (current as Socket | null)?.destroy() };
}

test("a broker that cuts MQTT 5 off again and again is spoken to in 3.1.1, and asked for 5 each time", async () => {
  const { url, versions, cut } = await cutting(await aedes(), (version) => version === 5);
  const kiosk = kioskAt(url);
  await kiosk.connected();
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
  cut();
  await kiosk.connected(2);
  expect(versions).toEqual([5, 5, 5, 4, 5, 4]);
  expect(kiosk.log.filter(({ message }) => message.includes("proves little"))).toHaveLength(1);
});

test("where only cuts speak for 3.1.1, MQTT 5 is tried again after some minutes", async () => {
  let speaks5 = false;
  const url = await tcpServer((socket, packet) => {
    if (packet[VERSION_OFFSET] === 4) socket.write(Buffer.from("20020000", "hex"));
    else if (speaks5) socket.write(CONNACK_V5);
    else socket.resetAndDestroy();
  });
  const kiosk = startKiosk(settingsFor(url), hurriedClock(1000));
  closing.push(() => kiosk.telemetry.close());
  await kiosk.connected();
  expect(kiosk.changes.at(-1)?.detail).toContain("with MQTT 3.1.1");
  speaks5 = true;
  await kiosk.connected(2);
  expect(kiosk.changes.at(-1)?.detail).toContain("with MQTT 5");
});

test.each([1, 2])(
  "after %i cuts MQTT 5 is spoken, and what its access list forbids is not delivered",
  async (count) => {
    const broker = await scriptedBroker({ judges: (packet) => (isSales(packet) ? 0x87 : 0) });
    closing.push(() => broker.close());
    const { url, versions, cut } = await cutting(broker.url, (_version, nth) => nth <= count);
    const kiosk = kioskAt(url);
    await kiosk.connected();
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    expect(kiosk.refusals.at(-1)).toMatch(/^kioskd\/demo-1\/sales: not authorised/);
    cut();
    await kiosk.connected(2);
    expect(new Set(versions)).toEqual(new Set([5]));
  },
);

const isSales = (packet: Packet): boolean => packet.cmd === "publish" && packet.topic.endsWith("/sales");

test("a broker that acknowledges nothing: false in time, and the connection is given up", async () => {
  const packets: Buffer[] = [];
  const url = await tcpServer((socket) => {
    socket.write(CONNACK_V5);
    socket.on("data", (packet) => packets.push(packet));
  });
  const kiosk = kioskAt(url);
  await kiosk.connected();
  const beganMs = performance.now();
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
  expect(performance.now() - beganMs).toBeLessThan(1500);
  expect(kiosk.changes.at(-1)).toMatchObject({ connected: false });
  await kiosk.connected(2);
  await sleep(100);
  expect(Buffer.concat(packets).toString("latin1").split('"seq":1').length - 1).toBe(1);
});

test("closing ends within three seconds on a broker that answers nothing more", async () => {
  const url = await tcpServer((socket) => {
    socket.write(CONNACK_V5);
    socket.pause();
  });
  const kiosk = startKiosk({ ...settingsFor(url), deliverTimeoutMs: 10_000 }, systemClock());
  await kiosk.connected();
  kiosk.telemetry.publish(viewOf({}));
  const delivery = kiosk.telemetry.deliver("sales", entryOf(1));
  const beganMs = performance.now();
  await kiosk.telemetry.close();
  expect(performance.now() - beganMs).toBeLessThan(3000);
  expect(await delivery).toBe(false);
});

test("closing does not wait for a broker that never answered", async () => {
  const reached = vi.fn();
  const kiosk = kioskAt(await tcpServer(reached));
  await vi.waitFor(() => expect(reached).toHaveBeenCalled(), SOON);
  const beganMs = performance.now();
  await kiosk.telemetry.close();
  expect(performance.now() - beganMs).toBeLessThan(500);
  expect(kiosk.changes.at(-1)).toEqual({ connected: false, detail: "closed" });
});

test("states that are not acknowledged do not pile up", async () => {
  const packets: Buffer[] = [];
  const url = await tcpServer((socket) => {
    socket.write(CONNACK_V5);
    socket.on("data", (packet) => packets.push(packet));
  });
  const kiosk = kioskAt(url);
  await kiosk.connected();
  for (let step = 0; step < 100; step += 1) kiosk.telemetry.publish(viewOf({ saleId: `sale-${step}` }));
  await sleep(200);
  expect(Buffer.concat(packets).toString("latin1").split("positions/1/state").length - 1).toBe(8);
});

test("an absent broker is logged once, its password never", async () => {
  const closed = await startBroker({ host: "127.0.0.1", port: 0 });
  await closed.close();
  const kiosk = kioskAt(closed.url.replace("//", "//kiosk:hunter2@"), "hunter2");
  await sleep(1200);
  expect(kiosk.log).toHaveLength(1);
  expect(kiosk.log[0]).toMatchObject({ level: "warn", message: "no connection to the broker" });
  expect(kiosk.changes).toHaveLength(2);
  expect(JSON.stringify([kiosk.log, kiosk.changes])).not.toContain("hunter2");
});

test("an address that is none is told, not thrown", async () => {
  const kiosk = kioskAt("broker.example");
  expect(kiosk.changes).toEqual([
    { connected: false, detail: "connecting" },
    { connected: false, detail: "Missing protocol" },
  ]);
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
});

test("a network cut in the middle of a record: it is false, comes again, and arrives whole and once", async () => {
  const broker = await startBroker({ host: "127.0.0.1", port: 0 });
  closing.push(() => broker.close());
  const watcher = new Watcher(broker.url);
  closing.unshift(() => watcher.close());
  await watcher.ready();
  let cuts = 1;
  const url = await tcpServer((socket, first) => {
    const onward = connect(Number(new URL(broker.url).port), "127.0.0.1");
    closing.push(async () => void onward.destroy());
    onward.on("error", () => socket.destroy());
    onward.on("close", () => socket.destroy());
    onward.pipe(socket);
    onward.write(first);
    socket.on("close", () => onward.destroy());
    socket.on("data", (packet) => {
      if (cuts === 0 || !packet.includes('"seq":1')) {
        onward.write(packet);
        return;
      }
      cuts -= 1;
      onward.write(packet.subarray(0, packet.length >> 1), () => onward.destroy());
    });
  });
  const kiosk = kioskAt(url);
  await kiosk.connected();
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
  await kiosk.connected(2);
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
  await vi.waitFor(() => expect(watcher.json("sales")).toEqual([{ seq: 1, ...entryOf(1).body }]), SOON);
  const states = watcher.json("status").map(({ state }) => state);
  expect(states.slice(-3)).toEqual(["online", "offline", "online"]);
});

/** A PUBLISH of MQTT 5 with QoS 0, its properties as they stand on the wire. */
function publication(topic: string, payload: string, properties: readonly number[]): Buffer {
  const name = Buffer.from(topic);
  const head = [0, name.length, ...name, properties.length, ...properties];
  const body = Buffer.from([...head, ...Buffer.from(payload)]);
  return Buffer.from([0x30, body.length, ...body]);
}

test.each<readonly [string, readonly number[], string]>([
  ["whose lifetime is over", [0x02, 0, 0, 0, 0], "expired"],
  ["whose lifetime is not over", [0x02, 0, 0, 0, 1], "ok"],
])("a command %s", async (_what, properties, result) => {
  let broker: Socket | null = null;
  const url = await tcpServer((socket) => {
    broker = socket;
    socket.write(CONNACK_V5);
  });
  const kiosk = kioskAt(url);
  kiosk.telemetry.onOrder(async () => ({ kind: "done" }));
  await kiosk.connected();
  (broker as Socket | null)?.write(publication("kioskd/demo-1/cmd/unblock", "{}", properties));
  await vi.waitFor(() => expect(kiosk.commands).toEqual([["unblock", result]]), SOON);
});

test("a subscription that the broker refuses is told, asked for again, and taken back", async () => {
  let allows = false;
  const url = await tcpServer((socket) => {
    socket.write(CONNACK_V5);
    socket.on("data", (packet) => {
      // SUBACK of MQTT 5 with the packet's number and one reason code.
      if (packet[0] === 0x82) socket.write(Buffer.from([0x90, 4, ...packet.subarray(2, 4), 0, allows ? 1 : 0x87]));
    });
  });
  const kiosk = kioskAt(url);
  await kiosk.connected();
  const refused = expect.stringMatching(/^kioskd\/demo-1\/cmd\/\+: not authorised: check /);
  await vi.waitFor(() => expect(kiosk.refusals).toEqual([refused]), SOON);
  allows = true;
  kiosk.telemetry.report(healthOf({}));
  await vi.waitFor(() => expect(kiosk.refusals).toEqual([refused, null]), SOON);
});
