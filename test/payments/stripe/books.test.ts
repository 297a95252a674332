import { afterEach, describe, expect, it } from "vitest";
import type { RefundRequest } from "../../../src/ports/books.ts";
import { done } from "../../../src/ports/outcome.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE } from "../../support/sale-fixtures.ts";
import { type StripeRig, shown, stripeRig } from "./rig.ts";

let rig: StripeRig | null = null;

afterEach(async () => {
  await rig?.provider.close();
  await rig?.close();
  rig = null;
});

/** A sale of which 99.45 was taken out of 300.00. */
async function paid(): Promise<{ made: StripeRig; request: RefundRequest }> {
  const made = await stripeRig();
  rig = made;
  const sale = contractSale();
  const reference = await made.offered(sale);
  await made.confirm(reference);
  const settled = await made.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
  const truth = settled.kind === "done" && settled.value.state === "captured" ? settled.value : null;
  const paymentReference = truth?.receipt.paymentReference ?? "";
  const named = { saleId: sale.id, position: "1", productName: "Diesel", currency: "SEK" };
  return { made, request: { refundId: `r-${sale.id}`, paymentReference, amountMinor: 2000, ...named } };
}

const LEFT = CONTRACT_DELIVERY.amountMinor;

describe("a refund", () => {
  it("is made once under one id, whatever is forgotten meanwhile", async () => {
    const { made, request } = await paid();
    const first = await made.books.refunds.refund(request);
    expect(first).toMatchObject({ kind: "done", value: { kind: "made", reference: expect.stringMatching(/^re_/) } });
    made.simulator.service.keys.forgetAll();
    made.clock.aheadMs += 30 * 24 * 3_600_000;
    expect(await made.books.refunds.refund(request)).toEqual(first);
    expect(await made.charged(request.saleId)).toBe(LEFT - 2000);
  });

  it("of another id is another one", async () => {
    const { made, request } = await paid();
    await made.books.refunds.refund(request);
    await made.books.refunds.refund({ ...request, refundId: "another" });
    expect(await made.charged(request.saleId)).toBe(LEFT - 4000);
  });

  it("of all that was taken, and of more than that: what was freed at the capture is not to be had back", async () => {
    const { made, request } = await paid();
    const more = await made.books.refunds.refund({ ...request, amountMinor: LEFT + 1 });
    expect(more).toMatchObject({ kind: "done", value: { kind: "exceeds" } });
    const all = await made.books.refunds.refund({ ...request, refundId: "all", amountMinor: LEFT });
    expect(all).toMatchObject({ kind: "done", value: { kind: "made" } });
    const again = await made.books.refunds.refund({ ...request, refundId: "again", amountMinor: 100 });
    expect(again).toMatchObject({ kind: "done", value: { kind: "exceeds" } });
    expect(await made.charged(request.saleId)).toBe(0);
  });

  it.each([
    ["refund", "lost-before"],
    ["refund", "lost-after"],
    ["refund", "cut"],
    ["refund", "error"],
    ["refund", "error-after"],
    ["refund", "rate-limit"],
    ["refund", "key-in-use"],
    ["refund", "other-amount"],
    ["refund", "no-sale"],
    ["refunds", "lost-before"],
    ["refunds", "html"],
  ] as const)("when %s is %s is unknown, and then made once", async (call, mode) => {
    const { made, request } = await paid();
    made.fault(call, mode);
    expect(shown(await made.books.refunds.refund(request))).toBe("unknown");
    expect(await made.books.refunds.refund(request)).toMatchObject({ kind: "done", value: { kind: "made" } });
    expect(await made.charged(request.saleId)).toBe(LEFT - 2000);
  });

  it.each([
    ["no amount", { amountMinor: 0 }],
    ["a part of the smallest unit", { amountMinor: 10.5 }],
    ["a payment that is none of this service", { paymentReference: "4711" }],
    ["a payment that nobody made", { paymentReference: "pi_none" }],
  ])("is refused: %s", async (_name, changes) => {
    const { made, request } = await paid();
    expect(shown(await made.books.refunds.refund({ ...request, ...changes }))).toBe("declined refused");
    expect(await made.charged(request.saleId)).toBe(LEFT);
  });

  it("that the bank sends back is told when it is asked about, and may be given once more under another id", async () => {
    const { made, request } = await paid();
    const { refunds } = made.books;
    expect(shown((await refunds.fate?.(request)) ?? done(null))).toBe("unknown");
    await refunds.refund(request);
    expect(await refunds.fate?.(request)).toEqual({ kind: "done", value: { kind: "stands" } });
    const intent = made.sessionsOf(request.saleId)[0]?.intent;
    if (intent === undefined || intent === null) throw new Error("no payment");
    made.simulator.book.sendBack(intent);
    const back = { kind: "done", value: { kind: "returned", detail: expect.stringContaining("failed") } };
    expect(await refunds.fate?.(request)).toMatchObject(back);
    expect(await made.charged(request.saleId)).toBe(LEFT);
    // Under its own id it stays what it is.
    expect(shown(await refunds.refund(request))).toBe("declined refused");
    await refunds.refund({ ...request, refundId: "once more" });
    expect(await made.charged(request.saleId)).toBe(LEFT - 2000);
  });

  it.each(["lost-before", "html", "cut"] as const)("of which nothing can be told stands: %s", async (mode) => {
    const { made, request } = await paid();
    await made.books.refunds.refund(request);
    made.fault("refunds", mode);
    expect((await made.books.refunds.fate?.(request))?.kind).toBe("unknown");
  });

  it("needs a right of its own", async () => {
    const poor = { key: "rk_test_noRefunds00000", account: "acct_1kioskdDemo00000", livemode: false };
    const made = await stripeRig({ key: poor.key, keys: [{ ...poor, rights: ["sessions:write", "intents:write"] }] });
    rig = made;
    const asked = { refundId: "r", saleId: "s", position: "1", productName: "x", currency: "SEK", amountMinor: 100 };
    expect(shown(await made.books.refunds.refund({ ...asked, paymentReference: "pi_1" }))).toBe("declined rejected");
  });
});
