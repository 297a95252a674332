import type { IConnackPacket, Packet } from "mqtt-packet";
import { expect, onTestFinished, test, vi } from "vitest";
import { scriptedBroker } from "../../support/scripted-broker.ts";
import { SOON, snapshot, startKiosk } from "./rig.ts";

type Announced = NonNullable<IConnackPacket["properties"]>;
type Published = Extract<Packet, { cmd: "publish" }>;

test.each<readonly [string, Announced, RegExp | null]>([
  ["nothing", {}, null],
  ["one message at a time", { receiveMaximum: 1 }, null],
  ["QoS 0", { maximumQoS: 0 }, null],
  ["that it keeps nothing", { retainAvailable: false }, null],
  ["no wildcards", { wildcardSubscriptionAvailable: false }, null],
  [
    "a packet size that a birth does not fit in",
    { maximumPacketSize: 300 },
    /^spBv1\.0\/fuel\/NBIRTH\/demo-1: it takes \d+ bytes and the broker takes 300: raise its maximum packet size/,
  ],
])("a broker that announces %s gets the births, or it is said why not", async (_name, announces, told) => {
  const broker = await scriptedBroker({ announces });
  onTestFinished(() => broker.close());
  const kiosk = startKiosk(broker.url);
  onTestFinished(() => kiosk.telemetry.close());
  await kiosk.connected();
  kiosk.telemetry.publish(snapshot({ available: false }));
  const verbs = (): string[] =>
    broker.packets
      .filter((packet): packet is Published => packet.cmd === "publish")
      .map(({ topic }) => topic.split("/")[2] ?? "");
  if (told === null) await vi.waitFor(() => expect(verbs()).toContain("NBIRTH"), SOON);
  else expect(kiosk.refusals.join("\n")).toMatch(told);
  await vi.waitFor(() => expect(verbs()).toContain("DDATA"), SOON);
  expect(broker.kicks).toEqual([]);
  expect(kiosk.refusals.length > 0).toBe(told !== null);
  const subscribed = broker.packets.flatMap((packet) => (packet.cmd === "subscribe" ? packet.subscriptions : []));
  expect(subscribed.map(({ topic }) => topic)).toContain("spBv1.0/fuel/NCMD/demo-1");
});
