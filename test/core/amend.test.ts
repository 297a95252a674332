import { describe, expect, it } from "vitest";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../src/core/sale/state.ts";
import { transition } from "../../src/core/sale/transition.ts";
import type { News } from "../../src/engine/errand.ts";
import { at, HAPPY, RECEIPT, SELECTED } from "../support/sale-fixtures.ts";

const captured = (capturedMinor: number | null): News => ({ type: "captured", capturedMinor, receipt: RECEIPT });
const released: News = { type: "released" };
const late: News = { type: "deadline-passed" };

/** Handed to a person with goods delivered, with nothing delivered, and with a meter that nobody could read. */
const HANDED_OVER = {
  delivered: [...HAPPY.slice(0, 5), at(3_000, late)],
  unused: [...HAPPY.slice(0, 3), at(30, { type: "abandoned", reason: "customer" }), at(3_000, late)],
  unread: [...HAPPY.slice(0, 4), at(60, { type: "delivered", totaliserBase: null })],
  refused: [...HAPPY.slice(0, 5), at(70, { type: "resolution-refused", detail: "no" })],
  accepted: [...HAPPY.slice(0, 5), at(70, { type: "handed-over", reason: "journal-accepted" })],
  gone: [...HAPPY.slice(0, 5), at(70, { type: "handed-over", reason: "position-gone" })],
} as const;

function learned(from: keyof typeof HANDED_OVER, ...news: readonly News[]): Closed {
  const events = news.map((each, index) => at(3_100 + index, each));
  return replay(IDLE, [...HANDED_OVER[from], ...events]) as Closed;
}

describe("what is learned of a sale after it went to a person", () => {
  it.each<[keyof typeof HANDED_OVER, News, string, string | null, string, string | null]>([
    ["delivered", captured(9_945), "paid", null, "99.45", "ers-1"],
    ["delivered", captured(null), "paid", null, "99.45", "ers-1"],
    ["delivered", captured(30_000), "needs-attention", "captured-differs", "300.00", "ers-1"],
    ["delivered", released, "needs-attention", "reservation-lost", "0.00", null],
    ["refused", captured(9_945), "paid", null, "99.45", "ers-1"],
    ["accepted", captured(9_945), "paid", null, "99.45", "ers-1"],
    ["accepted", released, "needs-attention", "reservation-lost", "0.00", null],
    ["unused", released, "released", "deadline", "0.00", null],
    ["unused", captured(30_000), "needs-attention", "captured-unasked", "300.00", "ers-1"],
    ["unread", released, "needs-attention", "meter-unread", "0.00", null],
    ["unread", captured(5_000), "needs-attention", "captured-unasked", "50.00", "ers-1"],
  ])("%s, %o: %s (%s), %s charged", (from, news, outcome, reason, charged, reference) => {
    expect(learned(from)).toMatchObject({ outcome: "needs-attention", chargedMinor: 0 });
    const record = saleRecord(learned(from, news));
    expect(record).toMatchObject({ outcome, reason, charged, reference, amends: true });
    expect(record.closedAt).toBe(saleRecord(learned(from)).closedAt);
  });

  it.each<[keyof typeof HANDED_OVER, News, News]>([
    ["delivered", captured(9_945), captured(30_000)],
    ["delivered", released, captured(9_945)],
    ["unused", released, released],
    ["unread", released, released],
    ["delivered", captured(30_000), released],
  ])("%s, %o: is learned once, and %o changes nothing more", (from, first, second) => {
    const known = learned(from, first);
    expect(transition(known, at(3_200, second))[0]).toBe(known);
  });

  it("is none of another sale, and of none that was resolved", () => {
    const handedOver = learned("delivered");
    expect(transition(handedOver, at(3_200, captured(9_945), "other"))[0]).toBe(handedOver);
    for (const state of [replay(IDLE, HAPPY), replay(IDLE, [SELECTED, at(1, { type: "offer-refused", detail: "" })])])
      expect(transition(state, at(3_200, captured(1)))[0]).toBe(state);
  });
});
