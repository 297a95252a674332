import { beforeEach, describe, expect, it } from "vitest";
import { BillBook } from "../../../../src/payments/seqr/simulator/rules.ts";

const WHO = { id: "t-1", type: "TERMINALID", password: "12345678" };
const OTHER = { id: "t-2", type: "TERMINALID", password: "12345678" };
const SHOP = { id: "shop", type: "RESELLERUSER", userId: "9900", password: "1234" };
const DOCUMENT = { mimeType: "text/plain", receiptData: "cGFpZA==", receiptType: "PAYMENT_RECEIPT" };

const sek = (value: string, currency = "SEK") => ({ currency, value });
const refundInvoice = (value: string, changes: object = {}) => ({ totalAmount: sek(value), ...changes });

let book: BillBook;

beforeEach(() => {
  book = new BillBook([SHOP], [WHO, OTHER]);
});

function sent(atMs: number, who = WHO, value = "100.00", cashierId = "anna"): string {
  const row = { itemTotalAmount: sek(value) };
  const { bill } = book.sendInvoice(atMs, who, {
    paymentMode: "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
    cashierId,
    invoiceRows: { invoiceRow: [row] },
    totalAmount: sek(value),
    commitReservationTimeout: 3600,
  });
  if (bill === undefined) throw new Error("refused");
  return bill.reference;
}

/** A payment that the merchant knows of; answers its reference. */
function paid(atMs: number, who = WHO, value = "100.00", cashierId = "anna"): string {
  const reference = sent(atMs, who, value, cashierId);
  book.confirm(atMs, reference);
  book.commitReservation(atMs, who, reference, sek(value));
  return book.getPaymentStatus(atMs, who, reference, 0).bill?.ersReference ?? "";
}

const theBill = (atMs = 0) => book.bills(atMs)[0];

describe("a refund", () => {
  it.each([
    ["of all of it", refundInvoice("100.00"), 0, 0],
    ["of a part", refundInvoice("0.01"), 0, 9999],
    ["of an öre too much", refundInvoice("100.01"), 98, 10_000],
    ["of nothing", refundInvoice("0.00"), 11, 10_000],
    ["of less than nothing", refundInvoice("-1.00"), 11, 10_000],
    ["in another currency", { totalAmount: sek("1.00", "EUR") }, 49, 10_000],
    ["of no amount", {}, 49, 10_000],
    ["without an invoice", undefined, 49, 10_000],
    [
      "whose rows say otherwise",
      refundInvoice("2.00", { invoiceRows: { invoiceRow: [{ itemTotalAmount: sek("1.00") }] } }),
      49,
      10_000,
    ],
    [
      "whose rows say the same",
      refundInvoice("2.00", { invoiceRows: { invoiceRow: [{ itemTotalAmount: sek("2.00") }] } }),
      0,
      9800,
    ],
  ])("%s", (_name, invoice, code, chargedMinor) => {
    const ersReference = paid(0);
    expect(book.refundPayment(1, WHO, ersReference, invoice).code).toBe(code);
    expect(theBill()).toMatchObject({ chargedMinor, refunds: code === 0 ? 1 : 0, status: "PAID" });
  });

  it("may follow another until nothing is left, each with its own reference", () => {
    const payment = paid(0);
    const answers = ["60.00", "40.01", "40.00", "0.01"].map((value) =>
      book.refundPayment(1, WHO, payment, refundInvoice(value)),
    );
    expect(answers.map(({ code }) => code)).toEqual([0, 98, 0, 98]);
    expect(new Set([payment, answers[0]?.ersReference, answers[2]?.ersReference]).size).toBe(3);
    expect(theBill()).toMatchObject({
      refunds: 2,
      refundList: [{ amountMinor: 6000 }, { amountMinor: 4000 }],
      chargedMinor: 0,
      committedMinor: 10_000,
    });
  });

  it.each([
    ["of an unknown payment", () => "1", WHO, 23],
    ["of another terminal's payment", () => paid(0), OTHER, 23],
    ["of a refund", () => book.refundPayment(0, WHO, paid(0), refundInvoice("1.00")).ersReference ?? "", WHO, 23],
    ["by the shop", () => paid(0), SHOP, 91],
    ["with a wrong password", () => paid(0), { ...WHO, password: "x" }, 20],
  ])("%s is refused", (_name, ersReference, who, code) => {
    expect(book.refundPayment(1, who, ersReference(), refundInvoice("1.00")).code).toBe(code);
  });

  it("of a payment shows that the merchant knows of it", () => {
    const reference = sent(0);
    book.confirm(0, reference);
    book.commitReservation(0, WHO, reference, sek("100.00"));
    const ersReference = theBill()?.ersReference ?? "";
    expect(book.refundPayment(1, WHO, ersReference, refundInvoice("1.00")).code).toBe(0);
    expect(theBill(20_000)).toMatchObject({ status: "PAID", chargedMinor: 9900 });
  });

  it("of a payment that was taken back is refused", () => {
    const reference = sent(0);
    book.confirm(0, reference);
    book.getPaymentStatus(0, WHO, reference, 0);
    book.commitReservation(0, WHO, reference, sek("100.00"));
    const ersReference = theBill()?.ersReference ?? "";
    expect(book.refundPayment(20_000, WHO, ersReference, refundInvoice("1.00")).code).toBe(23);
  });
});

describe("a receipt", () => {
  it.each([
    ["complete", DOCUMENT, 0],
    ["with empty content", { mimeType: "text/plain", receiptData: "", receiptType: "" }, 0],
    ["without its type", { ...DOCUMENT, receiptType: undefined }, 49],
    ["without its content", { ...DOCUMENT, receiptData: undefined }, 49],
    ["without its MIME type", { ...DOCUMENT, mimeType: undefined }, 49],
    ["not there", undefined, 49],
  ])("%s", (_name, document, code) => {
    expect(book.submitPaymentReceipt(1, WHO, paid(0), document).code).toBe(code);
    expect(theBill()?.receipts).toBe(code === 0 ? 1 : 0);
  });

  it("may be repeated, and be for a refund; the last one counts", () => {
    const payment = paid(0);
    const refund = book.refundPayment(0, WHO, payment, refundInvoice("1.00")).ersReference ?? "";
    for (const ersReference of [payment, payment, refund]) book.submitPaymentReceipt(1, WHO, ersReference, DOCUMENT);
    expect(theBill()).toMatchObject({
      receipts: 3,
      lastReceipt: { mimeType: "text/plain", receiptType: "PAYMENT_RECEIPT", contentLength: 4 },
    });
  });

  it("for an unknown payment is refused", () => {
    expect(book.submitPaymentReceipt(1, WHO, "1", DOCUMENT).code).toBe(23);
    expect(book.submitPaymentReceipt(1, OTHER, paid(0), DOCUMENT).code).toBe(23);
  });
});

const SHOP_WIDE = ["Shop", "STD_RECON_002", "STD_RECON_003", "STD_RECON_004"];
const OF_TERMINAL = ["STD_RECON_006", "STD_RECON_007"];

function mark(atMs: number, terminalId?: string): string {
  const { code, transactionPeriodId } = book.markTransactionPeriod(atMs, SHOP, terminalId);
  expect(code).toBe(0);
  return transactionPeriodId ?? "";
}

function report(atMs: number, name: string, transactionPeriodId: string, terminalId?: string) {
  const entries: [string, string][] = [["transactionPeriodId", transactionPeriodId]];
  if (terminalId !== undefined) entries.push(["TERMINALID", terminalId]);
  return book.executeReport(atMs, SHOP, `Reconciliation/${name}.xml`, new Map(entries));
}

function valuesOf(xml: string | undefined, field: string): string[] {
  return [...(xml ?? "").matchAll(new RegExp(`<${field}>(.*)</${field}>`, "g"))].map(([, value]) => value ?? "");
}

describe("a period", () => {
  it("holds what happened since the last mark of its scope", () => {
    const first = paid(0);
    const shopOne = mark(10);
    const second = paid(20, OTHER, "7.00");
    const terminalOne = mark(30, "t-1");
    const third = paid(40, WHO, "3.00");
    const [shopTwo, terminalTwo] = [mark(50), mark(50, "t-1")];
    const listed = (period: string) => valuesOf(report(9000, "STD_RECON_003", period).report?.xml, "ErsReference");
    expect(listed(shopOne)).toEqual([first]);
    expect(listed(terminalOne)).toEqual([first]);
    expect(listed(shopTwo)).toEqual([second, third]);
    expect(listed(terminalTwo)).toEqual([third]);
    expect(listed(mark(60))).toEqual([]);
  });

  it.each([
    ["a terminal", WHO, undefined, 91],
    ["nobody", {}, undefined, 91],
    ["an unknown shop", { ...SHOP, id: "nobody" }, undefined, 37],
    ["a wrong password", { ...SHOP, password: "x" }, undefined, 20],
    ["the shop, of a terminal it never had", SHOP, "t-9", 10],
  ])("is refused to %s", (_name, who, terminalId, code) => {
    expect(book.markTransactionPeriod(0, who, terminalId).code).toBe(code);
    expect(book.executeReport(0, terminalId === undefined ? who : WHO, "x", new Map()).code).toBe(
      terminalId === undefined ? code : 91,
    );
  });

  it("may be of a terminal that is gone", () => {
    const payment = paid(0);
    book.unregisterTerminal(WHO);
    const { report: written } = report(9000, "STD_RECON_007", mark(0, "t-1"), "t-1");
    expect(valuesOf(written?.xml, "ErsReference")).toEqual([payment]);
  });
});

describe("a report", () => {
  it.each([
    ["just before its time", 2999, 2],
    ["in time", 3000, 0],
  ])("%s", (_name, atMs, code) => {
    const [shop, terminal] = [mark(0), mark(0, "t-1")];
    for (const name of SHOP_WIDE) expect(report(atMs, name, shop).code).toBe(code);
    for (const name of OF_TERMINAL) expect(report(atMs, name, terminal, "t-1").code).toBe(code);
  });

  it.each([
    ["an unknown report", "STD_RECON_005", "t-1", "t-1", 10],
    ["one of a terminal, for a period of the shop", "STD_RECON_007", undefined, "t-1", 2],
    ["one of a terminal, without naming it", "STD_RECON_006", "t-1", undefined, 10],
    ["one of a terminal, naming another", "STD_RECON_007", "t-1", "t-2", 10],
    ["one of the shop, for a period of a terminal", "STD_RECON_003", "t-1", undefined, 0],
  ])("%s", (_name, name, marked, asked, code) => {
    expect(report(9_000_000, name, mark(0, marked), asked).code).toBe(code);
    expect(report(9_000_000, name, "unknown", asked).code).toBe(10);
  });

  it("lists payments and refunds, with five decimals and the time of its making", () => {
    const payment = paid(0, WHO, "99.45", "bo & co");
    const { ersReference: refund } = book.refundPayment(0, WHO, payment, refundInvoice("9.00"));
    const { report: written } = report(1_790_000_040_000, "STD_RECON_003", mark(0));
    expect(written?.xml).toMatch(
      /^<\?xml .*\?>\n<TransactionDetails>\n<Meta>\n<ResellerId>shop<[\s\S]*<\/TransactionDetails>$/,
    );
    expect(valuesOf(written?.xml, "GeneratedAt")).toEqual(["2026-09-21 14:14"]);
    expect(valuesOf(written?.xml, "TerminalId")).toEqual(["t-1", "t-1"]);
    expect(valuesOf(written?.xml, "CashierId")).toEqual(["bo &amp; co", "bo &amp; co"]);
    expect(valuesOf(written?.xml, "SalesAmount")).toEqual(["99.45000", "-9.00000"]);
    expect(valuesOf(written?.xml, "ErsReference")).toEqual([payment, refund]);
  });

  it.each([
    ["Shop", undefined, "ResellerTransactionSummary", [], ["3"], ["111.00000"]],
    ["STD_RECON_002", undefined, "TerminalTransactionSummary", ["t-1", "t-2"], ["2", "1"], ["101.00000", "10.00000"]],
    ["STD_RECON_004", undefined, "CashierTransactionSummary", ["anna", "bo"], ["1", "2"], ["100.00000", "11.00000"]],
    ["STD_RECON_006", "t-1", "TerminalTransactionSummary", ["t-1"], ["2"], ["101.00000"]],
  ])("%s sums up", (name, terminalId, root, ids, counts, totals) => {
    paid(0);
    paid(1, OTHER, "10.00", "bo");
    paid(2, WHO, "1.00", "bo");
    const { report: written } = report(9000, name, mark(3, terminalId), terminalId);
    expect(written?.xml).toContain(`\n</${root}>`);
    expect(valuesOf(written?.xml, name === "STD_RECON_004" ? "CashierId" : "TerminalId")).toEqual(ids);
    expect(valuesOf(written?.xml, "SalesCount")).toEqual(counts);
    expect(valuesOf(written?.xml, "SalesTotal")).toEqual(totals);
  });

  it("leaves out a payment that was taken back, even after the mark", () => {
    const reference = sent(0);
    book.confirm(0, reference);
    book.commitReservation(0, WHO, reference, sek("100.00"));
    const period = mark(1);
    expect(valuesOf(report(19_999, "Shop", period).report?.xml, "SalesCount")).toEqual(["1"]);
    expect(valuesOf(report(20_000, "Shop", period).report?.xml, "SalesCount")).toEqual(["0"]);
  });

  it("shows what the books were made to say, and bills do not change", () => {
    const [first, second] = [paid(0), paid(1, WHO, "5.00")];
    book.books.forget(first);
    book.books.change(second, 600);
    const added = book.books.add("t-9", "SEK", 1200);
    const { report: written } = report(9000, "STD_RECON_003", mark(2));
    expect(valuesOf(written?.xml, "ErsReference")).toEqual([second, added]);
    expect(valuesOf(written?.xml, "SalesAmount")).toEqual(["6.00000", "12.00000"]);
    expect(book.chargedMinor(9000)).toBe(10_500);
  });
});
