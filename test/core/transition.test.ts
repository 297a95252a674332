import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { recover, replay } from "../../src/core/sale/recover.ts";
import { IDLE, type State } from "../../src/core/sale/state.ts";
import { deadlineMs } from "../../src/core/sale/timing.ts";
import { owed, transition } from "../../src/core/sale/transition.ts";
import { priceMinor } from "../../src/core/tariff.ts";
import type { News } from "../../src/engine/errand.ts";
import { at, DIESEL, HAPPY, RECEIPT, SELECTED, T0_MS, TERMS } from "../support/sale-fixtures.ts";

const STEPS = { idle: 0, offering: 1, offered: 2, reserved: 3, dispensing: 4, committing: 5, paid: 6 } as const;
type Start = keyof typeof STEPS | "releasing" | "stopping" | "lost-offer";

function from(start: Start): State {
  if (start === "releasing")
    return replay(IDLE, [...HAPPY.slice(0, 3), at(30, { type: "abandoned", reason: "customer" })]);
  if (start === "stopping")
    return replay(IDLE, [...HAPPY.slice(0, 4), at(30, { type: "stop-requested", reason: "customer" })]);
  if (start === "lost-offer") return replay(IDLE, [SELECTED, at(5, { type: "offer-unanswered" })]);
  return replay(IDLE, HAPPY.slice(0, STEPS[start]));
}

/** A phase in short: settling with its aim, closed with its outcome. */
function short(state: State): string {
  if (state.phase === "settling") return state.aim;
  if (state.phase === "closed") return `${state.outcome}${state.reason === null ? "" : `: ${state.reason}`}`;
  if (state.phase === "dispensing" && state.stopping !== null) return `stopping: ${state.stopping}`;
  return state.phase;
}

const captured = (capturedMinor: number | null): News => ({ type: "captured", capturedMinor, receipt: RECEIPT });
const contradicted: News = { type: "contradicted", detail: "another bill" };
const delivered = (totaliserBase: number | null): News => ({ type: "delivered", totaliserBase });

describe("the sale", () => {
  it.each<[Start, News, string, string]>([
    ["offering", { type: "offer-made", reference: "R1", qrText: "Q" }, "offered", "watch"],
    ["offering", { type: "offer-refused", detail: "no" }, "released: refused", ""],
    ["offering", { type: "offer-refused", detail: "", customer: "declined" }, "released: payment-failed", ""],
    ["offering", { type: "offer-refused", detail: "", customer: "unavailable" }, "released: service-unavailable", ""],
    ["offering", { type: "offer-refused", detail: "", reason: "amount" }, "released: amount-refused", ""],
    ["offering", { type: "offer-unanswered" }, "release", "release"],
    ["offering", { type: "restarted" }, "release", "release"],
    ["offered", { type: "reserved", authorisedMinor: 30_000, holdUntilMs: null }, "reserved", "start-meter"],
    ["offered", { type: "reserved", authorisedMinor: 0, holdUntilMs: null }, "release", "release"],
    ["offered", { type: "reserved", authorisedMinor: 30_000, holdUntilMs: T0_MS + 30_000 }, "release", "release"],
    ["offered", { type: "payment-ended", how: "canceled" }, "released: payment-canceled", ""],
    ["offered", { type: "payment-ended", how: "failed" }, "released: payment-failed", ""],
    ["offered", { type: "payment-ended", how: "expired" }, "released: payment-expired", ""],
    ["offered", captured(30_000), "needs-attention: captured-unasked", ""],
    ["offered", { type: "abandoned", reason: "customer" }, "release", "release"],
    ["offered", { type: "deadline-passed" }, "release", "release"],
    ["offered", { type: "restarted" }, "release", "release"],
    ["reserved", { type: "meter-started", totaliserBase: 1_000_000 }, "dispensing", "arm"],
    ["reserved", { type: "dispenser-failed", detail: "no" }, "release", "release"],
    ["reserved", { type: "abandoned", reason: "fault" }, "release", "release"],
    ["reserved", { type: "deadline-passed" }, "release", "release"],
    ["reserved", { type: "restarted" }, "release", "release"],
    ["dispensing", { type: "stop-requested", reason: "customer" }, "stopping: customer", "stop"],
    ["dispensing", { type: "abandoned", reason: "customer" }, "stopping: customer", "stop"],
    ["dispensing", { type: "deadline-passed" }, "stopping: deadline", "stop"],
    ["dispensing", { type: "dispenser-failed", detail: "no" }, "stopping: fault", "stop"],
    ["dispensing", { type: "restarted" }, "stopping: restart", "stop"],
    ["dispensing", { type: "metered", totaliserBase: 1_001_000 }, "dispensing", ""],
    ["dispensing", delivered(1_005_000), "commit", "settle"],
    ["dispensing", delivered(1_000_000), "release", "release"],
    ["dispensing", delivered(null), "needs-attention: meter-unread", ""],
    ["dispensing", delivered(17), "needs-attention: meter-unread", ""],
    ["stopping", { type: "deadline-passed" }, "needs-attention: meter-unread", ""],
    ["stopping", delivered(1_000_001), "commit", "settle"],
    ["committing", captured(9_945), "paid", ""],
    ["committing", captured(null), "paid", ""],
    ["committing", captured(30_000), "needs-attention: captured-differs", ""],
    ["committing", { type: "released" }, "needs-attention: reservation-lost", ""],
    ["committing", { type: "resolution-refused", detail: "no" }, "needs-attention: settle-refused", ""],
    ["committing", { type: "deadline-passed" }, "needs-attention: deadline", ""],
    ["committing", { type: "attempt-declined", operation: "capture" }, "commit", ""],
    ["releasing", { type: "attempt-declined", operation: "free" }, "release", ""],
    ["releasing", { type: "released" }, "released: customer", ""],
    ["releasing", captured(30_000), "needs-attention: captured-unasked", ""],
    ["releasing", { type: "resolution-refused", detail: "no" }, "needs-attention: release-refused", ""],
    ["releasing", { type: "deadline-passed" }, "needs-attention: deadline", ""],
    ["lost-offer", { type: "released" }, "released: service-silent", ""],
    ["offering", contradicted, "needs-attention: contradicted", ""],
    ["offered", contradicted, "needs-attention: contradicted", ""],
    ["dispensing", contradicted, "needs-attention: delivery-disputed", ""],
    ["stopping", contradicted, "needs-attention: delivery-disputed", ""],
    ["committing", contradicted, "needs-attention: contradicted", ""],
    ["releasing", contradicted, "needs-attention: contradicted", ""],
    ["lost-offer", contradicted, "needs-attention: contradicted", ""],
    ["offering", { type: "handed-over", reason: "position-gone" }, "needs-attention: position-gone", ""],
    ["reserved", { type: "handed-over", reason: "position-gone" }, "needs-attention: position-gone", ""],
    ["dispensing", { type: "handed-over", reason: "journal-accepted" }, "needs-attention: journal-accepted", ""],
    ["dispensing", { type: "handed-over", reason: "meter-changed" }, "needs-attention: meter-changed", ""],
    ["committing", { type: "handed-over", reason: "terminal-changed" }, "needs-attention: terminal-changed", ""],
    ["releasing", { type: "handed-over", reason: "terminal-changed" }, "needs-attention: terminal-changed", ""],
  ])("%s, on %o, becomes %s and owes [%s]", (start, news, target, effects) => {
    const [next, owes] = transition(from(start), at(90, news));
    expect(short(next)).toBe(target);
    expect(owes.map(({ type }) => type).join()).toBe(effects);
  });

  it.each<[string, readonly News[], number]>([
    ["has the last word against what was heard of it", [], 1_000],
    ["counts for nothing after a restart, in which it may have forgotten", [{ type: "restarted" }], 2_000],
  ])("a meter that contradicts itself %s", (_, between, quantityBase) => {
    const heard = at(31, { type: "metered", totaliserBase: 1_002_000 });
    const news = [...between, delivered(1_001_000)].map((each, index) => at(32 + index, each));
    const state = replay(IDLE, [...HAPPY.slice(0, 4), heard, ...news]);
    expect(state).toMatchObject({ phase: "settling", delivery: { quantityBase, certain: false } });
  });

  it("that is handed over in a delivery says what was heard of it, and that nobody made sure", () => {
    const heard = at(31, { type: "metered", totaliserBase: 1_002_000 });
    const handed = at(32, { type: "handed-over", reason: "position-gone" });
    const state = replay(IDLE, [...HAPPY.slice(0, 4), heard, handed]);
    expect(state).toMatchObject({ chargedMinor: 0, delivery: { quantityBase: 2_000, certain: false } });
  });

  it("does not give away what nobody could measure, however little was heard of it", () => {
    const cheap = { ...TERMS, tariff: { ...DIESEL, unitPriceE6: 1_000, rounding: "down" } } as const;
    const begun = replay(IDLE, [{ ...SELECTED, terms: cheap } as SaleEvent, ...HAPPY.slice(1, 4)]);
    const heard = replay(begun, [at(31, { type: "metered", totaliserBase: 1_000_001 })]);
    const [closed] = transition(heard, at(32, { type: "delivered", totaliserBase: null }));
    expect(short(closed)).toBe("needs-attention: meter-unread");
  });

  it.each<[Start, News]>([
    ["idle", { type: "offer-made", reference: "R1", qrText: "Q" }],
    ["offering", captured(1)],
    ["reserved", { type: "reserved", authorisedMinor: 99_000, holdUntilMs: null }],
    ["dispensing", captured(1)],
    ["stopping", { type: "stop-requested", reason: "operator" }],
    ["committing", delivered(1_009_000)],
    ["committing", { type: "abandoned", reason: "customer" }],
    ["releasing", { type: "meter-started", totaliserBase: 5 }],
    ["committing", { type: "attempt-declined", operation: "free" }],
    ["dispensing", { type: "attempt-declined", operation: "capture" }],
    ["paid", { type: "released" }],
    ["dispensing", { type: "metered", totaliserBase: 999_999 }],
  ])("%s stays the same on %o", (start, news) => {
    const state = from(start);
    expect(transition(state, at(90, news))[0]).toBe(state);
  });

  it("gives an offer more time when the customer was warned, as long as a late customer can still be served", () => {
    let state = from("offered");
    const expiresS = (): number => (state.phase === "offered" ? (state.offer.expiresAtMs - T0_MS) / 1000 : Number.NaN);
    const extend = (afterS: number): void => {
      const [next, owes] = transition(state, at(afterS, { type: "extended" }));
      // A second watch beside the first one would ask the service twice as often.
      expect(owes).toEqual([]);
      state = next;
    };
    expect(expiresS()).toBe(121);
    extend(70);
    expect(expiresS()).toBe(121);
    extend(71);
    expect(expiresS()).toBe(191);
    for (let s = 191; s < 3_600; s += 40) extend(s);
    const { commitTimeoutMs, settleMarginMs } = TERMS;
    expect(expiresS()).toBe((commitTimeoutMs - settleMarginMs) / 1000 - 30);
    expect(deadlineMs(state)).toBe(T0_MS + expiresS() * 1000);
  });

  it("gives an offer up before the service ends it, however often the customer asks for more time", () => {
    for (const endsS of [60, 200, 5_000]) {
      const endsAtMs = T0_MS + endsS * 1_000;
      let state = replay(IDLE, [SELECTED, at(1, { type: "offer-made", reference: "R1", qrText: "Q", endsAtMs })]);
      const expiresS = (): number | null => {
        const atMs = deadlineMs(state);
        return atMs === null ? null : (atMs - T0_MS) / 1_000;
      };
      expect(expiresS()).toBe(Math.min(121, endsS - 10));
      for (let s = 20; s < 3_600; s += 20) [state] = transition(state, at(s, { type: "extended" }));
      const { commitTimeoutMs, settleMarginMs } = TERMS;
      expect(expiresS()).toBe(Math.min((commitTimeoutMs - settleMarginMs) / 1_000 - 30, endsS - 10));
    }
  });

  it("is released until the service has ended what can still be paid there", () => {
    for (const [endsS, overS] of [
      [200, 30 + 3_600],
      [5_000, 5_060],
    ] as const) {
      const endsAtMs = T0_MS + endsS * 1_000;
      const made = at(1, { type: "offer-made", reference: "R1", qrText: "Q", endsAtMs });
      const state = replay(IDLE, [SELECTED, made, at(30, { type: "abandoned", reason: "customer" })]);
      expect(deadlineMs(state)).toBe(T0_MS + overS * 1_000);
    }
  });

  it("ignores what belongs to another sale, in every phase", () => {
    for (const start of Object.keys(STEPS) as Start[]) {
      const state = from(start);
      for (const event of HAPPY.slice(1)) expect(transition(state, { ...event, saleId: "other" })[0]).toBe(state);
    }
  });

  it("does not begin while another sale is open", () => {
    const state = from("dispensing");
    expect(transition(state, { ...SELECTED, saleId: "s2" })[0]).toBe(state);
    expect(transition(from("paid"), { ...SELECTED, saleId: "s2" })[0].phase).toBe("offering");
  });

  it("arms for no more than was authorised, and no more than the customer chose", () => {
    for (const [authorisedMinor, worthMinor] of [
      [10_000, 10_000],
      [90_000, 30_000],
    ] as const) {
      const hold = at(20, { type: "reserved", authorisedMinor, holdUntilMs: null });
      const [, effects] = transition(replay(IDLE, [...HAPPY.slice(0, 2), hold]), HAPPY[3] as SaleEvent);
      const limitBase = effects[0]?.type === "arm" ? effects[0].limitBase : 0;
      expect(priceMinor(DIESEL, limitBase)).toBeLessThanOrEqual(worthMinor);
      expect(priceMinor(DIESEL, limitBase + 1)).toBeGreaterThan(worthMinor);
    }
  });

  it("arms nothing when the hold would end before a delivery could be settled", () => {
    const late = (TERMS.commitTimeoutMs - TERMS.settleMarginMs) / 1000;
    const [next] = transition(from("reserved"), at(late, { type: "meter-started", totaliserBase: 1 }));
    expect(short(next)).toBe("release");
  });

  it("charges an overrun to the merchant, not to the customer", () => {
    const [next] = transition(from("dispensing"), at(90, delivered(1_020_000)));
    expect(next).toMatchObject({ delivery: { amountMinor: 30_000, lossMinor: 9_780, quantityBase: 20_000 } });
  });

  it("bills a meter that went backwards by its last journaled value, and says so", () => {
    const metered = transition(from("dispensing"), at(70, { type: "metered", totaliserBase: 1_002_000 }))[0];
    for (const reading of [null, 17]) {
      const [next] = transition(metered, at(90, delivered(reading)));
      expect(next).toMatchObject({ delivery: { quantityBase: 2_000, certain: false } });
    }
  });

  it("has a deadline wherever it waits for somebody", () => {
    const phases: Start[] = ["offered", "reserved", "dispensing", "stopping", "committing", "releasing", "lost-offer"];
    for (const start of phases) expect(deadlineMs(from(start)), start).toBeGreaterThan(T0_MS);
    expect(deadlineMs(from("dispensing"))).toBe(T0_MS + TERMS.commitTimeoutMs - TERMS.settleMarginMs);
    expect(deadlineMs(from("committing"))).toBe(T0_MS + TERMS.commitTimeoutMs - TERMS.handoverMarginMs);
  });
});

describe("recovery", () => {
  it.each<[Start, string, string]>([
    ["idle", "idle", ""],
    ["offering", "release", "release"],
    ["offered", "release", "release"],
    ["reserved", "release", "release"],
    ["dispensing", "stopping: restart", "stop"],
    ["stopping", "stopping: restart", "stop"],
    ["committing", "commit", "settle"],
    ["releasing", "release", "release"],
    ["paid", "paid", ""],
  ])("%s becomes %s and owes [%s]", (start, target, effects) => {
    const { step } = recover(from(start), T0_MS + 100_000);
    expect(short(step[0])).toBe(target);
    expect(step[1].map(({ type }) => type).join()).toBe(effects);
  });

  it("never arms, whatever happened before", () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { maxLength: 30 }), (events) => {
        const { step } = recover(replay(IDLE, events), T0_MS + 500_000);
        expect(step[1].map(({ type }) => type)).not.toContain("arm");
      }),
    );
  });
});

describe("any history", () => {
  it("keeps every charge within what was authorised and chosen, and closes only once", () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { maxLength: 40 }), (events) => {
        let state: State = IDLE;
        for (const event of events) {
          const before: State = state;
          state = transition(state, event)[0];
          if ("delivery" in state && state.delivery !== null && "hold" in state && state.hold !== null) {
            expect(state.delivery.amountMinor).toBeLessThanOrEqual(Math.min(state.hold.authorisedMinor, 30_000));
            expect(state.delivery.quantityBase).toBeGreaterThanOrEqual(0);
          }
          if (before.phase === "closed" && state !== before && state.phase !== "offering") {
            // What is learned of a sale that a person has fills in its record, once.
            expect(before).toMatchObject({ outcome: "needs-attention" });
            expect(before).not.toHaveProperty("amends");
            expect(state).toMatchObject({ phase: "closed", amends: true });
          }
          if (state.phase === "dispensing")
            expect(before.phase === "reserved" || before.phase === "dispensing").toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same state from the journal's JSON, with the same effects owed", () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { maxLength: 40 }), (events) => {
        const live = replay(IDLE, events);
        const replayed = replay(IDLE, JSON.parse(JSON.stringify(events)));
        expect(replayed).toEqual(live);
        expect(owed(replayed)).toEqual(owed(live));
      }),
    );
  });
});

function anyEvent(): fc.Arbitrary<SaleEvent> {
  const totaliserBase = fc.integer({ min: 999_000, max: 1_030_000 });
  const news: fc.Arbitrary<News> = fc.oneof(
    fc.constantFrom<News>(
      { type: "offer-made", reference: "R1", qrText: "Q" },
      { type: "offer-made", reference: "R1", qrText: "Q", endsAtMs: T0_MS + 600_000 },
      { type: "offer-unanswered" },
      { type: "offer-refused", detail: "" },
      { type: "payment-ended", how: "failed" },
      { type: "abandoned", reason: "customer" },
      { type: "dispenser-failed", detail: "" },
      { type: "stop-requested", reason: "customer" },
      { type: "released" },
      { type: "resolution-refused", detail: "" },
      { type: "deadline-passed" },
      { type: "attempt-declined", operation: "capture" },
      { type: "restarted" },
      captured(9_945),
      captured(null),
    ),
    fc.record({
      type: fc.constant("reserved" as const),
      authorisedMinor: fc.constantFrom(0, 10_000, 30_000, 90_000),
      holdUntilMs: fc.constantFrom(null, T0_MS + 3_000_000),
    }),
    fc.record({ type: fc.constantFrom("meter-started" as const, "metered" as const), totaliserBase }),
    fc.record({ type: fc.constant("delivered" as const), totaliserBase: fc.option(totaliserBase) }),
  );
  const later = fc.tuple(fc.integer({ min: 0, max: 4_000 }), news, fc.constantFrom("s1", "s1", "s1", "s2"));
  return fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(SELECTED, { ...SELECTED, saleId: "s2" }) },
    { weight: 2, arbitrary: fc.constantFrom(...HAPPY) },
    { weight: 4, arbitrary: later.map(([afterS, each, saleId]) => at(afterS, each, saleId)) },
  );
}
