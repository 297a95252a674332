import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type AedesOptions } from "aedes";
import { afterEach, expect, test, vi } from "vitest";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { decodePayload, type Kiosk, SOON, startKiosk } from "./rig.ts";

interface Knock {
  readonly version: number;
  readonly clean: boolean | undefined;
  readonly clientId: string;
  readonly will: { readonly topic: string; readonly qos: number; readonly retain: boolean; readonly bdSeq: number };
}

let aedes: Aedes | null = null;
let server: Server | null = null;
let kiosk: Kiosk | null = null;
const sockets = new Set<Socket>();

const cut = (): void => {
  for (const socket of sockets) socket.destroy();
};

afterEach(async () => {
  await kiosk?.telemetry.close();
  cut();
  server?.close();
  aedes?.close();
});

async function started(options: AedesOptions): Promise<Kiosk> {
  const broker = await Aedes.createBroker(options);
  aedes = broker;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    broker.handle(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  kiosk = startKiosk(`mqtt://127.0.0.1:${address.port}`, hurriedClock(20));
  return kiosk;
}

test("every CONNECT has a will of its own, also when the broker wants an older protocol", async () => {
  const knocks: Knock[] = [];
  const { connected } = await started({
    preConnect: (_client, { protocolVersion, clean, clientId, will }, done) => {
      const { topic = "", qos = -1, retain = true, payload = "" } = will ?? {};
      const [metric] = decodePayload(Buffer.from(payload)).metrics ?? [];
      const bdSeq = metric?.name === "bdSeq" ? Number(String(metric.value)) : -1;
      knocks.push({ version: protocolVersion ?? 0, clean, clientId, will: { topic, qos, retain, bdSeq } });
      done(null, true);
    },
  });
  for (const times of [1, 2, 3]) {
    await connected(times);
    cut();
  }
  await connected(4);
  expect(knocks.map(({ version, will }) => [version, will.bdSeq])).toEqual([
    [5, 0],
    [4, 1],
    [5, 2],
    [4, 3],
    [5, 4],
    [4, 5],
    [5, 6],
    [4, 7],
  ]);
  for (const { clean, clientId, will } of knocks) {
    expect({ clean, clientId }).toEqual({ clean: true, clientId: "kioskd-demo-1-sparkplug" });
    expect(will).toMatchObject({ topic: "spBv1.0/fuel/NDEATH/demo-1", qos: 1, retain: false });
  }
});

test("a broker that does not let it read its commands is told of, until it does", async () => {
  let denied = "NCMD";
  const { connected, refusals, warnings } = await started({
    authorizeSubscribe: (_client, subscription, done) => {
      done(null, subscription.topic.includes(denied) ? null : subscription);
    },
  });
  await connected();
  await vi.waitFor(() => expect(refusals).toHaveLength(1), SOON);
  expect(refusals[0]).toContain("spBv1.0/fuel/NCMD/demo-1: the broker refuses without a reason");
  denied = "DCMD";
  cut();
  await connected(2);
  await vi.waitFor(() => expect(refusals).toHaveLength(2), SOON);
  expect(refusals[1]).toBeNull();
  expect(warnings.filter(({ message }) => message.includes("refuses"))).toHaveLength(1);
});
