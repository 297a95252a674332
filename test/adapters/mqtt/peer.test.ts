import { connectAsync } from "mqtt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { discoveryText } from "../../../src/adapters/telemetry/mqtt/discovery.ts";
import type { MqttSettings } from "../../../src/adapters/telemetry/mqtt/mqtt.ts";
import { KioskTopics } from "../../../src/adapters/telemetry/mqtt/topics.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { type Script, type ScriptedBroker, scriptedBroker } from "../../support/scripted-broker.ts";
import { type Kiosk, SOON, startKiosk, Watcher } from "./rig.ts";
import { entryOf, settingsFor, viewOf } from "./samples.ts";

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

  test("a second client of the same name is called by it, though this broker does not tell", async () => {
    const url = await broker();
    const kiosk = kioskAt(url);
    await kiosk.connected();
    const second = await connectAsync(url, { clientId: "kioskd-demo-1", protocolVersion: 5, reconnectPeriod: 0 });
    closing.push(() => second.endAsync(true));
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
