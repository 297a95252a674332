import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Order } from "../../../src/core/operator/orders.ts";
import type { ReconciliationEvent } from "../../../src/core/reconcile.ts";
import { leftBehind } from "../../../src/engine/books/left-behind.ts";
import { settleDifferences } from "../../../src/engine/books/settling.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import { HAPPY, PAID, T0_MS } from "../../support/sale-fixtures.ts";
import { tempFolder } from "../../support/temp.ts";
import { scene } from "../scene.ts";

function emptyJournal(): Journal {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  return journal;
}

/** A sale at a position, up to one of its events. */
async function sale(journal: Journal, position: string, events: number, saleId = `sale-${position}`): Promise<void> {
  for (const [index, event] of HAPPY.slice(0, events).entries()) {
    const record = index === HAPPY.length - 1 ? { ...PAID, saleId, position } : null;
    await journal.append(position, { ...event, saleId, ...("position" in event ? { position } : {}) }, record);
  }
}

const order = (journal: Journal, position: string, what: object): Promise<unknown> =>
  journal.note("orders", position, () => ({ position, atMs: T0_MS, ...what }) as Order);
const books = (journal: Journal, position: string, what: object): Promise<unknown> =>
  journal.note("reconciliations", position, () => ({ position, atMs: T0_MS, ...what }) as ReconciliationEvent);
const refund = (journal: Journal, position: string, type: "asked" | "refused"): Promise<unknown> => {
  const identity = { refundId: "rf-1", saleId: PAID.saleId, atMs: T0_MS };
  const terms = { position, paymentReference: "P", amountMinor: 5_000, currency: "SEK" };
  return journal.note("refunds", PAID.saleId, () =>
    type === "asked" ? { type, ...identity, ...terms } : { type, ...identity, detail: "no" },
  );
};

const COMPARED = {
  ...{ type: "compared", periodId: "p", throughSale: 0, throughRefund: 0, matched: 0, gap: false },
  ...{ missingThere: [], missingHere: [], differing: [], carried: [] },
};
const MISSING = { paymentReference: "P", saleId: null, oursMinor: null, theirsMinor: 1 };

describe("a kiosk whose journal knows a position that is not configured", () => {
  it.each<[string, (journal: Journal) => Promise<unknown>, RegExp]>([
    [
      "an offer",
      (journal) => sale(journal, "2", 2),
      /sale-2, since .* UTC: 300.00 SEK offered, may be reserved by now/,
    ],
    ["a reservation", (journal) => sale(journal, "2", 3), /300.00 SEK reserved; nothing dispensed$/m],
    [
      "a delivery",
      (journal) => sale(journal, "2", 4),
      /300.00 SEK reserved; dispensing since the meter stood at 1000.000 L$/m,
    ],
    ["a charge", (journal) => sale(journal, "2", 5), /reserved; 5.000 L dispensed, 99.45 SEK to be charged$/m],
    [
      "a block",
      (journal) => order(journal, "2", { type: "blocked", reason: "leak" }),
      /an operator's block since .*: leak$/m,
    ],
    [
      "a price",
      (journal) => order(journal, "2", { type: "priced", unitPrice: "2.50", configured: "1.00" }),
      /an ordered price since .*: 2.50, not 1.00$/m,
    ],
    [
      "a refund",
      (journal) => refund(journal, "2", "asked"),
      /a refund without a clear answer since .*: 50.00 SEK of sale/,
    ],
    ["a request", (journal) => books(journal, "2", { type: "requested" }), /a reconciliation that was asked for/],
    ["a run", (journal) => books(journal, "2", { type: "begun", due: null }), /a reconciliation that was not finished/],
    [
      "a difference",
      (journal) => books(journal, "2", { ...COMPARED, missingHere: [MISSING] }),
      /books that differ .*: 0 missing there, 1 missing here, 0 differing$/m,
    ],
  ])("does not start over %s, until the position is named", async (_what, write, message) => {
    const journal = emptyJournal();
    await write(journal);
    await expect(scene({ journal })).rejects.toThrow(message);
    await expect(scene({ journal })).rejects.toThrow(/^Position "2" is not in the configuration/);
    const positions = [{ id: "1", formerly: ["2"] }];
    expect(await leftBehind(journal, { positions, retired: [] })).toEqual([]);
    await scene({ journal, retired: ["2"] });
  });

  it.each<[string, (journal: Journal) => Promise<unknown>]>([
    ["a closed sale", (journal) => sale(journal, "2", HAPPY.length)],
    ["a block that was lifted", (journal) => order(journal, "2", { type: "unblocked" })],
    [
      "the price that was configured",
      (journal) => order(journal, "2", { type: "priced", unitPrice: "1.00", configured: "1.00" }),
    ],
    [
      "a refund that was refused",
      async (journal) => {
        await refund(journal, "2", "asked");
        await refund(journal, "2", "refused");
      },
    ],
    ["books that agree", (journal) => books(journal, "2", COMPARED)],
  ])("starts over %s", async (_what, write) => {
    const journal = emptyJournal();
    await write(journal);
    expect((await scene({ journal })).faults()).toEqual([]);
  });

  it("starts over books whose differences a person has settled, as the message says", async () => {
    const journal = emptyJournal();
    await books(journal, "2", { ...COMPARED, missingHere: [MISSING] });
    await expect(scene({ journal })).rejects.toThrow(/ {2}4\. Look into the differences .* kioskd reconcile --settle/);
    await settleDifferences(
      { journal, clock: { wallMs: () => T0_MS }, positions: [] },
      { position: null, paymentReference: "P" },
      { by: "Ann", note: "looked up" },
    );
    expect((await scene({ journal })).faults()).toEqual([]);
  });

  it("does not give one position two open sales", async () => {
    const journal = emptyJournal();
    await sale(journal, "2", 3);
    await sale(journal, "3", 4);
    await expect(scene({ journal, formerly: ["2", "3"] })).rejects.toThrow(
      /^Position "1" cannot take over more than one open sale. The journal also holds of "3":/,
    );
  });
});

describe("a position with another name than before", () => {
  it("has the block and the price that were ordered then, and keeps them when the name is not said any more", async () => {
    const journal = emptyJournal();
    await order(journal, "2", { type: "priced", unitPrice: "2.50", configured: "1.00" });
    await order(journal, "2", { type: "blocked", reason: "leak" });
    const first = await scene({ journal, formerly: ["2"], commands: ["unblock"] });
    expect([first.view().unitPrice, first.faults()]).toEqual(["2.50", ["operator-block: leak"]]);
    const later = await scene({ journal, commands: ["unblock"] });
    expect([later.view().unitPrice, later.faults()]).toEqual(["2.50", ["operator-block: leak"]]);
    await later.kiosk.operators.order({ name: "unblock", body: { position: "1" } });
    expect((await scene({ journal, formerly: ["2"] })).faults()).toEqual([]);
  });

  it("settles the sale that is open under the old name, and shows the fault at the new one", async () => {
    const journal = emptyJournal();
    await sale(journal, "2", 4);
    const { faults, pass } = await scene({ journal, position: "pump", formerly: ["2"] });
    await pass(1_000);
    const closed = (await journal.salesAfter(0, 9)).map(({ body }) => body);
    expect(closed).toMatchObject([{ position: "2", outcome: "needs-attention", reason: "meter-unread" }]);
    expect(faults().join()).toContain("the meter stands at");
  });
});
