import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RestartableBroker } from "../../support/mosquitto.ts";
import { HURRY, type Kiosk, retained, SOON, startKiosk, Watcher } from "./rig.ts";
import { dispensing, entryOf, QR_TEXT, settingsFor, viewOf } from "./samples.ts";

const CHILD = fileURLToPath(new URL("./kiosk-process.ts", import.meta.url));

/** What the MQTT section of the architecture promises, on any broker. */
export function mqttBehaviour(name: string, make: () => Promise<RestartableBroker>): void {
  describe(`MQTT on ${name}`, () => {
    let broker: RestartableBroker;
    let watcher: Watcher;
    let kiosk: Kiosk | null;

    beforeEach(async () => {
      kiosk = null;
      broker = await make();
      await broker.start();
      watcher = new Watcher(broker.url);
      await watcher.ready();
    });

    afterEach(async () => {
      await kiosk?.telemetry.close();
      await watcher.close();
      await broker.close();
    });

    async function started(): Promise<Kiosk> {
      kiosk = startKiosk(settingsFor(broker.url));
      await kiosk.connected();
      return kiosk;
    }

    const statuses = (): Record<string, unknown>[] => watcher.on("status").map((text) => JSON.parse(text));
    const seen = (check: () => void): Promise<void> => vi.waitFor(check, SOON);

    test("online on connection, offline by its own word on close", async () => {
      const { telemetry } = await started();
      await seen(() => expect(statuses()).toHaveLength(1));
      expect(statuses()[0]).toEqual({
        state: "online",
        version: "1.2.3",
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      });
      await telemetry.close();
      await seen(() => expect(statuses().at(-1)).toEqual({ state: "offline", reason: "shutdown" }));
      await sleep(100);
      expect(statuses()).toHaveLength(2);
      expect(await retained(broker.url, "status")).toEqual({ state: "offline", reason: "shutdown" });
    });

    test("a killed kiosk is told as lost by the broker", async () => {
      const child = fork(CHILD, [broker.url], { execArgv: ["--import", "tsx"] });
      await once(child, "message");
      await seen(() => expect(statuses().at(-1)).toMatchObject({ state: "online" }));
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      await seen(() => expect(statuses().at(-1)).toEqual({ state: "offline", reason: "lost" }));
      expect(await retained(broker.url, "status")).toEqual({ state: "offline", reason: "lost" });
    });

    test("a restarted broker gets the newest states, changed or not, and no old meter values", async () => {
      const { telemetry, connected } = await started();
      telemetry.publish(viewOf({ id: "2" }));
      telemetry.publish(dispensing("0.100", "1.99"));
      await seen(() => expect(watcher.on("positions/1/meter")).toHaveLength(1));
      await broker.stop();
      for (let step = 2; step < 50; step += 1) telemetry.publish(dispensing(`0.${step}0`, "2.00"));
      telemetry.publish(viewOf({ state: "settling", saleId: "sale-1", quantity: "9.000" }));
      await broker.start();
      await watcher.ready();
      await connected(2);
      await seen(() => expect(watcher.on("positions/1/state")).toHaveLength(2));
      expect(JSON.parse(watcher.on("positions/1/state").at(-1) ?? "")).toMatchObject({ state: "settling" });
      expect(await retained(broker.url, "positions/1/state")).toMatchObject({ state: "settling", quantity: "9.000" });
      expect(await retained(broker.url, "positions/2/state")).toMatchObject({ id: "2", state: "idle" });
      expect(await retained(broker.url, "status")).toMatchObject({ state: "online" });
      await sleep(200);
      expect(watcher.on("positions/1/meter")).toHaveLength(1);
    });

    test("the text of the QR code never reaches the broker", async () => {
      const { telemetry } = await started();
      telemetry.publish(viewOf({ state: "offered", saleId: "sale-1", qr: QR_TEXT, message: "scan" }));
      await seen(() => expect(watcher.on("positions/1/state")).toHaveLength(1));
      telemetry.publish(viewOf({ state: "offered", saleId: "sale-1", qr: null, message: "wait" }));
      await telemetry.deliver("sales", entryOf(1));
      await seen(() => expect(watcher.on("sales")).toHaveLength(1));
      const states = watcher.on("positions/1/state").map((text) => JSON.parse(text));
      expect(states.map((state) => [state.qrShown, "qr" in state])).toEqual([
        [true, false],
        [false, false],
      ]);
      expect(JSON.stringify(watcher.messages)).not.toContain("4711SECRET");
    });

    test("meter values flow at most once a second, the last one too, and are no state", async () => {
      const { telemetry } = await started();
      const beganMs = performance.now();
      let step = 0;
      while (performance.now() - beganMs < 1300 / HURRY) {
        step += 1;
        telemetry.publish(dispensing(`0.${String(step).padStart(3, "0")}`, "1.00"));
        await sleep(10);
      }
      await seen(() => expect(watcher.on("positions/1/meter")).toHaveLength(3));
      expect(JSON.parse(watcher.on("positions/1/meter")[0] ?? "")).toEqual({
        saleId: "sale-1",
        quantity: "0.001",
        amount: "1.00",
        unit: "L",
        currency: "SEK",
      });
      const last = `0.${String(step).padStart(3, "0")}`;
      expect(JSON.parse(watcher.on("positions/1/meter")[2] ?? "")).toMatchObject({ quantity: last });
      expect(watcher.on("positions/1/state")).toHaveLength(1);
      expect(await retained(broker.url, "positions/1/meter")).toBeNull();
    });

    test("every change of state is told once, in order, with what is in it", async () => {
      const { telemetry } = await started();
      const phases = ["idle", "offering", "offered", "reserved", "settling", "closed"] as const;
      for (const state of phases) {
        telemetry.publish(viewOf({ state }));
        telemetry.publish(viewOf({ state }));
      }
      await seen(() => expect(watcher.on("positions/1/state")).toHaveLength(phases.length));
      expect(watcher.on("positions/1/state").map((text) => JSON.parse(text).state)).toEqual(phases);
    });

    test("a sale's record carries its number and is not retained", async () => {
      const { telemetry } = await started();
      expect(await telemetry.deliver("sales", entryOf(7))).toBe(true);
      await seen(() => expect(watcher.on("sales")).toHaveLength(1));
      expect(JSON.parse(watcher.on("sales")[0] ?? "")).toEqual({ seq: 7, ...entryOf(7).body });
      expect(await retained(broker.url, "sales")).toBeNull();
    });
  });
}
