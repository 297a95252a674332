import { afterEach, describe, expect, it } from "vitest";
import type { Delivery, Sale } from "../../src/core/sale/state.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS, TERMS } from "../support/sale-fixtures.ts";
import type { PaymentRig } from "./payment-rig.ts";
import { paymentTroubles } from "./payment-troubles.ts";

/** `make` serves position "1"; with `wrongPassword` the service does not know it by that. */
export type MakePaymentRig = (options: { readonly wrongPassword: boolean }) => Promise<PaymentRig>;

let salesMade = 0;

export function contractSale(currency = TERMS.tariff.currency): Sale {
  salesMade += 1;
  return {
    id: `0198c0de-0000-7000-8000-${String(salesMade).padStart(12, "0")}`,
    position: "1",
    selectedAtMs: 1_790_000_000_000,
    terms: { ...TERMS, tariff: { ...TERMS.tariff, currency } },
  };
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
export function paymentContract(name: string, make: MakePaymentRig, currency = TERMS.tariff.currency): void {
  const saleOfOurs = (): Sale => contractSale(currency);
  describe(`${name} keeps the payment contract`, () => {
    let rig: PaymentRig | null = null;

    async function closeRig(): Promise<void> {
      await rig?.provider.close();
      await rig?.close();
      rig = null;
    }
    afterEach(closeRig);

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
      const sale = saleOfOurs();
      const { provider, reference, confirm, held } = await offered(sale);
      expect(await provider.query(sale, reference)).toEqual({ kind: "done", value: { state: "open" } });
      expect(await held(sale.id)).toBe(0);
      await confirm(reference);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "held" } });
      expect(await held(sale.id)).toBe(sale.terms.maximumMinor);
    });

    it("an offer the customer declines has ended", async () => {
      const sale = saleOfOurs();
      const { provider, reference, decline } = await offered(sale);
      await decline(reference);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "ended" } });
    });

    it("settling takes exactly the delivered amount and frees the rest", async () => {
      const sale = saleOfOurs();
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
      const sale = saleOfOurs();
      const { provider, reference, charged } = await reserved(sale);
      const first = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      const second = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      expect(first).toMatchObject({ kind: "done", value: { state: "captured" } });
      expect(second).toEqual(first);
      expect(await charged(sale.id)).toBe(9945);
    });

    it("releasing twice charges nothing and holds nothing", async () => {
      const sale = saleOfOurs();
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
      const sale = saleOfOurs();
      const { provider, reference, held } = await offered(sale);
      expect(await provider.release(sale, null, ALWAYS, OURS, FREE)).toMatchObject({
        kind: "done",
        value: { state: "ended" },
      });
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "ended" } });
      expect(await held(sale.id)).toBe(0);
    });

    it("releasing without a reference frees what the customer confirmed, at the latest when its time is over", async () => {
      const sale = saleOfOurs();
      const { provider, reference, confirm, held, charged, freesHeldBills, pass } = await offered(sale);
      await confirm(reference);
      await provider.release(sale, null, ALWAYS, OURS, FREE);
      if (!freesHeldBills) await pass(sale.terms.commitTimeoutMs);
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "ended" } });
      expect(await charged(sale.id)).toBe(0);
      expect(await held(sale.id)).toBe(0);
    });

    it("a hold that is neither settled nor released ends with its time, and nothing is charged", async () => {
      const sale = saleOfOurs();
      const { provider, reference, charged, held, pass } = await reserved(sale);
      await pass(sale.terms.commitTimeoutMs);
      const ended = { kind: "done", value: { state: "ended" } };
      expect(await provider.query(sale, reference)).toMatchObject(ended);
      expect(await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).toMatchObject(ended);
      expect(await charged(sale.id)).toBe(0);
      expect(await held(sale.id)).toBe(0);
    });

    it("releasing a settled sale gives nothing back and shows the capture", async () => {
      const sale = saleOfOurs();
      const { provider, reference, charged } = await reserved(sale);
      await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
      expect(await provider.release(sale, reference, ALWAYS, OURS, FREE)).toMatchObject({
        kind: "done",
        value: { state: "captured" },
      });
      expect(await charged(sale.id)).toBe(9945);
    });

    it("sends nothing that changes anything when it may not go on, and calls that unknown", async () => {
      const sale = saleOfOurs();
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
      expect((await provider.query(saleOfOurs(), "999")).kind).not.toBe("done");
    });

    it("probing finds the service and changes nothing there", async () => {
      const sale = saleOfOurs();
      const { provider, reference, held } = await reserved(sale);
      expect(await provider.probe("1")).toEqual({ kind: "done", value: null });
      expect(await provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "held" } });
      expect(await held(sale.id)).toBe(sale.terms.maximumMinor);
    });

    paymentTroubles({ rigged, closeRig, newSale: saleOfOurs, delivery: CONTRACT_DELIVERY });

    it("a wrong password is rejected, for an operator to mend", async () => {
      const { provider } = await rigged(true);
      const sale = saleOfOurs();
      const rejected = { kind: "declined", reason: "rejected" };
      expect(await provider.probe("1")).toMatchObject(rejected);
      expect(await provider.offer(sale, ALWAYS, OFFER)).toMatchObject(rejected);
      expect(await provider.query(sale, "1")).toMatchObject(rejected);
      expect(await provider.settle(sale, "1", CONTRACT_DELIVERY, ALWAYS, CAPTURE)).toMatchObject(rejected);
      expect(await provider.release(sale, "1", ALWAYS, OURS, FREE)).toMatchObject(rejected);
    });
  });
}
