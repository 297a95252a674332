import { describe, expect, it } from "vitest";
import { type ReconciliationEvent, reconciliationOf } from "../../../src/core/reconcile.ts";
import type { Named } from "../../../src/engine/belongings.ts";
import { Reconciler } from "../../../src/engine/books/reconciliation.ts";
import { settleDifferences } from "../../../src/engine/books/settling.ts";
import type { Periods } from "../../../src/ports/books.ts";
import { declined, done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { journalScene } from "../../support/journal-scene.ts";
import { HAPPY, PAID, T0_MS } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf } from "../../support/virtual-clock.ts";

type Marks = Outcome<{ periodId: string }>;

/** A reconciler on a real journal and virtual time; `reports` are what the service answers, in turn. */
function reconciling(marks: Marks[], reports: Awaited<ReturnType<Periods["transactions"]>>[]) {
  const { journal, time, until } = journalScene();
  const raised = new Set<string>();
  const raise = (code: string): void => void raised.add(code);
  const calls = { marks: 0, reports: 0 };
  const periods: Periods = {
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
  const make = (positions: readonly Named[] = [{ id: "1", formerly: [] }]) =>
    new Reconciler({
      positions,
      schedule: { cron: "10 3 * * *", timezone: "UTC" },
      periods,
      isOwn: (provider) => provider !== "other",
      journal,
      faults: { raise, put: ({ code }) => raise(code), clear: (code) => void raised.delete(code) },
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
  const sell = async (saleId: string, closedAt: string, reference: string, provider?: string): Promise<void> => {
    const record = { ...PAID, saleId, closedAt, reference, ...(provider === undefined ? {} : { provider }) };
    await journal.append("1", { ...HAPPY[0], saleId } as never, record);
  };
  const last = async () => reconciliationOf(await journal.notes("reconciliations", "1")).last;
  return { journal, tick, make, sell, last, raised, calls, setDue: (text: string) => (due = text) };
}

const PERIOD: Marks = done({ periodId: "p1" });

describe("reconciliation", () => {
  it("finds exactly what was planted, and raises a fault that no clean night takes back", async () => {
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
    expect([...rig.raised]).toEqual(["books-differ"]);

    const clock = { wallMs: () => T0_MS };
    const by = { by: "Ann", note: "looked up" };
    const settle = (paymentReference: string | null) =>
      settleDifferences({ journal: rig.journal, clock, positions: [] }, { position: null, paymentReference }, by);
    expect((await settle("other-amount")).get("1")?.open).toMatchObject([{ kind: "differing", periodId: "p1" }]);
    expect(await settle("other-amount"), "a second time").toEqual(new Map());
    await rig.tick();
    expect([...rig.raised], "one of three").toEqual(["books-differ"]);
    expect((await settle(null)).get("1")?.open).toHaveLength(2);
    await rig.tick();
    expect([...rig.raised]).toEqual([]);
    const notes = await rig.journal.notes("reconciliations", "1");
    expect(notes.findLast(({ type }) => type === "settled")).toMatchObject({ paymentReference: null, ...by });
  });

  it("compares what was paid at its service, and no sale or refund of another one", async () => {
    const rig = reconciling([PERIOD], [done([{ paymentReference: "here", amountMinor: 9_945 }])]);
    const closedAt = "2026-11-21T10:00:00.000Z";
    for (const [name, provider] of [
      ["here", undefined],
      ["elsewhere", "other"],
    ] as const)
      await rig.sell(name, closedAt, name, provider);
    const refund = { refundId: "rf", saleId: "elsewhere", position: "1", atMs: T0_MS, paymentReference: "elsewhere" };
    const money = { amountMinor: 100, currency: "SEK", provider: "other" };
    await rig.journal.note("refunds", "elsewhere", () => ({ type: "made", reference: "rf", ...refund, ...money }));
    await rig.tick();
    expect(await rig.last()).toMatchObject({ matched: 1, missingHere: [], missingThere: [], carried: [] });
    expect([...rig.raised]).toEqual([]);
  });

  it("takes back by itself what a later night explains", async () => {
    const late = [{ paymentReference: "a", amountMinor: 9_945 }];
    const rig = reconciling([PERIOD, done({ periodId: "p2" })], [done([]), done(late)]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    expect([...rig.raised]).toEqual(["books-differ"]);
    rig.setDue("2026-11-23 03:10");
    await rig.tick();
    expect([...rig.raised]).toEqual([]);
  });

  it("shows what is open after a restart, and of a position that is gone", async () => {
    const rig = reconciling([PERIOD], [done([{ paymentReference: "x", amountMinor: 1 }])]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    rig.raised.clear();
    await rig.tick(rig.make([]));
    expect([...rig.raised]).toEqual(["books-differ"]);
  });

  it("goes on where it stood when the position has another name, with what was sold under the old one", async () => {
    const agree = (paymentReference: string) => done([{ paymentReference, amountMinor: 9_945 }]);
    const rig = reconciling([PERIOD, done({ periodId: "p2" })], [agree("a"), agree("b")]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    await rig.sell("b", "2026-11-22T10:00:00.000Z", "b");
    rig.setDue("2026-11-23 03:10");
    await rig.tick(rig.make([{ id: "pump", formerly: ["1"] }]));
    const { last } = reconciliationOf(await rig.journal.notes("reconciliations", "pump"));
    expect(last).toMatchObject({ matched: 1, missingThere: [], missingHere: [], throughSale: 2 });
    expect([...rig.raised]).toEqual([]);
  });

  it("has differences settled that were found under the old name, and none that the new one explained", async () => {
    const rows = (...references: string[]) =>
      done(references.map((paymentReference) => ({ paymentReference, amountMinor: 9_945 })));
    const rig = reconciling([PERIOD, done({ periodId: "p2" })], [rows("x"), rows("a")]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    const positions = [{ id: "pump", formerly: ["1"] }];
    rig.setDue("2026-11-23 03:10");
    await rig.tick(rig.make(positions));
    const settle = () =>
      settleDifferences(
        { journal: rig.journal, clock: { wallMs: () => T0_MS }, positions },
        { position: "pump", paymentReference: null },
        { by: "Ann", note: "looked up" },
      );
    expect([...(await settle())].map(([id, { open }]) => [id, open.map((each) => each.paymentReference)])).toEqual([
      ["pump", ["x"]],
    ]);
    expect(await settle(), "a second time").toEqual(new Map());
    await rig.tick(rig.make(positions));
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

  it("carries a sale over once, also one that a clock far ahead has dated", async () => {
    const rig = reconciling([PERIOD, done({ periodId: "p2" })], [done([]), done([])]);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.sell("ahead", "2027-01-21T10:00:00.000Z", "ahead");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ missingThere: [{ saleId: "a" }], carried: [{ saleId: "ahead" }] });
    rig.setDue("2026-11-23 03:10");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ periodId: "p2", missingThere: [{ saleId: "ahead" }], carried: [] });
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
    const rig = reconciling([declined("refused", "no such account")], []);
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    await rig.tick();
    expect(await rig.last()).toMatchObject({ type: "failed" });
    expect(rig.calls.marks).toBe(1);
  });

  it("waits while the service does not let the account in, with a fault, and loses no period by it", async () => {
    const shutOut = declined<never>("rejected", "the account is blocked");
    const rig = reconciling(
      [shutOut, shutOut, PERIOD],
      [shutOut, shutOut, done([{ paymentReference: "a", amountMinor: 9_945 }])],
    );
    await rig.sell("a", "2026-11-21T10:00:00.000Z", "a");
    const reconciler = rig.make();
    for (let minute = 1; minute <= 4; minute++) {
      await rig.tick(reconciler);
      expect([...rig.raised], `minute ${minute}`).toEqual(["reconciliation-failed"]);
      expect(await rig.last()).toBeNull();
    }
    await rig.tick(reconciler);
    expect(await rig.last()).toMatchObject({ type: "compared", periodId: "p1", matched: 1, gap: false });
    expect([...rig.raised]).toEqual([]);
    expect(rig.calls).toEqual({ marks: 3, reports: 3 });
  });

  it("asks once for what is asked for many times, and lists a thousand differences of those that there are", async () => {
    const strangers = Array.from({ length: 1_500 }, (_, at) => ({
      paymentReference: `stranger-${at}`,
      amountMinor: 1,
    }));
    const rig = reconciling([done({ periodId: "p1" })], [done(strangers)]);
    for (let at = 0; at < 1_200; at++) await rig.sell(`s${at}`, "2026-11-21T10:00:00.000Z", `r${at}`);
    const reconciler = rig.make();
    for (let times = 0; times < 5; times++) await reconciler.request("1");
    expect(await rig.journal.notesAfter("reconciliations", 0, 10)).toHaveLength(1);
    await rig.tick(reconciler);
    const last = await rig.last();
    expect(last).toMatchObject({ type: "compared", beyond: 700 });
    expect(last?.type === "compared" && [last.missingHere.length, last.missingThere.length]).toEqual([1_000, 1_000]);
    expect(reconciliationOf(await rig.journal.notes("reconciliations", "1"))).toMatchObject({ openBeyond: 1_700 });
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
