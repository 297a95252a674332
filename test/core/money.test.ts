import { data as listOne } from "currency-codes";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MINOR_DIGITS } from "../../src/core/currencies.ts";
import { formatAmount, formatScaled, minorDigits, parseAmount, parseScaled } from "../../src/core/money.ts";
import { formatQuantity, parseQuantity, UNIT_NAMES } from "../../src/core/quantity.ts";
import {
  formatUnitPrice,
  limitBase,
  parseUnitPrice,
  priceMinor,
  type Rounding,
  type Tariff,
  taxIncludedMinor,
} from "../../src/core/tariff.ts";
import { DIESEL } from "../support/sale-fixtures.ts";

describe("amounts", () => {
  it.each([
    ["19.89", "SEK", 1989],
    ["19.9", "SEK", 1990],
    ["0.00", "SEK", 0],
    ["500", "JPY", 500],
    ["1.234", "KWD", 1234],
    ["1.5", "JPY", undefined],
    ["19.899", "SEK", undefined],
    ["-1.00", "SEK", undefined],
    ["1e3", "SEK", undefined],
    ["", "SEK", undefined],
    ["99999999999999999", "SEK", undefined],
  ])("%s %s is %s", (text, currency, minor) => {
    expect(parseAmount(text, currency)).toBe(minor);
  });

  it("have the decimals of ISO 4217, whole, and none in what is no money", () => {
    const noMoney = /^(X(AG|AU|B[A-D]|DR|PD|PT|SU|TS|UA|XX))$/;
    const listed = listOne.filter(({ code }) => !noMoney.test(code));
    expect(listed.length).toBeGreaterThan(150);
    expect(listed.filter(({ code, digits }) => MINOR_DIGITS.get(code) !== digits)).toEqual([]);
    const known = new Set(listed.map(({ code }) => code));
    // Newer than the list.
    expect([...MINOR_DIGITS.keys()].filter((code) => !known.has(code))).toEqual(["XCG"]);
    expect(() => minorDigits("XAU")).toThrow(RangeError);
  });

  it("are read back as they were written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), fc.constantFrom("SEK", "JPY", "KWD"), (minor, currency) => {
        expect(parseAmount(formatAmount(minor, currency), currency)).toBe(minor);
      }),
    );
  });

  it("keep their sign and leading zeros", () => {
    expect(formatScaled(-5, 2)).toBe("-0.05");
    expect(parseScaled("0.05", 2)).toBe(5);
  });
});

describe("quantities", () => {
  it.each([
    [5000, "L", "5.000"],
    [7, "kWh", "0.007"],
    [3, "pcs", "3"],
    [100, "min", "1.67"],
    [5400, "h", "1.5000"],
  ] as const)("%i base units in %s are %s", (base, unit, text) => {
    expect(formatQuantity(base, unit)).toBe(text);
  });

  it.each([
    ["5.000", "L", 5000],
    ["0.5", "min", 30],
    ["1.5", "h", 5400],
    ["0.0001", "L", undefined],
    ["0.5", "pcs", undefined],
    ["five", "L", undefined],
  ] as const)("%s %s are %s base units", (text, unit, base) => {
    expect(parseQuantity(text, unit)).toBe(base);
  });
});

const tariffs: fc.Arbitrary<Tariff> = fc.record({
  currency: fc.constantFrom("SEK", "JPY", "KWD"),
  unit: fc.constantFrom(...UNIT_NAMES),
  unitPriceE6: fc.integer({ min: 1, max: 1_000_000_000 }),
  taxRateBps: fc.integer({ min: 0, max: 3000 }),
  rounding: fc.constantFrom<Rounding>("half-up", "down", "up"),
  minimumMinor: fc.constantFrom(0, 0, 100),
});

describe("tariff", () => {
  const diesel = DIESEL;

  it.each([
    [5000, "half-up", 9945],
    [1, "half-up", 2],
    [1, "down", 1],
    [1, "up", 2],
    [0, "up", 0],
    [25_138, "half-up", 50_000 - 1],
  ] as const)("%i ml rounded %s cost %i öre", (quantity, rounding, minor) => {
    expect(priceMinor({ ...diesel, rounding }, quantity)).toBe(minor);
  });

  it("charges the minimum for anything above nothing", () => {
    expect(priceMinor({ ...diesel, minimumMinor: 500 }, 1)).toBe(500);
    expect(priceMinor({ ...diesel, minimumMinor: 500 }, 0)).toBe(0);
    expect(limitBase({ ...diesel, minimumMinor: 500 }, 499)).toBe(0);
  });

  it("never lets the limit cost more than the amount, nor stop a base unit early", () => {
    fc.assert(
      fc.property(tariffs, fc.integer({ min: 0, max: 10_000_000 }), (tariff, amountMinor) => {
        const limit = limitBase(tariff, amountMinor);
        if (limit > 0) expect(priceMinor(tariff, limit)).toBeLessThanOrEqual(amountMinor);
        const bounded = limit < Number.MAX_SAFE_INTEGER - 1;
        if (amountMinor >= tariff.minimumMinor && bounded)
          expect(priceMinor(tariff, limit + 1)).toBeGreaterThan(amountMinor);
      }),
      { numRuns: 1000 },
    );
  });

  it("never costs less for more", () => {
    fc.assert(
      fc.property(tariffs, fc.nat(1_000_000), fc.nat(1_000_000), (tariff, less, more) => {
        expect(priceMinor(tariff, less + more)).toBeGreaterThanOrEqual(priceMinor(tariff, less));
      }),
    );
  });

  it.each([
    ["19.89", "SEK", "19.89"],
    ["20", "SEK", "20.00"],
    ["1.659", "EUR", "1.659"],
    ["0.4567", "EUR", "0.4567"],
    ["150", "JPY", "150"],
  ])("shows the unit price %s %s as %s", (text, currency, shown) => {
    expect(formatUnitPrice({ ...diesel, currency, unitPriceE6: parseUnitPrice(text) ?? 0 })).toBe(shown);
  });

  it("contains a fifth of tax at 25 %", () => {
    expect(taxIncludedMinor(diesel, 9945)).toBe(1989);
  });
});
