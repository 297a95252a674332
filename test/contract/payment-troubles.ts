import { describe, expect, it, type TestContext } from "vitest";
import { isWithoutRules, NO_RULES } from "../../src/core/money-rules.ts";
import { type Delivery, isFrozenBounded, type Sale } from "../../src/core/sale/state.ts";
import type { RefundRequest } from "../../src/ports/books.ts";
import type { Outcome } from "../../src/ports/outcome.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../support/sale-fixtures.ts";
import { MISHAPS, type PaymentRig } from "./payment-rig.ts";

interface Means {
  rigged(): Promise<PaymentRig>;
  closeRig(): Promise<void>;
  newSale(): Sale;
  readonly delivery: Delivery;
}

/** As the kiosk would begin it: with what the provider has frozen of its configuration, and its rules of money. */
function begun(provider: PaymentProvider, sale: Sale): Sale {
  const rules = provider.rulesFor(sale.terms.tariff.currency);
  const frozen = provider.freeze?.(sale.position) ?? {};
  const ruled = rules === null || isWithoutRules(rules) ? {} : { rules };
  return { ...sale, terms: { ...sale.terms, ...ruled, ...(Object.keys(frozen).length === 0 ? {} : { frozen }) } };
}

/** What a provider must hold whatever becomes of its requests, its keys, its configuration, and the amounts. */
export function paymentTroubles({ rigged, closeRig, newSale, delivery }: Means): void {
  /** A sale of the kiosk's, as far as it goes. */
  async function going(until: "begun" | "offered" | "reserved") {
    const made = await rigged();
    const sale = begun(made.provider, newSale());
    const offer = async (): Promise<string> => {
      const outcome = await made.provider.offer(sale, ALWAYS, OFFER);
      if (outcome.kind !== "done") throw new Error(`offer: ${outcome.kind} ${outcome.detail}`);
      return outcome.value.reference;
    };
    const reference = until === "begun" ? "" : await offer();
    if (until === "reserved") {
      await made.confirm(reference);
      await made.provider.query(sale, reference);
    }
    const settle = (by = made.provider) => by.settle(sale, reference, delivery, ALWAYS, CAPTURE);
    const release = (by = made.provider, known: string | null = reference) =>
      by.release(sale, known, ALWAYS, OURS, FREE);
    /** Asks until it is over, at the latest when the service's own time is. */
    const end = async (known: string | null = reference): Promise<void> => {
      const first = await release(made.provider, known);
      if (first.kind === "done" && first.value.state === "ended") return;
      await made.pass(sale.terms.commitTimeoutMs);
      expect(await release(made.provider, known)).toMatchObject({ kind: "done", value: { state: "ended" } });
    };
    const nothing = async (): Promise<void> => {
      expect([await made.charged(sale.id), await made.held(sale.id), await made.payable(sale.id)]).toEqual([0, 0, 0]);
    };
    return { ...made, sale, reference, offer, settle, release, end, nothing };
  }
  const captured = { kind: "done", value: { state: "captured", capturedMinor: delivery.amountMinor } };

  it("an offer that is made twice can be paid once", async () => {
    const { sale, offer, payable } = await going("offered");
    await offer();
    expect(await payable(sale.id)).toBe(1);
  });

  it("an offer that says when it ends cannot be paid after that", async (context) => {
    const { provider, sale, pass, payable } = await going("begun");
    const outcome = await provider.offer(sale, ALWAYS, OFFER);
    const endsAtMs = outcome.kind === "done" ? outcome.value.endsAtMs : null;
    context.skip(endsAtMs === null, "does not apply: an offer lasts until somebody ends it");
    await pass(7 * 86_400_000);
    expect(await payable(sale.id)).toBe(0);
  });

  it("an open offer that is released cannot be paid any more", async () => {
    const { end, nothing, endsOpenOffers, release } = await going("offered");
    if (endsOpenOffers) expect(await release()).toMatchObject({ kind: "done", value: { state: "ended" } });
    await end();
    await nothing();
  });

  it("what is confirmed right before or after a release is not kept", async () => {
    for (const order of ["before", "after"] as const) {
      const { reference, confirm, release, end, nothing } = await going("offered");
      if (order === "after") await release();
      await confirm(reference).catch(() => undefined);
      await end();
      await nothing();
      await closeRig();
    }
  });

  it("settling after a release takes nothing", async (context) => {
    const { settle, end, nothing, freesHeldBills } = await going("reserved");
    context.skip(!freesHeldBills, "does not apply: what is held is kept until its time is over");
    await end();
    expect(await settle()).toMatchObject({ kind: "done", value: { state: "ended" } });
    await nothing();
  });

  describe.each(MISHAPS)("whatever becomes of a request (%s)", (kind) => {
    const isAnswered = kind === "slow";
    const isHeard = (outcome: Outcome<unknown>): void => {
      expect(outcome.kind).toBe(isAnswered ? "done" : "unknown");
    };

    it("an offer that got no answer is ended without a name", async () => {
      const { provider, sale, mishap, end, nothing } = await going("begun");
      await mishap("offer", kind);
      isHeard(await provider.offer(sale, ALWAYS, OFFER));
      await end(null);
      await nothing();
    });

    it("an offer can be made again, and be paid once", async () => {
      const { provider, sale, mishap, offer, payable } = await going("begun");
      await mishap("offer", kind);
      isHeard(await provider.offer(sale, ALWAYS, OFFER));
      await offer();
      expect(await payable(sale.id)).toBe(1);
    });

    it("a question is no decision", async () => {
      const { provider, sale, reference, mishap } = await going("reserved");
      const held = { kind: "done", value: { state: "held" } };
      await mishap("query", kind);
      const seen = await provider.query(sale, reference);
      // What changes nothing may be asked once more within the call.
      expect(seen).toMatchObject(isAnswered || seen.kind === "done" ? held : { kind: "unknown" });
      expect(await provider.query(sale, reference)).toMatchObject(held);
    });

    it("a delivery is taken once", async () => {
      const { sale, mishap, settle, charged } = await going("reserved");
      await mishap("settle", kind);
      const first = await settle();
      // A provider may ask by itself what has become of it.
      if (first.kind !== "unknown") expect(first).toMatchObject(captured);
      expect(await settle()).toMatchObject(captured);
      expect(await charged(sale.id)).toBe(delivery.amountMinor);
    });

    it("a hold is freed", async () => {
      const { mishap, release, end, nothing } = await going("reserved");
      await mishap("release", kind);
      expect((await release()).kind).not.toBe("declined");
      await end();
      await nothing();
    });

    it("a probe says whether there was an answer", async () => {
      const { provider, mishap } = await going("begun");
      await mishap("probe", kind);
      isHeard(await provider.probe("1"));
      expect(await provider.probe("1")).toEqual({ kind: "done", value: null });
    });
  });

  it("what the service has forgotten of earlier calls changes nothing", async (context) => {
    const { sale, settle, charged, forget } = await going("reserved");
    context.skip(forget === null, "does not apply: the service keeps no keys");
    expect(await settle()).toMatchObject(captured);
    await forget?.();
    expect(await settle()).toMatchObject(captured);
    expect(await charged(sale.id)).toBe(delivery.amountMinor);
  });

  it("a configuration that changed between two sendings changes nothing", async () => {
    const { provider, sale, offer, reconfigured, payable, charged, mishap, confirm } = await going("offered");
    const other = await reconfigured();
    expect(await other.offer(sale, ALWAYS, OFFER)).toMatchObject({ kind: "done" });
    expect(await payable(sale.id)).toBe(1);
    const again = await offer();
    await confirm(again);
    await provider.query(sale, again);
    const settleBy = (by: PaymentProvider) => by.settle(sale, again, delivery, ALWAYS, CAPTURE);
    await mishap("settle", "lost-after");
    await settleBy(provider);
    expect(await settleBy(other)).toMatchObject(captured);
    expect(await charged(sale.id)).toBe(delivery.amountMinor);
    await other.close();
  });

  it("its rules of money are whole numbers that go together, always the same", async () => {
    const { provider, foreignCurrency } = await rigged();
    const { currency } = newSale().terms.tariff;
    const rules = provider.rulesFor(currency);
    expect(rules).toEqual(provider.rulesFor(currency));
    if (rules === null) return;
    expect(Object.values(rules).every((each) => Number.isSafeInteger(each) && each >= 1)).toBe(true);
    expect(rules.leastReservationMinor).toBeLessThanOrEqual(rules.mostMinor);
    expect(rules.leastCaptureMinor).toBeLessThanOrEqual(rules.mostMinor);
    if (foreignCurrency !== null) expect(provider.rulesFor(foreignCurrency)).toBeNull();
  });

  it.for(["below the least", "between two steps"])("an amount %s is never taken", async (which, context) => {
    const { provider, sale, reference, charged } = await going("reserved");
    const { leastCaptureMinor, stepMinor } = provider.rulesFor(sale.terms.tariff.currency) ?? NO_RULES;
    const amountMinor = which === "below the least" ? leastCaptureMinor - 1 : leastCaptureMinor * stepMinor + 1;
    const isRuled = which === "below the least" ? leastCaptureMinor > 1 : stepMinor > 1;
    context.skip(!isRuled, "does not apply: every amount above nothing is taken");
    const other = { ...delivery, amountMinor };
    const outcome = await provider.settle(sale, reference, other, ALWAYS, CAPTURE);
    expect(outcome).toMatchObject({ kind: "declined", reason: "amount" });
    expect(await charged(sale.id)).toBe(0);
  });

  it("what is frozen of the configuration is small", async () => {
    const { provider } = await rigged();
    expect(isFrozenBounded(provider.freeze?.("1") ?? {})).toBe(true);
  });

  describe("a refund", () => {
    async function paid(context: TestContext) {
      const made = await going("reserved");
      const settled = await made.settle();
      if (made.books === null) return context.skip("does not apply: no books here");
      if (settled.kind !== "done" || settled.value.state !== "captured") throw new Error("not captured");
      const { id: saleId, position, terms } = made.sale;
      const { paymentReference } = settled.value.receipt;
      const request: RefundRequest = {
        ...{ refundId: `refund-${saleId}`, saleId, position, paymentReference, productName: terms.productName },
        ...{ amountMinor: delivery.amountMinor, currency: terms.tariff.currency },
      };
      return { ...made, request, refunds: made.books.refunds };
    }

    it("gives the money back, and never more than was paid", async (context) => {
      const { refunds, request, charged, sale } = await paid(context);
      expect(await refunds.refund(request)).toMatchObject({ kind: "done", value: { kind: "made" } });
      expect(await charged(sale.id)).toBe(0);
      const more = await refunds.refund({ ...request, refundId: `${request.refundId}-2`, amountMinor: 100 });
      expect(more.kind === "done" ? more.value.kind : more.kind).toMatch(/^(exceeds|declined)$/);
      expect(await charged(sale.id)).toBe(0);
    });

    it("of more than was paid gives nothing back", async (context) => {
      const { refunds, request, charged, sale } = await paid(context);
      const much = await refunds.refund({ ...request, amountMinor: request.amountMinor + 100 });
      expect(much.kind === "done" ? much.value.kind : much.kind).toMatch(/^(exceeds|declined)$/);
      expect(await charged(sale.id)).toBe(delivery.amountMinor);
    });

    it.for(MISHAPS)(
      "is unknown without an answer (%s), and given once where it is known again",
      async (kind, context) => {
        const { refunds, request, charged, sale, mishap } = await paid(context);
        const part = { ...request, amountMinor: 1_000 };
        await mishap("refund", kind);
        const first = await refunds.refund(part);
        // A service that knows its refunds may be asked within the call.
        if (first.kind !== "unknown") expect(first).toMatchObject({ kind: "done", value: { kind: "made" } });
        expect(first.kind === "done" || kind !== "slow").toBe(true);
        if (refunds.recognises === "nothing") expect(first.kind).toBe(kind === "slow" ? "done" : "unknown");
        context.skip(refunds.recognises === "nothing", "does not apply: a refund is not known again");
        expect(await refunds.refund(part)).toMatchObject({ kind: "done", value: { kind: "made" } });
        expect(await charged(sale.id)).toBe(delivery.amountMinor - 1_000);
      },
    );
  });
}
