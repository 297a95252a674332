import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { compareBooks } from "../../src/core/reconcile.ts";
import { dartFraming } from "../../src/devices/dart/codec.ts";
import { answersFraming } from "../../src/devices/modbus-meter/codec.ts";
import { LONGEST_MESSAGE } from "../../src/devices/rapi/codec.ts";
import { codeOf } from "../../src/displays/code.ts";
import type { Framing } from "../../src/platform/serial/line.ts";
import { textLines } from "../../src/platform/serial/lines-framing.ts";
import { startBroker } from "../../src/telemetry/broker/broker.ts";
import { startTestDisplay } from "../displays/web/support.ts";
import { SECRET, startBench } from "../payments/seqr/remote-offers/support.ts";
import { longestStall } from "../support/stall.ts";
import { startKiosk, Watcher } from "../telemetry/mqtt/rig.ts";
import { settingsFor } from "../telemetry/mqtt/samples.ts";

const MB = 1024 * 1024;
/** What the kernel gives of a serial port at a time. */
const READ_BYTES = 4_095;

async function posted(url: string, body: string): Promise<void> {
  // The connection may be cut while the body is still on its way.
  await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => undefined);
}

describe("the loop that closes valves goes on under", () => {
  const BODIES: readonly (readonly [string, string])[] = [
    ["a large body", JSON.stringify({ reserve: "9".repeat(MB) })],
    ["a deep body", "[".repeat(MB)],
    ["a deep body that is taken", "[".repeat(4_000)],
    ["many fields", `{${Array.from({ length: 500 }, (_, index) => `"${index}":1`).join()}}`],
  ];

  it.each(BODIES)("%s for the display", async (_what, body) => {
    const display = await startTestDisplay();
    onTestFinished(() => display.display.close());
    const url = new URL("/api/positions/1/select", display.display.url).href;
    expect(await longestStall(() => posted(url, body))).toBeLessThan(1);
    expect(display.pressed).toEqual([]);
  });

  it.each(BODIES)("%s for the listener of machine codes", async (_what, body) => {
    const { listener, offers } = await startBench();
    const url = `${listener.url}/${SECRET}/createPurchase`;
    expect(await longestStall(() => posted(url, body))).toBeLessThan(1);
    expect(offers.asked).toEqual([]);
  });

  it.each([
    ["a command of a megabyte", `{"id":"a","position":"${"1".repeat(MB)}"}`],
    ["a deep command", "[".repeat(16_000)],
    ["a command of many fields", `{${Array.from({ length: 1_200 }, (_, index) => `"f${index}":1`).join()}}`],
  ])("%s", async (_what, payload) => {
    const broker = await startBroker({ host: "127.0.0.1", port: 0 });
    const kiosk = startKiosk(settingsFor(broker.url));
    const watcher = new Watcher(broker.url);
    onTestFinished(async () => {
      await watcher.close();
      await kiosk.telemetry.close();
      await broker.close();
    });
    await kiosk.connected();
    expect(await longestStall(() => watcher.send("cmd/stop", payload))).toBeLessThan(1);
  });

  const FRAMINGS: readonly (readonly [string, () => Framing<unknown>])[] = [
    ["RAPI", () => textLines({ end: "\r", maxBytes: LONGEST_MESSAGE })],
    ["MDB", () => textLines({ end: "\n", maxBytes: LONGEST_MESSAGE })],
    ["DART", dartFraming],
    ["Modbus", answersFraming],
  ];
  const FLOODS: readonly (readonly [string, readonly number[]])[] = [
    ["zeros", [0]],
    ["ends of lines", [13, 10]],
    ["letters", [97]],
    ["beginnings of Modbus answers", [1, 3, 250]],
    ["beginnings of Modbus answers that are none", [1, 16, 0, 0, 0, 0, 255]],
    ["beginnings of DART frames", [0x50, 0x30, 0xfa, 0x10]],
  ];
  const table = FRAMINGS.flatMap(([name, make]) => FLOODS.map(([what, bytes]) => [what, name, make, bytes] as const));
  it.each(table)("a flood of %s on a port of %s", async (_what, _name, make, bytes) => {
    const framing = make();
    const flood = new Uint8Array(MB).map((_, index) => bytes[index % bytes.length] ?? 0);
    const stalled = await longestStall(async () => {
      for (let at = 0; at < flood.length; at += READ_BYTES) {
        framing.push(flood.slice(at, at + READ_BYTES));
        await turn();
      }
    });
    expect(stalled).toBeLessThan(1);
  });

  it("books of 60,000 payments", async () => {
    const theirs = Array.from({ length: 60_000 }, (_, index) => ({
      paymentReference: `p${index}`,
      amountMinor: index,
    }));
    const ours = theirs.map((booking, index) => ({ ...booking, saleId: `s${index}`, atMs: index }));
    const stalled = await longestStall(async () => {
      const comparing = compareBooks(theirs, ours, 1e12, 1_000);
      let step = comparing.next();
      for (; step.done !== true; step = comparing.next()) await turn();
      expect(step.value.matched).toHaveLength(60_000);
    });
    expect(stalled).toBeLessThan(1);
  });

  it("the longest code that is drawn", async () => {
    expect(await longestStall(async () => codeOf("https://x/?é".repeat(42)))).toBeLessThan(1);
  });
});
