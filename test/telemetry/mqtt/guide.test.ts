import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { TOPICS, type Topic } from "../../../src/telemetry/mqtt/topics.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { tempFolder } from "../../support/temp.ts";
import { authority, hasOpenssl } from "./certificates.ts";
import { SOON, startKiosk, Watcher } from "./rig.ts";
import { dispensing, entryOf, healthOf, settingsFor } from "./samples.ts";

const GUIDE = join(import.meta.dirname, "../../../docs/mosquitto");
const ACL = readFileSync(join(GUIDE, "acl"), "utf8");

const isWhole = [hasMosquitto(), hasOpenssl()].every((isHere) => isHere);

test.skipIf(!isWhole)("the example's list lets each do what is theirs, and nobody more", async () => {
  const folder = tempFolder();
  const ours = await authority(folder, "ours");
  const [server, client] = [await ours.issue("broker"), await ours.issue("client")];
  const accounts = { "demo-1": "a", other: "b", operator: "c", backend: "d", homeassistant: "e" };
  const broker = await mosquitto(ACL, { ca: ours.path, cert: server.certPath, key: server.keyPath, accounts });
  onTestFinished(() => broker.close());
  await broker.start();
  const as = async (username: keyof typeof accounts): Promise<Watcher> => {
    const { cert, key } = client;
    const login = { username, password: accounts[username], ca: ours.pem, cert, key, protocolVersion: 5 } as const;
    const watcher = new Watcher(broker.url, login);
    onTestFinished(() => watcher.close());
    await watcher.ready();
    return watcher;
  };
  const [backend, operator, switches, stranger] = [
    await as("backend"),
    await as("operator"),
    await as("homeassistant"),
    await as("other"),
  ];
  const kiosk = startKiosk({
    ...settingsFor(broker.url),
    ...{ username: "demo-1", password: "a", tls: () => ({ ca: ours.pem, cert: client.cert, key: client.key }) },
    ...{ discovery: true, applicationAck: true },
  });
  onTestFinished(() => kiosk.telemetry.close());
  kiosk.telemetry.onOrder(async () => ({ kind: "done" }));
  await kiosk.connected();
  kiosk.telemetry.publish(dispensing("1.000", "19.89"));
  kiosk.telemetry.report(healthOf({}));
  const delivered = kiosk.telemetry.deliver("sales", entryOf(1));
  await vi.waitFor(() => expect(backend.on("sales")).toHaveLength(1), SOON);
  await backend.send("sales/ack", '{"seq":1}');
  expect(await delivered).toBe(true);
  await operator.send("cmd/unblock", "{}", { properties: { responseTopic: "kioskd-answers/demo-1/operator/1" } });
  await vi.waitFor(() => expect(operator.messages.some(({ topic }) => topic.endsWith("operator/1"))).toBe(true), SOON);
  await switches.send("cmd/set-block", '{"position":"1","blocked":true}');
  await vi.waitFor(() => expect(backend.on("cmd/set-block/reply")).toHaveLength(1), SOON);
  const config = (): boolean => switches.messages.some(({ topic }) => topic === "homeassistant/device/demo-1/config");
  await vi.waitFor(() => expect(config()).toBe(true), SOON);
  expect(kiosk.refusals).toEqual([]);

  const forbidden: readonly (readonly [Watcher, string])[] = [
    ...Object.values<Topic>(TOPICS).map(({ address }) => [stranger, address.replace(/\{\w+\}/, "1")] as const),
    [operator, "cmd/set-price"],
    [operator, "sales"],
    [operator, "sales/ack"],
    [backend, "cmd/stop"],
    [switches, "cmd/unblock"],
  ];
  for (const [who, topic] of forbidden) {
    await expect(who.send(topic, "{}"), topic).rejects.toThrow(/Not authorized/);
  }
  expect(stranger.messages).toEqual([]);
  expect(switches.on("sales")).toEqual([]);
});
