import { expect, it } from "vitest";
import {
  mayRepeat,
  type Refund,
  type RefundEvent,
  refundableMinor,
  refundedMinor,
  refundsMade,
  refundsOf,
} from "../../src/core/refund.ts";

const TERMS = { position: "1", paymentReference: "ers-1", amountMinor: 6_000, currency: "SEK" };
const OF = { refundId: "r1", saleId: "s1", atMs: 1 };
const ASKED: RefundEvent = { type: "asked", ...OF, ...TERMS };
const MADE: RefundEvent = { type: "made", ...OF, ...TERMS, reference: "rf-1" };
const REFUSED: RefundEvent = { type: "refused", ...OF, detail: "33" };
const RETURNED: RefundEvent = { type: "returned", ...OF, ...TERMS, detail: "the bank sent it back" };
const UNCLEAR: RefundEvent = { type: "unclear", ...OF, detail: "no answer" };

it.each<[string, readonly RefundEvent[], Refund["state"], number]>([
  ["asked for", [ASKED], "open", 3_945],
  ["unclear", [ASKED, UNCLEAR], "open", 3_945],
  ["refused", [ASKED, REFUSED], "refused", 9_945],
  ["made", [ASKED, UNCLEAR, MADE], "made", 3_945],
  ["refused, but made as another program learned", [ASKED, REFUSED, MADE], "made", 3_945],
  ["made, but refused as another program heard", [ASKED, MADE, REFUSED], "made", 3_945],
  ["made twice, as two programs noted", [ASKED, MADE, MADE], "made", 3_945],
  ["made, of which no question is left", [MADE], "made", 3_945],
  ["made, and sent back by the bank", [ASKED, MADE, RETURNED], "returned", 9_945],
  ["sent back, and made as another program noted late", [ASKED, MADE, RETURNED, MADE], "returned", 9_945],
  ["sent back, and refused when it was sent once more", [ASKED, MADE, RETURNED, REFUSED], "returned", 9_945],
  ["sent back, of which nobody had said that it was made", [ASKED, RETURNED], "open", 3_945],
])("a refund that is %s", (_what, events, state, leftMinor) => {
  const refunds = refundsOf(events);
  expect(refunds).toMatchObject([{ refundId: "r1", amountMinor: 6_000, state }]);
  expect(refundableMinor(9_945, refunds)).toBe(leftMinor);
});

it("that the bank sent back is not counted as given back", () => {
  const refunds = refundsOf([ASKED, MADE, RETURNED, { ...ASKED, refundId: "r2" }, { ...MADE, refundId: "r2" }]);
  expect(refundedMinor(refunds)).toBe(6_000);
});

it("that only a person says was made does not make another one safe to send again", () => {
  const others = refundsOf([ASKED, { ...MADE, reference: null, byHand: true }]);
  const open: Refund = { refundId: "r2", amountMinor: 2_500, state: "open", reference: null };
  expect(refundableMinor(9_945, others)).toBe(3_945);
  expect(mayRepeat(9_945, others, open)).toBe(false);
  expect(mayRepeat(9_945, refundsOf([ASKED, MADE]), open)).toBe(true);
});

it("that came back is booked once more, with a minus, when that was learned", () => {
  const second = { refundId: "r2", amountMinor: 1_000 };
  const events: RefundEvent[] = [
    ASKED,
    MADE,
    { ...RETURNED, atMs: 5 },
    RETURNED,
    MADE,
    { ...MADE, ...second, atMs: 9 },
  ];
  expect(refundsMade(events).map(({ atMs, amountMinor, beforeMinor }) => [atMs, amountMinor, beforeMinor])).toEqual([
    [1, 6_000, 0],
    [5, -6_000, 6_000],
    [9, 1_000, 0],
  ]);
});
