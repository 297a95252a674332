import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../../src/wiring/load.ts";
import { tempFolder } from "../../support/temp.ts";

type Keys = Readonly<Record<string, unknown>>;

/** What is said of a configuration; null when nothing is. */
function said(kiosk: Keys, vipps: Keys, more: Keys = {}, secret = "a-secret-of-the-portal"): string | null {
  const folder = tempFolder();
  for (const name of ["secret", "key"]) writeFileSync(join(folder, name), secret, { mode: 0o600 });
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency: "NOK", ...kiosk },
    journal: { path: "journal.db" },
    payment: {
      provider: "vipps",
      vipps: {
        ...{ environment: "test", merchantSerialNumber: "123456", clientId: "fb492b5e" },
        ...{ clientSecretFile: "secret", subscriptionKeyFile: "key" },
        ...vipps,
      },
    },
    positions: [
      {
        id: "1",
        product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
        reserve: ["100.00"],
        dispenser: { driver: "simulated", quantity: "2.000", rate: "600" },
      },
    ],
    display: { driver: "web", listen: "127.0.0.1:8080" },
    ...more,
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  try {
    loadConfig(file);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("a configuration for Vipps MobilePay", () => {
  it.each<[string, Keys, Keys]>([
    ["Norway", {}, {}],
    ["Denmark, with partial capture", { currency: "DKK" }, { partialCapture: true }],
    ["Finland, with partial capture", { currency: "EUR" }, { partialCapture: true }],
    ["a simulator", {}, { endpoint: "http://127.0.0.1:8082" }],
  ])("%s is accepted", (_what, kiosk, vipps) => {
    expect(said(kiosk, vipps)).toBeNull();
  });

  it.each<[string, Keys, Keys, RegExp]>([
    ["Sweden's money", { currency: "SEK" }, {}, /kiosk\.currency: found "?SEK"?.*NOK, DKK or EUR/s],
    [
      "Denmark as it is at first",
      { currency: "DKK" },
      {},
      /partialCapture: .*ask Vipps MobilePay to switch partial capture on/is,
    ],
    [
      "a unit that was said to be unable",
      {},
      { partialCapture: false },
      /partialCapture: .*switch partial capture on/is,
    ],
    ["no environment", {}, { environment: undefined }, /environment/],
    ["a number without quotes", {}, { merchantSerialNumber: 123456 }, /merchantSerialNumber/],
    ["keys in the clear", {}, { endpoint: "http://pay.example.com" }, /endpoint: .*expected https/s],
    ["an offer that the service ends before", {}, { offerTimeout: "10m" }, /offerTimeout/],
    ["a hold that a card may not promise", {}, { commitTimeout: "30d" }, /commitTimeout/],
    ["a secret instead of its file", {}, { clientSecret: "abc" }, /clientSecret/],
  ])("%s is refused, with what to do", (_what, kiosk, vipps, words) => {
    expect(said(kiosk, vipps)).toMatch(words);
  });

  it("nightly books are refused, for the service has none", () => {
    expect(said({}, {}, { schedule: { reconcile: "10 3 * * *" } })).toMatch(/schedule\.reconcile: /);
  });

  it("a secret of two words is refused, and not shown", () => {
    const told = said({}, {}, {}, "two words");
    expect(told).toMatch(/clientSecretFile: .*one line without blanks/s);
    expect(told).not.toContain("two words");
  });
});
