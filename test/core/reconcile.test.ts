import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Comparison,
  compareBooks,
  type OwnBooking,
  openCount,
  type ReconciliationEvent,
  reconciliationOf,
} from "../../src/core/reconcile.ts";
import { mayRepeat, type Refund, type RefundEvent, refundableMinor, refundsOf } from "../../src/core/refund.ts";

const MARKED_MS = 1_000_000_000;
const SLACK_MS = 120_000;

function own(paymentReference: string, amountMinor: number, beforeMarkMs = 600_000): OwnBooking {
  return { paymentReference, amountMinor, saleId: `sale-${paymentReference}`, atMs: MARKED_MS - beforeMarkMs };
}

function compared(...books: Parameters<typeof compareBooks>): Comparison {
  const comparing = compareBooks(...books);
  let step = comparing.next();
  while (step.done !== true) step = comparing.next();
  return step.value;
}

describe("two sets of books", () => {
  it("agree where they agree, and show exactly what differs", () => {
    const theirs = [
      { paymentReference: "a", amountMinor: 100 },
      { paymentReference: "b", amountMinor: 250 },
      { paymentReference: "stranger", amountMinor: 300 },
      { paymentReference: "a", amountMinor: -40 },
    ];
    const ours = [own("a", 100), own("b", 200), own("c", 50), own("a", -40), own("late", 70, 1_000)];
    const found = compared(theirs, ours, MARKED_MS, SLACK_MS);
    expect(found.matched.map(({ paymentReference, amountMinor }) => [paymentReference, amountMinor])).toEqual([
      ["a", 100],
      ["a", -40],
    ]);
    expect(found.differing).toEqual([{ paymentReference: "b", saleId: "sale-b", oursMinor: 200, theirsMinor: 250 }]);
    expect(found.missingHere).toEqual([
      { paymentReference: "stranger", saleId: null, oursMinor: null, theirsMinor: 300 },
    ]);
    expect(found.missingThere.map(({ paymentReference }) => paymentReference)).toEqual(["c"]);
    expect(found.carried.map(({ paymentReference }) => paymentReference)).toEqual(["late"]);
  });

  it("use every booking exactly once", () => {
    const booking = fc.record({
      paymentReference: fc.constantFrom("a", "b", "c"),
      amountMinor: fc.integer({ min: -3, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(booking), fc.array(booking), (theirs, others) => {
        const ours = others.map(({ paymentReference, amountMinor }) => own(paymentReference, amountMinor));
        const { matched, differing, missingHere, missingThere, carried } = compared(theirs, ours, MARKED_MS, SLACK_MS);
        expect(matched.length + differing.length + missingHere.length).toBe(theirs.length);
        expect(matched.length + differing.length + missingThere.length + carried.length).toBe(ours.length);
      }),
    );
  });
});

describe("the state of reconciliation", () => {
  const at = { position: "1", atMs: 5 };
  const compared: ReconciliationEvent = {
    ...at,
    type: "compared",
    periodId: "p1",
    throughSale: 4,
    throughRefund: 2,
    matched: 3,
    gap: false,
    missingThere: [],
    missingHere: [],
    differing: [],
    carried: [],
  };
  it.each<[string, ReconciliationEvent[], object]>([
    ["nothing yet", [], { lastDue: null, requested: false, running: null }],
    ["asked for", [{ ...at, type: "requested" }], { requested: true, running: null }],
    ["begun", [{ ...at, type: "begun", due: "D1" }], { lastDue: "D1", running: { gap: false, periodId: null } }],
    [
      "a lost mark",
      [
        { ...at, type: "begun", due: "D1" },
        { ...at, type: "mark-unclear", detail: "" },
        { ...at, type: "marked", periodId: "p" },
      ],
      { running: { gap: true, periodId: "p", markedAtMs: 5 } },
    ],
    ["done", [{ ...at, type: "begun", due: "D1" }, compared], { running: null, throughSale: 4, throughRefund: 2 }],
    [
      "after a failure the next one has a gap",
      [
        { ...at, type: "begun", due: "D1" },
        { ...at, type: "failed", detail: "" },
        { ...at, type: "begun", due: null },
      ],
      { lastDue: "D1", running: { gap: true } },
    ],
  ])("%s", (_what, events, expected) => {
    expect(reconciliationOf(events)).toMatchObject(expected);
  });
});

describe("differences in the books", () => {
  const there = { position: "1", atMs: 5 };
  const missing = (paymentReference: string, oursMinor: number | null, theirsMinor: number | null) => {
    return { paymentReference, saleId: null, oursMinor, theirsMinor };
  };
  const ours = (amountMinor: number, reference = "a") => ({ missingThere: [missing(reference, amountMinor, null)] });
  const theirs = (amountMinor: number, reference = "a") => ({ missingHere: [missing(reference, null, amountMinor)] });
  let period = 0;
  const night = (found: object = {}): ReconciliationEvent => ({
    ...{
      ...there,
      type: "compared",
      periodId: `p${++period}`,
      throughSale: 0,
      throughRefund: 0,
      matched: 0,
      gap: false,
    },
    ...{ missingThere: [], missingHere: [], differing: [], carried: [], ...found },
  });
  const settled = (paymentReference: string | null): ReconciliationEvent => {
    return { ...there, type: "settled", paymentReference, by: "Ann", note: "looked up" };
  };
  const twice = { missingHere: [missing("a", null, 5), missing("a", null, 5)] };

  it.each<[string, ReconciliationEvent[], string[], number]>([
    ["stay over clean nights and failures", [night(ours(5)), night(), night()], ["a missing-there"], 0],
    ["are counted over all nights", [night(ours(5)), night(theirs(7, "b"))], ["a missing-there", "b missing-here"], 0],
    [
      "go when a person settles that payment",
      [night(ours(5)), night(theirs(7, "b")), settled("a")],
      ["b missing-here"],
      0,
    ],
    ["go when a person settles all", [night(ours(5)), night(theirs(7, "b")), settled(null)], [], 0],
    ["come anew after they were settled", [night(theirs(5)), settled("a"), night(theirs(5))], ["a missing-here"], 0],
    ["explain one another, ours first", [night(ours(5)), night(theirs(5))], [], 1],
    ["explain one another, theirs first", [night(theirs(5)), night(), night(ours(5))], [], 1],
    ["of a refund explain one another", [night(ours(-5)), night(theirs(-5))], [], 1],
    ["of different amounts do not", [night(ours(5)), night(theirs(6))], ["a missing-there", "a missing-here"], 0],
    ["of different payments do not", [night(ours(5)), night(theirs(5, "b"))], ["a missing-there", "b missing-here"], 0],
    ["of one side do not", [night(theirs(5)), night(theirs(5))], ["a missing-here", "a missing-here"], 0],
    ["of one night do not", [night({ ...ours(5), ...theirs(5) })], ["a missing-there", "a missing-here"], 0],
    ["of a payment booked twice are explained once", [night(ours(5)), night(twice)], ["a missing-here"], 1],
  ])("%s", (_what, events, open, explained) => {
    const state = reconciliationOf(events);
    expect(state.open.map(({ paymentReference, kind }) => `${paymentReference} ${kind}`)).toEqual(open);
    expect(state.explained).toHaveLength(explained);
  });

  it("are bounded, and those beyond it are still counted until all are settled", () => {
    const many = Array.from({ length: 700 }, (_, at) => missing(`m${at}`, null, 1));
    const events = [night({ missingHere: many }), night({ missingHere: many })];
    const state = reconciliationOf(events);
    expect([state.open.length, state.openBeyond, openCount(state)]).toEqual([1_000, 400, 1_400]);
    expect(openCount(reconciliationOf([...events, settled("m0")]))).toBe(1_398);
    expect(openCount(reconciliationOf([...events, settled(null)]))).toBe(0);
  });
});

describe("refunds", () => {
  const terms = { position: "1", paymentReference: "ers", currency: "SEK" };
  const event = (refundId: string, news: object): RefundEvent =>
    ({ refundId, saleId: "s", atMs: 1, ...news }) as RefundEvent;
  const asked = (refundId: string, amountMinor: number) => event(refundId, { type: "asked", amountMinor, ...terms });

  it("count against what is left until they are refused", () => {
    const events = [
      asked("r1", 300),
      event("r1", { type: "made", amountMinor: 300, reference: "x", ...terms }),
      asked("r2", 200),
      event("r2", { type: "refused", detail: "" }),
      asked("r3", 100),
      event("r3", { type: "unclear", detail: "" }),
    ];
    expect(refundsOf(events).map(({ state }) => state)).toEqual(["made", "refused", "open"]);
    expect(refundableMinor(1_000, refundsOf(events))).toBe(600);
  });

  it("may be repeated only where a second one would be more than was paid", () => {
    const made: Refund = { refundId: "m", amountMinor: 300, state: "made", reference: null };
    const refund = (amountMinor: number): Refund => ({ refundId: "r", amountMinor, state: "open", reference: null });
    expect(mayRepeat(1_000, [], refund(1_000))).toBe(true);
    expect(mayRepeat(1_000, [], refund(501))).toBe(true);
    expect(mayRepeat(1_000, [], refund(500))).toBe(false);
    expect(mayRepeat(1_000, [made], refund(351))).toBe(true);
    expect(mayRepeat(1_000, [made], refund(350))).toBe(false);
  });
});
