import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Fault } from "../../../src/core/faults.ts";
import type { MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { hasMosquitto, type Mosquitto, mosquitto } from "../../support/mosquitto.ts";
import { HURRY, type Kiosk, retained, SOON, startKiosk, Watcher } from "./rig.ts";
import { dispensing, entryOf, healthOf, settingsFor, viewOf } from "./samples.ts";

const DAY_MS = 86_400_000;
const FAULT: Fault = { code: "operator-block", position: "1", sinceMs: Date.UTC(2026, 0, 1), detail: "leak" };

describe.skipIf(!hasMosquitto())("what the kiosk shows", () => {
  let broker: Mosquitto;
  let watcher: Watcher;
  let kiosk: Kiosk;
  let nowMs: number;

  beforeEach(async () => {
    broker = await mosquitto();
    await broker.start();
    watcher = new Watcher(broker.url);
    await watcher.ready();
    nowMs = Date.UTC(2026, 0, 1, 10, 2);
  });

  afterEach(async () => {
    await kiosk.telemetry.close();
    await watcher.close();
    await broker.close();
  });

  async function start(changes: Partial<MqttSettings> = {}): Promise<void> {
    kiosk = startKiosk({ ...settingsFor(broker.url), ...changes }, { ...hurriedClock(HURRY), wallMs: () => nowMs });
    await kiosk.connected();
  }

  const seen = (check: () => void): Promise<void> => vi.waitFor(check, SOON);

  test("faults, with all that an operator needs, when they change", async () => {
    await start();
    kiosk.telemetry.publish(viewOf({}));
    kiosk.telemetry.publish({ ...viewOf({}), faults: [FAULT] });
    kiosk.telemetry.publish({ ...viewOf({}), faults: [FAULT] });
    await seen(() => expect(watcher.on("faults")).toHaveLength(2));
    expect(watcher.json("faults")).toEqual([
      { faults: [] },
      {
        faults: [
          {
            ...{ code: "operator-block", severity: "blocking", position: "1", since: "2026-01-01T00:00:00.000Z" },
            ...{ owner: "operator", detail: "leak", advice: expect.stringContaining("operator") },
          },
        ],
      },
    ]);
    expect(await retained(broker.url, "faults")).toMatchObject({ faults: [{ code: "operator-block" }] });
  });

  test("health goes out once for each report and is not retained", async () => {
    await start();
    kiosk.telemetry.report(healthOf({ uptimeS: 61 }));
    await seen(() => expect(watcher.json("health")).toEqual([healthOf({ uptimeS: 61 })]));
    expect(await retained(broker.url, "health")).toBeNull();
  });

  test("today's sales: each number once, only today's, from the turn of the day anew", async () => {
    await start();
    const deliver = async (seq: number, changes: object = {}): Promise<void> => {
      const { body } = entryOf(seq);
      expect(await kiosk.telemetry.deliver("sales", { seq, body: { ...body, ...changes } })).toBe(true);
    };
    const today = async (position: string): Promise<object | null> =>
      retained(broker.url, `positions/${position}/today`);
    const since = "2026-01-01T10:02:00.000Z";
    const common = { currency: "SEK", unit: "L" };
    await deliver(1, { closedAt: "2025-12-31T23:59:59.000Z" });
    expect(await today("1")).toEqual({ ...common, charged: "0.00", quantity: "0.000", sales: 0, since });
    await deliver(2);
    await deliver(3, { charged: "0.01", quantity: "0.001" });
    await deliver(3, { charged: "0.01", quantity: "0.001" });
    await deliver(2);
    expect(await today("1")).toEqual({ ...common, charged: "99.46", quantity: "5.001", sales: 2, since });
    expect(await today("2")).toEqual({ ...common, charged: "0.00", quantity: "0.000", sales: 0, since });
    await deliver(4, { charged: "0.00", quantity: "1.000", outcome: "needs-attention" });
    await deliver(5, { charged: "10.00", quantity: "1.000", amends: true });
    expect(await today("1")).toEqual({ ...common, charged: "109.46", quantity: "6.001", sales: 3, since });
    nowMs += DAY_MS;
    kiosk.telemetry.report(healthOf({}));
    await vi.waitFor(async () => expect(await today("1")).toMatchObject({ sales: 0, charged: "0.00" }), SOON);
    expect(await today("1")).toMatchObject({ since: "2026-01-02T00:00:00.000Z" });
  });

  test("offline nothing piles up: on connection comes one message for each topic", async () => {
    await start();
    await broker.stop();
    for (let step = 0; step < 5000; step += 1) {
      kiosk.telemetry.publish({
        positions: [...viewOf({ saleId: `sale-${step}` }).positions, ...dispensing(`${step}.000`, "1.00").positions],
        faults: [{ ...FAULT, detail: `leak ${step}` }],
      });
      kiosk.telemetry.report(healthOf({ uptimeS: step }));
      expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    }
    kiosk.telemetry.publish({ ...viewOf({ saleId: "last" }), faults: [{ ...FAULT, detail: "last" }] });
    watcher.messages.length = 0;
    await broker.start();
    await watcher.ready();
    await kiosk.connected(2);
    await seen(() => expect(watcher.json("positions/1/state")).toMatchObject([{ saleId: "last" }]));
    expect(watcher.json("faults")).toMatchObject([{ faults: [{ detail: "last" }] }]);
    kiosk.telemetry.report(healthOf({ uptimeS: 7 }));
    await seen(() => expect(watcher.json("health")).toMatchObject([{ uptimeS: 7 }]));
    const topics = watcher.messages.map(({ topic }) => topic.replace("kioskd/demo-1/", ""));
    const once = ["status", "faults", "positions/1/state", "positions/1/today", "positions/2/today", "health"];
    expect(new Set(topics)).toEqual(new Set(once));
    expect(topics).toHaveLength(once.length);
  });

  test("where another encoding shows the states, only status, records and answers are here", async () => {
    await start({ publishesStates: false, discovery: true });
    kiosk.telemetry.publish({ ...dispensing("1.000", "19.89"), faults: [FAULT] });
    kiosk.telemetry.report(healthOf({}));
    await watcher.send("cmd/unblock", "{}");
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
    await seen(() => expect(watcher.on("cmd/unblock/reply")).toHaveLength(1));
    const topics = new Set(watcher.messages.map(({ topic }) => topic.replace("kioskd/demo-1/", "")));
    expect(topics).toEqual(new Set(["status", "sales", "cmd/unblock", "cmd/unblock/reply"]));
  });

  test("Home Assistant finds the kiosk as one device, by what is published anyway", async () => {
    await start({ discovery: true });
    const find = () => watcher.messages.find(({ topic }) => topic === "homeassistant/device/demo-1/config");
    await seen(() => expect(find()).toBeDefined());
    const config = JSON.parse(find()?.text ?? "");
    expect(config).toMatchObject({
      dev: { ids: ["kioskd-demo-1"], name: "Demo station", sw: "1.2.3" },
      o: { name: "kioskd" },
      availability: [{ topic: "kioskd/demo-1/status", value_template: "{{ value_json.state }}" }],
    });
    const components: [string, Record<string, string>][] = Object.entries(config.cmps);
    const perPosition = ["state", "charged-today", "quantity-today", "quantity", "block"];
    expect(components.map(([name]) => name)).toEqual(
      ["faults", "problem", "block"].concat(["1", "2"].flatMap((id) => perPosition.map((what) => `${id}-${what}`))),
    );
    expect(new Set(components.map(([, { uniq_id }]) => uniq_id)).size).toBe(components.length);
    expect(config.cmps["1-charged-today"]).toMatchObject({
      ...{ p: "sensor", state_topic: "kioskd/demo-1/positions/1/today", value_template: "{{ value_json.charged }}" },
      ...{ device_class: "monetary", state_class: "total", unit_of_measurement: "SEK" },
      last_reset_value_template: "{{ value_json.since }}",
    });
    const block = config.cmps["1-block"];
    expect(block).toMatchObject({ p: "switch", state_topic: "kioskd/demo-1/faults", optimistic: false });
    const ordered: unknown[] = [];
    kiosk.telemetry.onOrder(async (command) => {
      ordered.push(command);
      return { kind: "done" };
    });
    const topic = block.command_topic.replace("kioskd/demo-1/", "");
    await watcher.send(topic, block.payload_on);
    await watcher.send(topic, block.payload_off);
    await seen(() => expect(ordered).toHaveLength(2));
    expect(ordered).toEqual(["block", "unblock"].map((name) => ({ name, body: { position: "1" } })));
    const late = new Watcher(broker.url);
    await late.ready();
    await seen(() =>
      expect(late.messages.some(({ topic: at, retained: kept }) => kept && at.endsWith("config"))).toBe(true),
    );
    await late.close();
  });
});
