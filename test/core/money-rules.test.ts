import { describe, expect, it } from "vitest";
import { mattersOfSale } from "../../src/core/matters.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE, type State } from "../../src/core/sale/state.ts";
import type { News } from "../../src/engine/errand.ts";
import { at, HAPPY, RECEIPT, SELECTED, TERMS } from "../support/sale-fixtures.ts";

const captured = (capturedMinor: number | null): News => ({ type: "captured", capturedMinor, receipt: RECEIPT });
const delivered = (totaliserBase: number | null): News => ({ type: "delivered", totaliserBase });

function short(state: State): string {
  if (state.phase === "settling") return state.aim;
  return state.phase === "closed" && state.reason !== null ? `${state.outcome}: ${state.reason}` : state.phase;
}

describe("at a service that takes only some amounts", () => {
  const RULES = { leastReservationMinor: 5_000, leastCaptureMinor: 500, mostMinor: 100_000, stepMinor: 10 };
  /** Diesel at 19.89 a litre. */
  const metered = (deliveredBase: number | null, rules = RULES, authorisedMinor = 30_000): State => {
    const [, offered, , ...rest] = HAPPY.slice(0, 4);
    const selected = { ...SELECTED, terms: { ...TERMS, rules } } as SaleEvent;
    const held = at(20, { type: "reserved", authorisedMinor, holdUntilMs: null });
    const base = deliveredBase === null ? null : 1_000_000 + deliveredBase;
    return replay(IDLE, [selected, ...[offered].flatMap((e) => e ?? []), held, ...rest, at(60, delivered(base))]);
  };

  it.each([
    ["a whole step", 10_000, "commit", { amountMinor: 19_890, lossMinor: 0 }],
    ["a part of a step", 5_000, "commit", { amountMinor: 9_940, lossMinor: 5, waivedMinor: 5 }],
    ["the least", 252, "commit", { amountMinor: 500, lossMinor: 1, waivedMinor: 1 }],
    ["one step less than the least", 250, "release", { amountMinor: 0, lossMinor: 497, waivedMinor: 497 }],
    ["beyond the hold", 16_000, "commit", { amountMinor: 30_000, lossMinor: 1_824 }],
    ["nothing", 0, "release", { amountMinor: 0, lossMinor: 0 }],
  ])("%s is never charged above its worth", (_, base, target, delivery) => {
    const state = metered(base);
    expect(short(state)).toBe(target);
    expect(state).toMatchObject({ delivery });
    const { waivedMinor } = "delivery" in state ? (state.delivery ?? {}) : {};
    expect(waivedMinor).toBe("waivedMinor" in delivery ? delivery.waivedMinor : undefined);
  });

  it("less than it takes is free for the customer, and the record says why", () => {
    const closed = replay(metered(250), [at(70, { type: "released" })]);
    expect(short(closed)).toBe("released: below-minimum");
    const record = saleRecord(closed as Closed);
    expect(record).toMatchObject({ charged: "0.00", freed: "300.00", loss: "4.97", waived: "4.97" });
    expect(mattersOfSale(record)).toEqual([]);
  });

  it("only what is beyond the reservation is for a person", () => {
    const closed = replay(metered(16_001, { ...RULES, stepMinor: 7 }), [at(70, captured(null))]);
    const record = saleRecord(closed as Closed);
    expect(record).toMatchObject({ outcome: "paid", charged: "299.95", loss: "18.31", waived: "0.05" });
    expect(mattersOfSale(record)).toMatchObject([{ code: "overrun", detail: "sale s1: 18.26 SEK" }]);
  });

  it("what nobody measured is not called too little", () => {
    expect(short(metered(null))).toBe("needs-attention: meter-unread");
  });

  it("nothing flows for a hold of which nothing can be taken", () => {
    const held = replay(IDLE, [
      { ...SELECTED, terms: { ...TERMS, rules: RULES } } as SaleEvent,
      at(1, { type: "offer-made", reference: "R1", qrText: "Q" }),
      at(20, { type: "reserved", authorisedMinor: 499, holdUntilMs: null }),
    ]);
    expect(short(held)).toBe("release");
  });
});
