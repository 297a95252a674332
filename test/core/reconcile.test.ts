import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBooks, type OwnBooking, type ReconciliationEvent, reconciliationOf } from "../../src/core/reconcile.ts";
import { mayRepeat, type Refund, type RefundEvent, refundableMinor, refundsOf } from "../../src/core/refund.ts";

const MARKED_MS = 1_000_000_000;
const SLACK_MS = 120_000;

function own(paymentReference: string, amountMinor: number, beforeMarkMs = 600_000): OwnBooking {
  return { paymentReference, amountMinor, saleId: `sale-${paymentReference}`, atMs: MARKED_MS - beforeMarkMs };
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
    const found = compareBooks(theirs, ours, MARKED_MS, SLACK_MS);
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
        const { matched, differing, missingHere, missingThere, carried } = compareBooks(
          theirs,
          ours,
          MARKED_MS,
          SLACK_MS,
        );
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
