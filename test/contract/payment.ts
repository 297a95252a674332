import { afterEach, describe, expect, it, type TestContext } from "vitest";
import { isWithoutRules, NO_RULES } from "../../src/core/money-rules.ts";
import { type Delivery, isFrozenBounded, type Sale } from "../../src/core/sale/state.ts";
import type { PaymentBooks, RefundRequest } from "../../src/ports/books.ts";
import type { Outcome } from "../../src/ports/outcome.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS, TERMS } from "../support/sale-fixtures.ts";

/**
 * What becomes of a request: it does not arrive, or its answer does not, wholly or in part; the service is out of order or
 * has too much to do; or it takes its time, within what is waited for.
 */
const MISHAPS = ["lost-before", "lost-after", "cut-off", "server-error", "busy", "slow"] as const;
export type Mishap = (typeof MISHAPS)[number];

/** The calls that a mishap may meet, each in the request that does what it is for. */
export type Call = "offer" | "query" | "settle" | "release" | "probe";

/** A provider with the service behind it, and the customer's hand on the phone. What it does not have is null, and told. */
export interface PaymentRig {
  readonly provider: PaymentProvider;
  /** What the configuration calls its plug-in. */
  readonly named: string;
  /** Null where the provider is tried without its books. */
  readonly books: PaymentBooks | null;
  /** False where an offer that nobody pays is only ended by the service itself, in its time. */
  readonly endsOpenOffers: boolean;
  /** A currency in which the service does nothing; null where it does all. */
  readonly foreignCurrency: string | null;
  /** Orders what becomes of the next request of a call. */
  mishap(call: Call | "refund", kind: Mishap): Promise<void>;
  /** The service forgets all keys of calls; null where it never keeps any. */
  readonly forget: (() => Promise<void>) | null;
  /** Another provider at the same service, with everything in its configuration different that may be. */
  reconfigured(): Promise<PaymentProvider>;
  /** How many of a sale's offers a customer could pay at this moment. */
  payable(saleId: string): Promise<number>;
  /** False where the service keeps what a customer confirmed until its time is over, whoever asks to free it. */
  readonly freesHeldBills: boolean;
  confirm(reference: string): Promise<void>;
  decline(reference: string): Promise<void>;
  /** What the service has taken for the sale, and not given back, in minor units. */
  charged(saleId: string): Promise<number>;
  /** What the service holds for the sale at this moment, in minor units. */
  held(saleId: string): Promise<number>;
  /** Lets time pass at the service. */
  pass(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

/** `make` serves position "1"; with `wrongPassword` the service does not know it by that. */
export type MakePaymentRig = (options: { readonly wrongPassword: boolean }) => Promise<PaymentRig>;

let salesMade = 0;

export function contractSale(): Sale {
  salesMade += 1;
  return {
    id: `0198c0de-0000-7000-8000-${String(salesMade).padStart(12, "0")}`,
    position: "1",
    selectedAtMs: 1_790_000_000_000,
    terms: TERMS,
  };
}

/** As the kiosk would begin it: with what the provider has frozen of its configuration, and its rules of money. */
function begun(provider: PaymentProvider): Sale {
  const sale = contractSale();
  const rules = provider.rulesFor(TERMS.tariff.currency);
  const frozen = provider.freeze?.(sale.position) ?? {};
  const ruled = rules === null || isWithoutRules(rules) ? {} : { rules };
  return { ...sale, terms: { ...sale.terms, ...ruled, ...(Object.keys(frozen).length === 0 ? {} : { frozen }) } };
}

export const CONTRACT_DELIVERY: Delivery = {
  startBase: 1000,
  endBase: 6000,
  quantityBase: 5000,
  amountMinor: 9945,
  lossMinor: 0,
  certain: true,
  endedAtMs: 1_790_000_060_000,
};

/** What every payment provider must hold (the prose is in the port). */
export function paymentContract(name: string, make: MakePaymentRig): void {
  describe(`${name} keeps the payment contract`, () => {
    let rig: PaymentRig | null = null;

    afterEach(async () => {
      await rig?.provider.close();
      await rig?.close();
      rig = null;
    });

    async function rigged(wrongPassword = false): Promise<PaymentRig> {
      rig = await make({ wrongPassword });
      return rig;
    }

    async function offered(sale: Sale): Promise<PaymentRig & { reference: string }> {
      const made = await rigged();
      const outcome = await made.provider.offer(sale, ALWAYS, OFFER);
      if (outcome.kind !== "done") throw new Error(`offer: ${outcome.kind} ${outcome.detail}`);
      expect(outcome.value.qrText).not.toBe("");
      return { ...made, reference: outcome.value.reference };
    }

    async function reserved(sale: Sale): Promise<PaymentRig & { reference: string }> {
      const made = await offered(sale);
      await made.confirm(made.reference);
      expect(await made.provider.query(sale, made.reference)).toMatchObject({
        kind: "done",
        value: { state: "held", authorisedMinor: sale.terms.maximumMinor },
      });
      return made;
    }

    it("has the name of its plug-in: by that its sales, refunds and books find it again", async () => {
      const { provider, named } = await rigged();
      expect(provider.traits.name).toBe(named);
    });

    it("an offer is open, and nothing is held, until the customer confirms it", async () => {
      const sale = contractSale();
      const { provider, reference, confirm, held } = await offered(sale);
      expect(await provider.query(sale, reference)).toEqual({ kind: "done", value: { state: "open" } });
      expect(await held(sale.id)).toBe(0);
      await confirm(reference);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "held" } });
      expect(await held(sale.id)).toBe(sale.terms.maximumMinor);
    });

    it("an offer the customer declines has ended", async () => {
      const sale = contractSale();
      const { provider, reference, decline } = await offered(sale);
      await decline(reference);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "ended" } });
    });

    it("settling takes exactly the delivered amount and frees the rest", async () => {
      const sale = contractSale();
      const { provider, books, reference, charged, held } = await reserved(sale);
      const settled = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      expect(settled).toMatchObject({ kind: "done", value: { state: "captured", capturedMinor: 9945 } });
      if (settled.kind !== "done" || settled.value.state !== "captured") return;
      expect(settled.value.receipt.paymentReference).not.toBe("");
      expect(await charged(sale.id)).toBe(9945);
      expect(await held(sale.id)).toBe(settled.value.stillHeldMinor ?? 0);
      if ((settled.value.stillHeldMinor ?? 0) > 0) {
        const freed = await books?.remainders?.freeRest(sale.id, sale.position, reference, FREE);
        expect(freed).toEqual({ kind: "done", value: { stillHeldMinor: 0 } });
      }
      expect(await held(sale.id)).toBe(0);
    });

    it("settling twice charges once and says so both times", async () => {
      const sale = contractSale();
      const { provider, reference, charged } = await reserved(sale);
      const first = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      const second = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      expect(first).toMatchObject({ kind: "done", value: { state: "captured" } });
      expect(second).toEqual(first);
      expect(await charged(sale.id)).toBe(9945);
    });

    it("releasing twice charges nothing and holds nothing", async () => {
      const sale = contractSale();
      const { provider, reference, charged, held, freesHeldBills, pass } = await reserved(sale);
      const first = await provider.release(sale, reference, ALWAYS, OURS, FREE);
      expect(first).toMatchObject({ kind: "done", value: { state: freesHeldBills ? "ended" : "held" } });
      expect(await provider.release(sale, reference, ALWAYS, OURS, FREE)).toEqual(first);
      expect(await charged(sale.id)).toBe(0);
      expect(await held(sale.id)).toBe(freesHeldBills ? 0 : sale.terms.maximumMinor);
      if (freesHeldBills) return;
      await pass(sale.terms.commitTimeoutMs);
      expect(await provider.release(sale, reference, ALWAYS, OURS, FREE)).toMatchObject({
        kind: "done",
        value: { state: "ended" },
      });
      expect(await charged(sale.id)).toBe(0);
      expect(await held(sale.id)).toBe(0);
    });

    it("releasing without a reference ends what the lost offer left open", async () => {
      const sale = contractSale();
      const { provider, reference, held } = await offered(sale);
      expect(await provider.release(sale, null, ALWAYS, OURS, FREE)).toMatchObject({
        kind: "done",
        value: { state: "ended" },
      });
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "ended" } });
      expect(await held(sale.id)).toBe(0);
    });

    it("releasing without a reference frees what the customer confirmed, at the latest when its time is over", async () => {
      const sale = contractSale();
      const { provider, reference, confirm, held, charged, freesHeldBills, pass } = await offered(sale);
      await confirm(reference);
      await provider.release(sale, null, ALWAYS, OURS, FREE);
      if (!freesHeldBills) await pass(sale.terms.commitTimeoutMs);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "ended" } });
      expect(await charged(sale.id)).toBe(0);
      expect(await held(sale.id)).toBe(0);
    });

    it("a hold that is neither settled nor released ends with its time, and nothing is charged", async () => {
      const sale = contractSale();
      const { provider, reference, charged, held, pass } = await reserved(sale);
      await pass(sale.terms.commitTimeoutMs);
      const ended = { kind: "done", value: { state: "ended" } };
      expect(await provider.query(sale, reference)).toMatchObject(ended);
      expect(await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).toMatchObject(ended);
      expect(await charged(sale.id)).toBe(0);
      expect(await held(sale.id)).toBe(0);
    });

    it("releasing a settled sale gives nothing back and shows the capture", async () => {
      const sale = contractSale();
      const { provider, reference, charged } = await reserved(sale);
      await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      expect(await provider.release(sale, reference, ALWAYS, OURS, FREE)).toMatchObject({
        kind: "done",
        value: { state: "captured" },
      });
      expect(await charged(sale.id)).toBe(9945);
    });

    it("sends nothing that changes anything when it may not go on, and calls that unknown", async () => {
      const sale = contractSale();
      const { provider, reference, charged, held } = await reserved(sale);
      const stopped = { kind: "unknown" };
      const never = (): boolean => false;
      expect(await provider.offer(sale, never, OFFER)).toMatchObject(stopped);
      expect(await provider.settle(sale, reference, CONTRACT_DELIVERY, never, CAPTURE)).toMatchObject(stopped);
      expect(await provider.release(sale, reference, never, OURS, FREE)).toMatchObject(stopped);
      expect(await provider.release(sale, null, never, OURS, FREE)).toMatchObject(stopped);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "held" } });
      expect([await charged(sale.id), await held(sale.id)]).toEqual([0, sale.terms.maximumMinor]);
    });

    it("a reference the service does not know shows nothing", async () => {
      const { provider } = await rigged();
      expect((await provider.query(contractSale(), "999")).kind).not.toBe("done");
    });

    it("probing finds the service and changes nothing there", async () => {
      const sale = contractSale();
      const { provider, reference, held } = await reserved(sale);
      expect(await provider.probe("1")).toEqual({ kind: "done", value: null });
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "held" } });
      expect(await held(sale.id)).toBe(sale.terms.maximumMinor);
    });

    /** A sale of the kiosk's, as far as it goes. */
    async function going(until: "begun" | "offered" | "reserved") {
      const made = await rigged();
      const sale = begun(made.provider);
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
      const settle = (by = made.provider) => by.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
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
    const captured = { kind: "done", value: { state: "captured", capturedMinor: CONTRACT_DELIVERY.amountMinor } };

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
        await rig?.provider.close();
        await rig?.close();
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
        expect(await charged(sale.id)).toBe(CONTRACT_DELIVERY.amountMinor);
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
      expect(await charged(sale.id)).toBe(CONTRACT_DELIVERY.amountMinor);
    });

    it("a configuration that changed between two sendings changes nothing", async () => {
      const { provider, sale, offer, reconfigured, payable, charged, mishap } = await going("offered");
      const other = await reconfigured();
      expect(await other.offer(sale, ALWAYS, OFFER)).toMatchObject({ kind: "done" });
      expect(await payable(sale.id)).toBe(1);
      const again = await offer();
      await rig?.confirm(again);
      await provider.query(sale, again);
      const settleBy = (by: PaymentProvider) => by.settle(sale, again, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      await mishap("settle", "lost-after");
      await settleBy(provider);
      expect(await settleBy(other)).toMatchObject(captured);
      expect(await charged(sale.id)).toBe(CONTRACT_DELIVERY.amountMinor);
      await other.close();
    });

    it("its rules of money are whole numbers that go together, always the same", async () => {
      const { provider, foreignCurrency } = await rigged();
      const rules = provider.rulesFor("SEK");
      expect(rules).toEqual(provider.rulesFor("SEK"));
      if (rules === null) return;
      expect(Object.values(rules).every((each) => Number.isSafeInteger(each) && each >= 1)).toBe(true);
      expect(rules.leastReservationMinor).toBeLessThanOrEqual(rules.mostMinor);
      expect(rules.leastCaptureMinor).toBeLessThanOrEqual(rules.mostMinor);
      if (foreignCurrency !== null) expect(provider.rulesFor(foreignCurrency)).toBeNull();
    });

    it.each(["below the least", "between two steps"])("an amount %s is never taken", async (which) => {
      const { provider, sale, reference, charged } = await going("reserved");
      const { leastCaptureMinor, stepMinor } = provider.rulesFor("SEK") ?? NO_RULES;
      const amountMinor = which === "below the least" ? leastCaptureMinor - 1 : leastCaptureMinor * stepMinor + 1;
      // With no such rule every amount above nothing is taken.
      if (amountMinor === 0 || stepMinor === 1) return;
      const delivery = { ...CONTRACT_DELIVERY, amountMinor };
      const outcome = await provider.settle(sale, reference, delivery, ALWAYS, CAPTURE);
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
          ...{ amountMinor: CONTRACT_DELIVERY.amountMinor, currency: terms.tariff.currency },
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
        expect(await charged(sale.id)).toBe(CONTRACT_DELIVERY.amountMinor);
      });

      it.for(MISHAPS)(
        "is unknown without an answer (%s), and given once where it is known again",
        async (kind, context) => {
          const { refunds, request, charged, sale, mishap } = await paid(context);
          const part = { ...request, amountMinor: 1_000 };
          await mishap("refund", kind);
          expect((await refunds.refund(part)).kind).toBe(kind === "slow" ? "done" : "unknown");
          context.skip(refunds.recognises === "nothing", "does not apply: a refund is not known again");
          expect(await refunds.refund(part)).toMatchObject({ kind: "done", value: { kind: "made" } });
          expect(await charged(sale.id)).toBe(CONTRACT_DELIVERY.amountMinor - 1_000);
        },
      );
    });

    it("a wrong password is rejected, for an operator to mend", async () => {
      const { provider } = await rigged(true);
      const sale = contractSale();
      const rejected = { kind: "declined", reason: "rejected" };
      expect(await provider.probe("1")).toMatchObject(rejected);
      expect(await provider.offer(sale, ALWAYS, OFFER)).toMatchObject(rejected);
      expect(await provider.query(sale, "1")).toMatchObject(rejected);
      expect(await provider.settle(sale, "1", CONTRACT_DELIVERY, ALWAYS, CAPTURE)).toMatchObject(rejected);
      expect(await provider.release(sale, "1", ALWAYS, OURS, FREE)).toMatchObject(rejected);
    });
  });
}
