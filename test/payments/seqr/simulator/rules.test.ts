import { beforeEach, describe, expect, it } from "vitest";
import { BillBook } from "../../../../src/payments/seqr/simulator/rules.ts";

const WHO = { id: "t-1", type: "TERMINALID", password: "12345678" };
const OTHER = { id: "t-2", type: "TERMINALID", password: "12345678" };
const SHOP = { id: "shop", type: "RESELLERUSER", userId: "9900", password: "1234" };

const sek = (value: string, currency = "SEK") => ({ currency, value });

function invoice(value = "300.00", changes: object = {}) {
  return {
    paymentMode: "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
    title: "Demo",
    clientInvoiceId: "sale-1",
    invoiceRows: { invoiceRow: [{ itemDescription: "x", itemQuantity: "1", itemTotalAmount: sek(value) }] },
    totalAmount: sek(value),
    commitReservationTimeout: 3600,
    ...changes,
  };
}

let book: BillBook;

beforeEach(() => {
  book = new BillBook([SHOP], [WHO, OTHER, { id: "t-short", password: "123" }]);
});

function sent(atMs = 0, who = WHO): string {
  const { bill } = book.sendInvoice(atMs, who, invoice());
  if (bill === undefined) throw new Error("refused");
  return bill.reference;
}

function status(atMs: number, reference: string) {
  const { code, bill } = book.getPaymentStatus(atMs, WHO, reference, 0);
  return code === 0 ? bill?.status : code;
}

/** A bill that the customer confirmed at 1 s and the merchant saw as reserved at 2 s. */
function reserved(): string {
  const reference = sent();
  book.confirm(1000, reference);
  expect(status(2000, reference)).toBe("RESERVED");
  return reference;
}

const commit = (atMs: number, reference: string, value = "99.45", currency = "SEK") =>
  book.commitReservation(atMs, WHO, reference, sek(value, currency)).code;

const bill = (atMs: number, reference: string) => {
  const found = book.bills(atMs).find((candidate) => candidate.reference === reference);
  if (found === undefined) throw new Error("no such bill");
  return found;
};

describe("who may call", () => {
  it.each([
    ["the terminal", WHO, 0],
    ["a wrong password", { ...WHO, password: "x" }, 20],
    ["no password", { ...WHO, password: undefined }, 20],
    ["an unknown terminal", { ...WHO, id: "nobody" }, 29],
    ["a password under four characters", { ...WHO, id: "t-short", password: "123" }, 21],
    ["the reseller", SHOP, 91],
    ["nobody", {}, 91],
  ])("sendInvoice by %s", (_name, who, code) => {
    expect(book.sendInvoice(0, who, invoice()).code).toBe(code);
  });

  it.each([
    ["the reseller's user", SHOP, 0],
    ["a wrong password", { ...SHOP, password: "x" }, 20],
    ["an unknown reseller", { ...SHOP, id: "x" }, 37],
    ["an unknown user", { ...SHOP, userId: "1" }, 37],
    ["a terminal", WHO, 91],
  ])("registerTerminal by %s", (_name, who, code) => {
    expect(book.registerTerminal(who, "ext", "longenough").code).toBe(code);
  });

  it("registering takes a short password, every later call refuses it", () => {
    const { terminalId } = book.registerTerminal(SHOP, "ext", "123");
    expect(terminalId).toMatch(/^[0-9a-f]{32}$/);
    expect(book.sendInvoice(0, { id: terminalId, type: "TERMINALID", password: "123" }, invoice()).code).toBe(21);
  });

  it("an unregistered terminal is unknown, and its code is free again", () => {
    expect(book.assignSeqrId(WHO, "K1").code).toBe(0);
    expect(book.assignSeqrId(OTHER, "K1").code).toBe(53);
    expect(book.assignSeqrId(OTHER, "K-1").code).toBe(53);
    expect(book.assignSeqrId(OTHER, "").code).toBe(53);
    expect(book.unregisterTerminal(WHO).code).toBe(0);
    expect(book.unregisterTerminal(WHO).code).toBe(29);
    expect(book.assignSeqrId(OTHER, "K1").code).toBe(0);
  });
});

describe("what a bill must look like", () => {
  const row = (value: string) => ({ itemDescription: "x", itemQuantity: "1", itemTotalAmount: sek(value) });
  it.each([
    ["rows that sum up", invoice("10.00", { invoiceRows: { invoiceRow: [row("12.50"), row("-2.50")] } }), 0],
    ["rows that do not", invoice("10.00", { invoiceRows: { invoiceRow: [row("9.99")] } }), 49],
    ["no rows", invoice("10.00", { invoiceRows: {} }), 49],
    ["no total", invoice("10.00", { totalAmount: undefined }), 49],
    ["an unknown currency", invoice("10.00", { totalAmount: sek("10.00", "XXX") }), 49],
    ["mixed currencies", invoice("10.00", { totalAmount: sek("10.00", "EUR") }), 49],
    ["a fraction of an öre", invoice("10.005"), 49],
    ["nothing to pay", invoice("0.00"), 11],
    ["less than nothing", invoice("-1.00"), 11],
    ["nothing at all", undefined, 49],
  ])("%s", (_name, body, code) => {
    expect(book.sendInvoice(0, WHO, body).code).toBe(code);
    const reference = sent();
    expect(book.updateInvoice(0, WHO, reference, body).code).toBe(code);
  });
});

describe("one open bill a terminal", () => {
  it("a new bill cancels the last one and frees what it held", () => {
    const first = reserved();
    const second = sent(3000);
    expect(bill(3000, first)).toMatchObject({ status: "CANCELED", heldMinor: 0, chargedMinor: 0 });
    expect(status(3000, second)).toBe("ISSUED");
  });

  it("a paid bill and other terminals' bills stay", () => {
    const other = sent(0, OTHER);
    const paid = reserved();
    commit(3000, paid);
    status(3000, paid);
    sent(4000);
    expect(bill(4000, paid)).toMatchObject({ status: "PAID", chargedMinor: 9945 });
    expect(bill(4000, other)).toMatchObject({ status: "ISSUED" });
  });

  it("another terminal's bill is unknown", () => {
    expect(status(0, sent(0, OTHER))).toBe(54);
    expect(book.cancelInvoice(0, WHO, sent(0, OTHER)).code).toBe(54);
  });
});

describe("versions", () => {
  it("start at 0 and rise with every change of status", () => {
    const reference = sent();
    expect(bill(0, reference).version).toBe(0);
    book.confirm(1000, reference);
    expect(bill(1000, reference).version).toBe(1);
    book.updateInvoice(1500, WHO, reference, invoice("99.45"));
    expect(bill(1500, reference).version).toBe(1);
    commit(2000, reference);
    expect(bill(2000, reference).version).toBe(2);
  });
});

describe("a confirmation nobody asks about within 20 s is taken back", () => {
  it.each([
    ["reserved, asked after 19.999 s", 20_999, "RESERVED"],
    ["reserved, asked after 20 s", 21_000, "CANCELED"],
  ])("%s", (_name, atMs, expected) => {
    const reference = sent();
    book.confirm(1000, reference);
    expect(status(atMs, reference)).toBe(expected);
  });

  it("not once the merchant was told that it is reserved", () => {
    expect(status(3_000_000, reserved())).toBe("RESERVED");
  });

  it.each([
    ["paid, asked after 19.999 s", 23_999, "PAID", 9945],
    ["paid, asked after 20 s", 24_000, "CANCELED", 0],
  ])("%s", (_name, atMs, expected, chargedMinor) => {
    const reference = reserved();
    expect(commit(4000, reference)).toBe(0);
    expect(status(atMs, reference)).toBe(expected);
    expect(book.chargedMinor(9_000_000)).toBe(chargedMinor);
  });
});

describe("the commit", () => {
  it.each([
    ["less than reserved", "99.45", "SEK", 0, 9945],
    ["all of it", "300.00", "SEK", 0, 30_000],
    ["an öre more", "300.01", "SEK", 11, 0],
    ["nothing", "0.00", "SEK", 11, 0],
    ["less than nothing", "-1.00", "SEK", 11, 0],
    ["another currency", "99.45", "EUR", 49, 0],
    ["no number", "many", "SEK", 49, 0],
  ])("of %s", (_name, value, currency, code, chargedMinor) => {
    const reference = reserved();
    expect(commit(3000, reference, value, currency)).toBe(code);
    expect(bill(3000, reference)).toMatchObject({ chargedMinor, commits: code === 0 ? 1 : 0, reservedMinor: 30_000 });
    expect(bill(3000, reference).heldMinor).toBe(code === 0 ? 0 : 30_000);
  });

  it("without an amount takes the bill's current total", () => {
    const reference = reserved();
    book.updateInvoice(3000, WHO, reference, invoice("42.00"));
    expect(book.commitReservation(3000, WHO, reference, undefined).code).toBe(0);
    expect(book.chargedMinor(3000, "sale-1")).toBe(4200);
  });

  it("before the confirmation, and a second time, is answered with 96", () => {
    const reference = sent();
    expect(commit(0, reference)).toBe(96);
    book.confirm(1000, reference);
    expect([commit(2000, reference), commit(2001, reference)]).toEqual([0, 96]);
    expect(bill(2001, reference)).toMatchObject({ commits: 1, chargedMinor: 9945 });
  });

  it.each([
    ["in the last millisecond", 3_600_999, 0, "PAID"],
    ["too late", 3_601_000, 96, "EXPIRED"],
  ])("%s", (_name, atMs, code, expected) => {
    const reference = reserved();
    expect(commit(atMs, reference)).toBe(code);
    expect(bill(atMs, reference).status).toBe(expected);
    expect(bill(atMs, reference).heldMinor).toBe(0);
  });
});

describe("cancelling and updating by status", () => {
  const reach = {
    ISSUED: () => sent(),
    RESERVED: () => reserved(),
    PAID: () => {
      const reference = reserved();
      commit(3000, reference);
      status(3000, reference);
      return reference;
    },
    CANCELED: () => {
      const reference = sent();
      book.decline(1000, reference);
      return reference;
    },
    EXPIRED: () => reserved(),
  };
  it.each([
    ["ISSUED", 5000, 0, 0],
    ["RESERVED", 5000, 0, 0],
    ["PAID", 5000, 50, 90],
    ["CANCELED", 5000, 95, 95],
    ["EXPIRED", 9_000_000, 58, 58],
  ] as const)("%s", (from, atMs, cancelCode, updateCode) => {
    const reference = reach[from]();
    expect(book.updateInvoice(atMs, WHO, reference, invoice("42.00")).code).toBe(updateCode);
    expect(book.cancelInvoice(atMs, WHO, reference).code).toBe(cancelCode);
    expect(bill(atMs, reference)).toMatchObject({ heldMinor: 0, chargedMinor: from === "PAID" ? 9945 : 0 });
  });

  it("of an unknown bill", () => {
    expect(book.cancelInvoice(0, WHO, "1").code).toBe(54);
    expect(book.updateInvoice(0, WHO, "1", invoice()).code).toBe(54);
    expect(commit(0, "1")).toBe(54);
    expect(status(0, "0")).toBe(54);
  });
});

describe("the phone", () => {
  it.each(["confirm", "decline"] as const)("can %s only an open bill", (choice) => {
    const reference = sent();
    expect(book[choice](1000, "1")).toBe("unknown");
    expect(book[choice](1000, reference)).toBe("done");
    expect(book[choice](1001, reference)).toBe("not-open");
  });

  it("debits at once where the bill says so", () => {
    const { bill: issued } = book.sendInvoice(0, WHO, invoice("10.00", { paymentMode: "IMMEDIATE_DEBIT" }));
    book.confirm(1000, issued?.reference ?? "");
    expect(status(2000, issued?.reference ?? "")).toBe("PAID");
    expect(book.chargedMinor(2000)).toBe(1000);
  });
});
