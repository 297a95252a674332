import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import type { MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { hasMosquitto, type Mosquitto, mosquitto } from "../../support/mosquitto.ts";
import { HAPPY } from "../../support/sale-fixtures.ts";
import { runs } from "../../support/sample.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { HURRY, type Kiosk, SOON, startKiosk, Watcher } from "./rig.ts";
import { entryOf, settingsFor } from "./samples.ts";

const WAITING = runs(500, 10_000);
const LONG = { timeout: 250_000, interval: 50 };
const [FIRST_EVENT] = HAPPY;

describe.skipIf(!hasMosquitto())("the outbox on a real broker", () => {
  let broker: Mosquitto;
  let watcher: Watcher;
  let journal: Journal;
  let outbox: Outbox;
  let kiosk: Kiosk;

  beforeEach(async () => {
    broker = await mosquitto();
    await broker.start();
    watcher = new Watcher(broker.url);
    await watcher.ready();
    journal = openJournal({ path: join(tempFolder(), "journal.db") });
  });

  afterEach(async () => {
    outbox.close();
    await kiosk.telemetry.close();
    await outbox.settled();
    await journal.close();
    await watcher.close();
    await broker.close();
  });

  async function sell(fromSeq: number, count: number): Promise<void> {
    for (let seq = fromSeq; seq < fromSeq + count; seq += 1) {
      if (FIRST_EVENT === undefined) throw new Error("there is no event");
      const { body } = entryOf(seq);
      await journal.append("1", { ...FIRST_EVENT, saleId: body.saleId }, body);
    }
  }

  function start(changes: Partial<MqttSettings> = {}): void {
    kiosk = startKiosk({ ...settingsFor(broker.url), ...changes });
    outbox = new Outbox(journal, kiosk.telemetry, hurriedClock(HURRY), SILENT);
    kiosk.telemetry.onConnection((connected) => outbox.connection(connected));
  }

  const seqs = (): number[] => watcher.json("sales").map(({ seq }) => Number(seq));
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
  const firsts = (): number[] => [...new Set(seqs())];

  test(`${WAITING} waiting records arrive in order, each once`, { timeout: 300_000 }, async () => {
    await sell(1, WAITING);
    start();
    await vi.waitFor(async () => expect(await journal.pendingCount("sales")).toBe(0), LONG);
    await vi.waitFor(() => expect(seqs()).toHaveLength(WAITING), SOON);
    expect(seqs()).toEqual(numbers(WAITING));
    expect(watcher.json("sales").map(({ saleId }) => saleId)).toEqual(numbers(WAITING).map((seq) => `sale-${seq}`));
  });

  test("a broker killed again and again: all in order, and what comes twice bears the same number", {
    timeout: 60_000,
  }, async () => {
    const count = runs(240, 600);
    await sell(1, count);
    start();
    for (const [round, reached] of [count / 6, count / 3, (2 * count) / 3].entries()) {
      await vi.waitFor(async () => expect(await journal.pendingCount("sales")).toBeLessThan(count - reached), LONG);
      await broker.stop();
      await sell(count + round + 1, 1);
      outbox.wake();
      await broker.start();
      await watcher.ready();
    }
    await vi.waitFor(async () => expect(await journal.pendingCount("sales")).toBe(0), LONG);
    await vi.waitFor(() => expect(firsts().at(-1)).toBe(count + 3), SOON);
    // One that the killed broker took without handing it on is acknowledged all the same.
    expect(firsts()).toEqual(firsts().toSorted((one, other) => one - other));
    expect(firsts().length).toBeGreaterThanOrEqual(count);
    expect(seqs().length - firsts().length).toBeLessThanOrEqual(3);
    for (const { seq, saleId } of watcher.json("sales")) expect(saleId).toBe(`sale-${seq}`);
  });

  test("with applicationAck a broker that accepts and forgets loses nothing", { timeout: 60_000 }, async () => {
    await sell(1, 3);
    start({ applicationAck: true, deliverTimeoutMs: 1000 });
    await vi.waitFor(() => expect(seqs().length).toBeGreaterThan(1), SOON);
    expect(new Set(seqs())).toEqual(new Set([1]));
    expect(await journal.pendingCount("sales")).toBe(3);
    expect(kiosk.changes.filter(({ connected }) => connected)).toHaveLength(1);
    const answered = new Set<number>();
    await vi.waitFor(async () => {
      for (const seq of seqs()) {
        if (answered.size < seq) await watcher.send("sales/ack", JSON.stringify({ seq }));
        if (seq === seqs().at(-1)) answered.add(seq);
      }
      expect(await journal.pendingCount("sales")).toBe(0);
    }, LONG);
    expect(firsts()).toEqual([1, 2, 3]);
  });

  test.each<readonly [string, string, object, boolean]>([
    ["of the record", '{"seq":2}', {}, true],
    ["of the record and its sale", '{"seq":2,"saleId":"sale-2"}', {}, true],
    ["of another sale with this number", '{"seq":2,"saleId":"sale-of-another"}', {}, false],
    ["of one that was never sent", '{"seq":9}', {}, false],
    ["of an earlier one", '{"seq":1}', {}, false],
    ["that is retained", '{"seq":2}', { retain: true }, false],
    ["that is none", "2", {}, false],
    ["with more in it", '{"seq":2,"more":1}', {}, false],
    ["cut off", '{"seq":2', {}, false],
  ])("the receiver's word %s: %s", async (_what, payload, options, delivered) => {
    start({ applicationAck: true, deliverTimeoutMs: 1500 });
    await kiosk.connected();
    const answer = kiosk.telemetry.deliver("sales", entryOf(2));
    await vi.waitFor(() => expect(seqs()).toEqual([2]), SOON);
    await watcher.send("sales/ack", payload, options);
    expect(await answer).toBe(delivered);
    expect(kiosk.changes.at(-1)?.connected).toBe(true);
    expect(await kiosk.telemetry.deliver("unaccounted", { seq: 1, body: UNACCOUNTED })).toBe(true);
  });
});

const UNACCOUNTED = { position: "1", at: "2026-01-01T10:00:00.000Z", unit: "L", quantity: "0.100", detail: "dripping" };
