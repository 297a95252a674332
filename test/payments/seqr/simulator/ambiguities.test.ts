import { beforeEach, describe, expect, it } from "vitest";
import { BillBook } from "../../../../src/payments/seqr/simulator/rules.ts";

const WHO = { id: "t-1", type: "TERMINALID", password: "12345678" };
const OTHER = { id: "t-2", type: "TERMINALID", password: "12345678" };
const SHOP = { id: "shop", type: "RESELLERUSER", userId: "9900", password: "1234" };

const sek = (value: string) => ({ currency: "SEK", value });

function invoice(value: string) {
  const rows = { invoiceRow: [{ itemTotalAmount: sek(value) }] };
  const paymentMode = "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT";
  return { paymentMode, totalAmount: sek(value), invoiceRows: rows, commitReservationTimeout: 3600 };
}

let book: BillBook;

beforeEach(() => {
  book = new BillBook([SHOP], [WHO, OTHER]);
});

function sent(atMs: number, who = WHO): string {
  const { bill } = book.sendInvoice(atMs, who, invoice("100.00"));
  if (bill === undefined) throw new Error("refused");
  return bill.reference;
}

const theBill = (atMs: number) => book.bills(atMs)[0];

describe("what the documentation leaves open", () => {
  function reserved(): string {
    const reference = sent(0);
    book.confirm(0, reference);
    return reference;
  }

  it.each([
    ["frees", 0, "CANCELED", 0],
    ["refuses", 51, "RESERVED", 10_000],
  ] as const)("cancelling a reservation %s", (cancelReserved, code, status, heldMinor) => {
    book.decide({ cancelReserved });
    expect(book.cancelInvoice(1, WHO, reserved()).code).toBe(code);
    expect(theBill(1)).toMatchObject({ status, heldMinor, cancels: code === 0 ? 1 : 0 });
    expect(book.cancelInvoice(1, WHO, sent(2)).code).toBe(0);
  });

  it.each([
    [true, "CANCELED"],
    [false, "RESERVED"],
  ])("a reservation nobody asks about is taken back: %s", (reversalAppliesToReserved, status) => {
    book.decide({ reversalAppliesToReserved });
    const reference = reserved();
    expect(theBill(20_000)?.status).toBe(status);
    expect(book.commitReservation(20_000, WHO, reference, sek("1.00")).code).toBe(status === "RESERVED" ? 0 : 96);
    expect(theBill(40_000)?.status).toBe("CANCELED");
  });

  it.each([
    ["takes-total", 4200],
    ["takes-reserved", 10_000],
  ] as const)("a commit without an amount %s", (commitWithoutAmount, chargedMinor) => {
    book = new BillBook([SHOP], [WHO], { ambiguities: { commitWithoutAmount } });
    const reference = reserved();
    book.updateInvoice(1, WHO, reference, invoice("42.00"));
    expect(book.commitReservation(1, WHO, reference, undefined).code).toBe(0);
    expect(book.chargedMinor(1)).toBe(chargedMinor);
  });
});

describe("the book's bounds", () => {
  it("forgets the oldest finished bills, and never an open one", () => {
    book = new BillBook([SHOP], [WHO, OTHER], { billsMax: 50 });
    const open = sent(0, OTHER);
    const oldest = sent(0);
    for (let count = 0; count < 51; count += 1) sent(0);
    const references = book.bills(0).map(({ reference }) => reference);
    expect(references).toHaveLength(52);
    expect(references[0]).toBe(open);
    expect(references).not.toContain(oldest);
    expect(new Set(references).size).toBe(52);
  });
});
