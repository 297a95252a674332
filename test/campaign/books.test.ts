import { describe, expect, it } from "vitest";
import { type Billed, type Books, differences } from "./books.ts";
import { report } from "./report.ts";
import type { Told } from "./subscriber.ts";

const PAID = {
  ...{ seq: 1, saleId: "s-1", position: "1", outcome: "paid", reason: null, product: "Diesel", sku: "DSL", unit: "L" },
  ...{ unitPrice: "19.89", quantity: "1.500", currency: "SEK", reserved: "100.00", charged: "29.84", freed: "70.16" },
  ...{ tax: "5.97", loss: "0.00", meterCertain: true, reference: "2026", invoiceReference: "17", receipt: null },
  ...{ selectedAt: "2026-01-02T03:04:05.000Z", reservedAt: null, deliveredAt: null, closedAt: "" },
} as const satisfies Told;

const RELEASED = {
  ...PAID,
  ...{ seq: 2, saleId: "s-2", outcome: "released", reason: "restart", quantity: "0.000", charged: "0.00" },
} as const satisfies Told;

const BILL: Billed = {
  ...{ reference: "17", saleId: "s-1", status: "PAID", capturedMinor: 2_984, heldMinor: 0, commits: 1 },
};
const CANCELED: Billed = {
  ...{ reference: "18", saleId: "s-2", status: "CANCELED", capturedMinor: 0, heldMinor: 0, commits: 0 },
};

const BALANCED: Books = {
  service: [BILL, CANCELED],
  leastMinor: 0,
  journal: [PAID, RELEASED],
  open: [],
  broker: [PAID, RELEASED, RELEASED],
  pump: { visits: [{ reference: "17", pouredMl: 1_500 }], totalMl: 1_500 },
};

function found(change: Partial<Books>): readonly string[] {
  return differences({ ...BALANCED, ...change }).map(({ saleId, what }) => `${saleId ?? "all"}: ${what}`);
}

const REVERSED: Billed = { ...BILL, status: "CANCELED", capturedMinor: 0, isReversed: true };
const LOST = { ...PAID, outcome: "needs-attention", reason: "reservation-lost", charged: "0.00" } as const;

describe("the judge of the books", () => {
  it("finds nothing where all four say the same, repetitions included", () => {
    expect(found({})).toEqual([]);
  });

  it("takes a payment that the service gave back for one that a person is told of", () => {
    const service = [REVERSED, CANCELED];
    const broker = [LOST, RELEASED];
    expect(found({ service, broker, journal: [LOST, RELEASED] })).toEqual([]);
    expect(found({ service, broker: [RELEASED], journal: [LOST, RELEASED] })).toContain("s-1: its record never came");
    expect(found({ service })).toEqual(["s-1: the service gave the money back, and no person was told"]);
  });

  it.each<[string, Partial<Books>, string]>([
    ["a reservation nobody resolved", { service: [BILL, { ...CANCELED, status: "RESERVED" }] }, "s-2: a reservation"],
    ["two commits", { service: [{ ...BILL, commits: 2 }, CANCELED] }, "s-1: not committed exactly once"],
    ["two payments of one sale", { service: [BILL, { ...BILL, reference: "19" }, CANCELED] }, "s-1: not committed"],
    ["money of no sale", { service: [BILL, CANCELED, { ...BILL, saleId: "s-3" }] }, "s-3: it is not closed"],
    ["an öre too much", { service: [{ ...BILL, capturedMinor: 2_985 }, CANCELED] }, "s-1: the money taken"],
    ["an unpaid sale", { service: [{ ...BILL, status: "CANCELED", commits: 0 }, CANCELED] }, "s-1: paid at the one"],
    ["a sale that stays open", { open: ["s-3"] }, "s-3: it is not closed in the journal"],
    [
      "a sale for a person",
      { journal: [{ ...PAID, outcome: "needs-attention" }, RELEASED] },
      "s-1: handed to a person",
    ],
    ["a guessed quantity", { journal: [{ ...PAID, meterCertain: false }, RELEASED] }, "s-1: its meter was not read"],
    ["another price", { journal: [{ ...PAID, charged: "29.83" }, RELEASED] }, "s-1: the money is not the price"],
    ["more than reserved", { journal: [{ ...PAID, reserved: "20.00" }, RELEASED] }, "s-1: more than was reserved"],
    ["a sale closed twice", { journal: [PAID, RELEASED, { ...PAID, seq: 3 }] }, "s-1: closed twice"],
    ["a number left out", { journal: [PAID, { ...RELEASED, seq: 3 }] }, "all: the journal's numbers have a gap"],
    ["a lost record", { broker: [PAID] }, "s-2: its record never came"],
    ["a changed record", { broker: [{ ...PAID, charged: "29.83" }, RELEASED] }, "s-1: its record came as something"],
    ["records out of order", { broker: [RELEASED, PAID] }, "all: the records did not come in order"],
    ["fuel for nothing", { pump: { ...BALANCED.pump, totalMl: 1_510 } }, "all: the quantities are not"],
    [
      "fuel of another sale",
      { pump: { visits: [{ reference: "18", pouredMl: 1_500 }], totalMl: 1_500 } },
      "s-1: the quantity is not what the pump gave",
    ],
    [
      "fuel to nobody's bill",
      { pump: { visits: [...BALANCED.pump.visits, { reference: null, pouredMl: 10 }], totalMl: 1_510 } },
      "all: the pump gave something to nobody's bill",
    ],
  ])("finds %s", (_, change, what) => {
    expect(found(change).some((each) => each.startsWith(what))).toBe(true);
  });

  it("says of a sale what each of the four says", () => {
    const [difference] = differences({ ...BALANCED, broker: [PAID] });
    expect(difference).toEqual({
      saleId: "s-2",
      what: "its record never came",
      says: {
        service: "18 CANCELED 0 (0 commits)",
        journal: "2 released restart 0.000 L 0.00",
        broker: "nothing",
        pump: "0 ml",
      },
    });
  });
});

it.each([
  ["SEK", "123.45 SEK"],
  ["DKK", "123.45 DKK"],
  ["JPY", "12345 JPY"],
])("a report tells its money in %s", (currency, told) => {
  const wide = { chargedMinor: 12_345, currency, pouredMl: 1_000, records: 1 };
  const result = {
    ...{ kills: [], sales: [], tornLengths: 0, wide },
    ...{ problems: [], differences: [], folder: "" },
  };
  expect(report([result]).find((line) => line.startsWith("money at the service"))).toContain(` ${told}`);
});
