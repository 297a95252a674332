import { describe, expect, it, onTestFinished } from "vitest";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../../support/sale-fixtures.ts";
import { vippsRig } from "./rig.ts";
import { unnamedIn, wrongIn, wrongWith } from "./schemas.ts";

/** What the service says today and version 1.8.1 does not know yet; the vendor's pages have it. */
const NEWER = ["captureGuaranteedUntil"];

describe("by the published schemas", () => {
  it("each request of a kiosk is right, and so is each answer of the simulator", async () => {
    const rig = await vippsRig();
    onTestFinished(() => rig.close());
    const { provider, books } = rig;
    const paid = contractSale("NOK");
    await provider.probe();
    await provider.offer(paid, ALWAYS, OFFER);
    await rig.confirm(paid.id);
    await provider.query(paid, paid.id);
    await provider.settle(paid, paid.id, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    const refund = {
      saleId: paid.id,
      position: "1",
      paymentReference: paid.id,
      productName: "Diesel",
      currency: "NOK",
    };
    await books.refunds.refund({ ...refund, refundId: "refund-1", amountMinor: 945 });
    await books.refunds.refund({ ...refund, refundId: "refund-2", amountMinor: 94_500 });
    await books.remainders.freeRest(paid.id, "1", paid.id, FREE);
    for (const choice of ["open", "confirm", "decline"] as const) {
      const sale = contractSale("NOK");
      await provider.offer(sale, ALWAYS, OFFER);
      if (choice !== "open") await rig[choice](sale.id);
      await provider.release(sale, sale.id, ALWAYS, OURS, FREE);
      await provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    }
    await provider.offer({ ...paid, terms: { ...paid.terms, maximumMinor: 99 } }, ALWAYS, { ...OFFER, number: 2 });
    const calls = new Set(rig.seen.map(({ call }) => call));
    expect(calls).toEqual(new Set(["cancel", "capture", "create", "events", "payment", "refund", "token"]));
    expect(rig.seen.filter(({ status }) => status >= 400).length).toBeGreaterThan(2);
    expect(rig.seen.flatMap(wrongWith)).toEqual([]);
    const unnamed = rig.seen
      .filter(({ call, status }) => call === "payment" && status === 200)
      .flatMap(({ answer }) => unnamedIn("GetPaymentResponse", JSON.parse(answer)));
    expect([...new Set(unnamed)]).toEqual(NEWER);
  });

  it("what they refuse is found", () => {
    const amount = { currency: "NOK", value: 1 };
    const aggregate = {
      authorizedAmount: amount,
      cancelledAmount: amount,
      capturedAmount: amount,
      refundedAmount: amount,
    };
    const shown = { aggregate, amount, state: "AUTHORIZED", pspReference: "1", reference: "a-sale-of-ours" };
    expect(wrongIn("epayment", "ModificationResponse", shown)).toBeNull();
    expect(wrongIn("epayment", "ModificationResponse", { ...shown, state: "RESERVED" })).toMatch(/state/);
    expect(wrongIn("epayment", "Amount", { currency: "XXX", value: 1 })).toMatch(/currency/);
    expect(unnamedIn("CreatePaymentRequest", { amount, quux: 1 })).toEqual(["quux"]);
  });
});
