import { describe, expect, it } from "vitest";
import { MINOR_DIGITS } from "../../../src/core/currencies.ts";
import { fromService, rulesOf, toService } from "../../../src/payments/stripe/wire-money.ts";

describe("amounts in the service's unit", () => {
  // 300 of the currency as ISO 4217 counts it, and as the service does.
  it.each([
    ["SEK", 30_000, 30_000],
    ["EUR", 30_000, 30_000],
    ["JPY", 300, 300],
    ["KRW", 300, 300],
    ["ISK", 300, 30_000],
    ["UGX", 300, 30_000],
    ["MGA", 30_000, 300],
    ["KWD", 300_000, 300_000],
    ["HUF", 30_000, 30_000],
  ])("%s: %i minor units are sent as %i", (currency, amountMinor, amount) => {
    expect(toService(amountMinor, currency)).toBe(amount);
    expect(fromService(amount, currency)).toBe(amountMinor);
  });

  it.each([
    ["KWD", 1235, "the last digit of three decimals is zero"],
    ["MGA", 12_345, "only whole ariary"],
    ["SEK", 0.5, "no fraction"],
    ["CLF", 10_000, "four decimals, of which the service knows none"],
    ["XXX", 100, "no currency"],
  ])("%s: %d cannot be sent exactly: %s", (currency, amountMinor) => {
    expect(toService(amountMinor, currency)).toBeNull();
  });

  it("an amount that is no whole króna is none", () => {
    expect(fromService(12_345, "ISK")).toBeNull();
  });

  it.each([...MINOR_DIGITS.keys()])("%s: least and most fit the step, and come back as they went", (currency) => {
    const rules = rulesOf(currency);
    if (rules === null) return;
    const { leastReservationMinor, leastCaptureMinor, mostMinor, stepMinor } = rules;
    for (const minor of [leastReservationMinor, leastCaptureMinor, mostMinor]) {
      expect(minor % stepMinor).toBe(0);
      const amount = toService(minor, currency) ?? Number.NaN;
      expect(amount).toBeGreaterThan(0);
      expect(amount).toBeLessThanOrEqual(99_999_999);
      expect(fromService(amount, currency)).toBe(minor);
    }
  });
});
