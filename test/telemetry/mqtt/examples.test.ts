import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Entry, OutboxStream, Readers } from "../../../src/ports/journal.ts";
import { TOPICS, type Topic } from "../../../src/telemetry/mqtt/topics.ts";
import { writeExamples } from "../../generate/examples.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { SOON, startKiosk, Watcher } from "./rig.ts";
import { dispensing, entryOf, healthOf, settingsFor } from "./samples.ts";

const AT_MS = Date.UTC(2026, 0, 1, 10, 0);
const BOOKING = { paymentReference: "PAY-2", saleId: "sale-2", oursMinor: 9945, theirsMinor: null };

const RECORDS: { readonly [S in OutboxStream]: Entry<Readers[S]> } = {
  sales: entryOf(1),
  refunds: {
    seq: 1,
    body: {
      ...{ refundId: "refund-1", saleId: "sale-1", atMs: AT_MS, type: "made", reference: "REF-1", position: "1" },
      ...{ paymentReference: "PAY-1", amountMinor: 500, currency: "SEK" },
    },
  },
  reconciliations: {
    seq: 1,
    body: {
      ...{ position: "1", atMs: AT_MS, type: "compared", periodId: "7", throughSale: 2, throughRefund: 1, matched: 1 },
      ...{ gap: false, missingThere: [BOOKING], missingHere: [], differing: [], carried: [] },
    },
  },
  unaccounted: {
    seq: 1,
    body: {
      position: "1",
      at: "2026-01-01T10:00:00.000Z",
      unit: "L",
      quantity: "0.100",
      detail: "flow without a sale",
    },
  },
};

const COMMANDS: readonly (readonly [name: string, body: object])[] = [
  ["stop", { id: "order-1", position: "1" }],
  ["block", { id: "order-2", position: "1", reason: "tank empty" }],
  ["unblock", { id: "order-3", position: "1" }],
  ["set-block", { id: "order-4", position: "1", blocked: true }],
  ["set-price", { id: "order-5", position: "1", unitPrice: "20.49" }],
  ["reconcile", { id: "order-6", position: "1" }],
  ["republish", { id: "order-7", from: 1, stream: "sales" }],
  [
    "acknowledge",
    { id: "order-8", code: "needs-attention", position: "1", sale: "sale-1", note: "paid in cash", by: "Ann" },
  ],
];

describe.skipIf(!hasMosquitto())("the documents' examples", () => {
  test("are what arrives at a subscriber of a real broker", async () => {
    const broker = await mosquitto();
    onTestFinished(() => broker.close());
    await broker.start();
    const watcher = new Watcher(broker.url, { protocolVersion: 5 });
    onTestFinished(() => watcher.close());
    await watcher.ready();
    const { telemetry, connected } = startKiosk(settingsFor(broker.url));
    onTestFinished(() => telemetry.close());
    telemetry.onOrder(async () => ({ kind: "done" }));
    await connected();
    telemetry.publish({
      ...dispensing("1.250", "24.86"),
      faults: [{ code: "operator-block", position: "2", sinceMs: AT_MS, detail: "tank empty" }],
    });
    telemetry.report(healthOf({}));
    for (const [stream, entry] of Object.entries(RECORDS)) await telemetry.deliver(stream as OutboxStream, entry);
    await watcher.send("sales/ack", '{"seq":1,"saleId":"sale-1"}');
    for (const [name, body] of COMMANDS) await watcher.send(`cmd/${name}`, JSON.stringify(body));
    const arrived = (): Record<string, unknown> =>
      Object.fromEntries(Object.values<Topic>(TOPICS).map(({ address, message }) => [message, last(watcher, address)]));
    await vi.waitFor(() => expect(Object.values(arrived())).not.toContain(undefined), SOON);
    writeExamples(arrived());
  });
});

function last(watcher: Watcher, address: string): unknown {
  return watcher.json(address.replace("{position}", "1").replace("{command}", "stop")).at(-1);
}
