import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openJournal } from "../../src/adapters/journal/sqlite/journal.ts";
import { type ReconciliationEvent, reconciliationOf } from "../../src/core/reconcile.ts";
import { refundsOf } from "../../src/core/refund.ts";
import { Reconciler } from "../../src/engine/reconciliation.ts";
import { type PaidSale, refund } from "../../src/engine/refund.ts";
import type { PaymentBooks } from "../../src/ports/books.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import { HAPPY, PAID, T0_MS } from "../support/sale-fixtures.ts";
import { SILENT } from "../support/silent-log.ts";
import { tempFolder } from "../support/temp.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";

const SALE: PaidSale = { record: PAID, paymentReference: "ers-1", chargedMinor: 9_945 };
/** The service's side of refunds: gives back no more than was paid, and loses the answers it is told to lose. */
class Service {
  readonly given: number[] = [];
  readonly losses: ("request" | "answer" | null)[];

  constructor(losses: ("request" | "answer" | null)[]) {
    this.losses = losses;
  }

  readonly refund: PaymentBooks["refund"] = async ({ amountMinor }) => {
    const loss = this.losses.shift() ?? null;
    if (loss === "request") return unknown("lost");
    const exceeds = this.given.reduce((sum, each) => sum + each, amountMinor) > SALE.chargedMinor;
    if (!exceeds) this.given.push(amountMinor);
    if (loss === "answer") return unknown("lost");
    return done(exceeds ? { kind: "exceeds", detail: "98" } : { kind: "made", reference: `rf-${this.given.length}` });
  };
}

function scene(): { journal: Journal; time: VirtualTime; until<T>(work: Promise<T>): Promise<T> } {
  const journal = openJournal(join(tempFolder(), "journal.db"));
  onTestFinished(() => journal.close());
  const time = new VirtualTime(T0_MS);
  async function until<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const noted = work.finally(() => {
      settled = true;
    });
    noted.catch(() => undefined);
    for (let idle = 0; !settled && idle < 50; ) idle = (await time.step()) ? 0 : idle + 1;
    return await noted;
  }
  return { journal, time, until };
}

describe("a refund", () => {
  const made = (amountMinor: number) => ({ kind: "made", amountMinor });
  it.each<[string, number | null, ("request" | "answer" | null)[], object, number[]]>([
    ["of the whole", null, [], made(9_945), [9_945]],
    ["of a part", 1_000, [], made(1_000), [1_000]],
    ["of the whole, its answer lost", null, ["answer"], made(9_945), [9_945]],
    ["of the whole, its request lost", null, ["request"], made(9_945), [9_945]],
    ["of the whole, both lost in turn", null, ["answer", "request", "answer"], made(9_945), [9_945]],
    ["of more than half, its answer lost", 5_000, ["answer"], made(5_000), [5_000]],
    ["of a part, its answer lost", 1_000, ["answer"], { kind: "unclear" }, [1_000]],
    ["of a part, its request lost", 1_000, ["request"], { kind: "unclear" }, []],
    ["of too much", 10_000, [], { kind: "refused" }, []],
    ["of nothing", 0, [], { kind: "refused" }, []],
  ])("%s", async (_what, amountMinor, losses, outcome, given) => {
    const { journal, time, until } = scene();
    const service = new Service(losses);
    const deps = { journal, books: service, clock: clockOf(time, { number: 1, alive: true }), newRefundId: () => "r1" };
    expect(await until(refund(deps, SALE, amountMinor))).toMatchObject(outcome);
    expect(service.given).toEqual(given);
  });

  it("without a clear answer is never sent again unless that is safe, and blocks others", async () => {
    const { journal, time, until } = scene();
    const service = new Service(["answer"]);
    let id = 0;
    const deps = {
      journal,
      books: service,
      clock: clockOf(time, { number: 1, alive: true }),
      newRefundId: () => `r${++id}`,
    };
    for (const amountMinor of [1_000, 1_000, 2_000, null]) {
      expect(await until(refund(deps, SALE, amountMinor))).toMatchObject({ kind: "unclear", refundId: "r1" });
    }
    expect(service.given).toEqual([1_000]);
    expect(refundsOf(await journal.notes("refunds", PAID.saleId))).toHaveLength(1);
  });

  it("is repeated up to what was paid, and no further", async () => {
    const { journal, time, until } = scene();
    const service = new Service([]);
    let id = 0;
    const deps = {
      journal,
      books: service,
      clock: clockOf(time, { number: 1, alive: true }),
      newRefundId: () => `r${++id}`,
    };
    for (const amountMinor of [4_000, 4_000, 4_000, null, null]) await until(refund(deps, SALE, amountMinor));
    expect(service.given).toEqual([4_000, 4_000, 1_945]);
  });

  it("refused by the service leaves everything as it was", async () => {
    const { journal, time, until } = scene();
    const books = { refund: async () => declined<never>("refused", "the bank says no") };
    const deps = { journal, books, clock: clockOf(time, { number: 1, alive: true }), newRefundId: () => "r1" };
    expect(await until(refund(deps, SALE, null))).toEqual({ kind: "refused", detail: "the bank says no" });
    expect(refundsOf(await journal.notes("refunds", PAID.saleId))).toMatchObject([{ state: "refused" }]);
  });
});

type Marks = Outcome<{ periodId: string }>;

/** A reconciler on a real journal and virtual time; `reports` are what the service answers, in turn. */
function reconciling(marks: Marks[], reports: Awaited<ReturnType<PaymentBooks["transactions"]>>[]) {
  const { journal, time, until } = scene();
  const raised = new Set<string>();
  const calls = { marks: 0, reports: 0 };
  const books: PaymentBooks = {
    refund: async () => unknown(""),
    submitReceipt: async () => done(null),
    markPeriod: async () => {
      calls.marks++;
      return marks.shift() ?? unknown("silence");
    },
    transactions: async () => {
      calls.reports++;
      return reports.shift() ?? unknown("silence");
    },
  };
  let due = "2026-11-22 03:10";
  const life = { number: 1, alive: true };
  const make = () =>
    new Reconciler({
      positions: ["1"],
      schedule: { cron: "10 3 * * *", timezone: "UTC" },
      books,
      journal,
      faults: { raise: (code) => void raised.add(code), clear: (code) => void raised.delete(code) },
      clock: clockOf(time, life),
      calendar: {
        latestDue: () => due,
        localTime: (_zone, atMs) => new Date(atMs).toISOString().slice(0, 16).replace("T", " "),
        everyMinute: () => () => {},
        schedule: () => () => {},
      },
      log: SILENT,
      noted: () => {},
    });
  const tick = (reconciler = make()): Promise<void> => until(reconciler.tick());
  const sell = async (saleId: string, closedAt: string, reference: string): Promise<void> => {
    const record = { ...PAID, saleId, closedAt, reference };
    await journal.append("1", { ...HAPPY[0], saleId } as never, record);
  };
  const last = async () => reconciliationOf(await journal.notes("reconciliations", "1")).last;
  return { journal, tick, make, sell, last, raised, calls, setDue: (text: string) => (due = text) };
}

const PERIOD: Marks = done({ periodId: "p1" });

describe("reconciliation", () => {
  it("finds exactly what was planted, and raises a fault until the books agree", async () => {
    const rows = [
      { paymentReference: "same", amountMinor: 9_945 },
      { paymentReference: "other-amount", amountMinor: 9_000 },
      { paymentReference: "missing-here", amountMinor: 500 },
    ];
    const rig = reconciling([PERIOD, done({ periodId: "p2" })], [done(null), done(rows), done([])]);
    for (const reference of ["same", "other-amount", "missing-there"])
      await rig.sell(reference, "2026-11-21T10:00:00.000Z", reference);
    await rig.tick();
    expect(await rig.last()).toMatchObject({
      type: "compared",
      periodId: "p1",
      matched: 1,
      differing: [{ paymentReference: "other-amount", oursMinor: 9_945, theirsMinor: 9_000 }],
      missingHere: [{ paymentReference: "missing-here" }],
      missingThere: [{ paymentReference: "missing-there", saleId: "missing-there" }],
      carried: [],
    });
    expect([...rig.raised]).toEqual(["books-differ"]);
    rig.setDue("2026-11-23 03:10");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ periodId: "p2", matched: 0, missingThere: [] });
    expect([...rig.raised]).toEqual([]);
  });

  it("is done once for each time that it is due, whatever is asked in between", async () => {
    const rig = reconciling([PERIOD, PERIOD], [done([]), done([])]);
    await rig.tick();
    expect(rig.calls.marks).toBe(0);
    await rig.sell("a", "2026-11-22T09:00:00.000Z", "a");
    await rig.tick();
    expect(rig.calls.marks, "sold after it was due").toBe(0);
    rig.setDue("2026-11-23 03:10");
    for (let round = 0; round < 3; round++) await rig.tick();
    expect(rig.calls.marks).toBe(1);
    rig.setDue("2026-11-22 03:10");
    await rig.tick();
    expect(rig.calls.marks, "the clock was set back").toBe(1);
  });

  it("is not kept from its work by a time that a wrong clock noted", async () => {
    const rig = reconciling([PERIOD], [done([])]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    const note = (news: object) =>
      rig.journal.note("reconciliations", "1", () => ({ position: "1", atMs: 1, ...news }) as ReconciliationEvent);
    await note({ type: "begun", due: "2031-05-01 03:10" });
    await note({ type: "failed", detail: "" });
    await rig.tick();
    expect(await rig.last()).toMatchObject({ type: "compared" });
    expect(rig.calls.marks).toBe(1);
  });

  it("goes on after a restart with the period that was marked, and does not mark another", async () => {
    const rig = reconciling([PERIOD], [done([{ paymentReference: "a", amountMinor: 9_945 }])]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.journal.note("reconciliations", "1", () => ({
      type: "begun",
      position: "1",
      atMs: 1,
      due: "2026-11-22 03:10",
    }));
    await rig.journal.note("reconciliations", "1", () => ({
      type: "marked",
      position: "1",
      atMs: T0_MS,
      periodId: "p0",
    }));
    await rig.tick();
    expect(rig.calls.marks).toBe(0);
    expect(await rig.last()).toMatchObject({ type: "compared", periodId: "p0", matched: 1 });
  });

  it("says that a period may be lost when the answer to its mark was", async () => {
    const rig = reconciling([unknown("silence"), PERIOD], [done([])]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ type: "compared", gap: true, missingThere: [{ paymentReference: "a" }] });
  });

  it("gives up at once when the service refuses", async () => {
    const rig = reconciling([declined("rejected", "no such account")], []);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ type: "failed" });
    expect(rig.calls.marks).toBe(1);
  });

  it("gives up within a bound, with a fault, and is made up on request", async () => {
    const rig = reconciling([], []);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ type: "failed" });
    expect([...rig.raised]).toEqual(["reconciliation-failed"]);
    const { marks } = rig.calls;
    await rig.tick();
    expect(rig.calls.marks).toBe(marks);
    await rig.journal.note("reconciliations", "1", () => ({ type: "requested", position: "1", atMs: 1 }));
    await rig.tick();
    expect(rig.calls.marks).toBeGreaterThan(marks);
  });
});
