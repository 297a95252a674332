import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/adapters/clock/system/clock.ts";
import { startBroker } from "../../../src/simulators/broker/broker.ts";
import { type Kiosk, SOON, startKiosk } from "./rig.ts";
import { entryOf, settingsFor, viewOf } from "./samples.ts";

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
  expect(kiosk.log.map((line) => line.level)).toEqual(["info"]);
});

test("a broker that cuts MQTT 5 off is spoken to in 3.1.1, and so it stays", async () => {
  const behind = Number(new URL(await aedes()).port);
  const versions: (number | undefined)[] = [];
  let current: Socket | null = null;
  const url = await tcpServer((socket, packet) => {
    versions.push(packet[VERSION_OFFSET]);
    if (packet[VERSION_OFFSET] === 5) {
      socket.destroy();
      return;
    }
    current = socket;
    const onward = connect(behind, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    onward.write(packet);
    socket.pipe(onward).pipe(socket);
  });
  const kiosk = kioskAt(url);
  await kiosk.connected();
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
  (current as Socket | null)?.destroy();
  await kiosk.connected(2);
  expect(versions).toEqual([5, 4, 4]);
});

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
  expect(kiosk.changes).toHaveLength(1);
  expect(kiosk.changes[0]).toMatchObject({ connected: false });
  expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
});
