import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../../src/wiring/load.ts";
import { tempFolder } from "../../support/temp.ts";

interface Given {
  readonly section?: object;
  readonly key?: string;
  readonly kiosk?: object;
  readonly position?: object;
  readonly more?: object;
  readonly least?: string;
}

const ACCOUNT = "acct_1Abc23Def45Ghi67";

function load({
  section = {},
  key = "rk_test_12345678abc",
  kiosk = {},
  position = {},
  more = {},
  least = "100",
}: Given = {}) {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/stripe"), `${key}\n`, { mode: 0o600 });
  const product = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 };
  const own = { account: ACCOUNT, apiKeyFile: "secrets/stripe", thanksUrl: "https://example.com/thanks", ...section };
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency: "EUR", ...kiosk },
    journal: { path: "journal.db" },
    payment: { provider: "stripe", stripe: own },
    positions: [
      { id: "1", ...position, product, reserve: [least], dispenser: { driver: "simulated", quantity: "2.000" } },
    ],
    display: { driver: "web", listen: "127.0.0.1:8081" },
    ...more,
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return loadConfig(file);
}

describe("a configuration of Stripe", () => {
  it("is accepted, and has times of its own", () => {
    expect(load().config.payment).toMatchObject({
      provider: "stripe",
      stripe: { endpoint: "https://api.stripe.com", pollInterval: 4000, offerTimeout: 180_000, requestTimeout: 20_000 },
    });
  });

  it.each<[string, Given]>([
    ["a key of real money", { key: "rk_live_12345678abc" }],
    ["a key that may do everything, of which the daemon warns", { key: "sk_test_12345678abc" }],
    ["the simulator on this machine", { section: { endpoint: "http://127.0.0.1:8082" } }],
    ["a currency without decimals", { kiosk: { currency: "ISK" } }],
  ])("may have %s", (_what, given) => {
    expect(() => load(given)).not.toThrow();
  });

  it.each<[string, Given, RegExp]>([
    ["a publishable key", { key: "pk_live_12345678abc" }, /apiKeyFile: found a publishable key.*expected a restricted/],
    ["a text that is no key", { key: "geheim" }, /apiKeyFile: found a text of 6 characters/],
    ["an account that is none", { section: { account: "1Abc" } }, /account: found "1Abc", expected .*acct_/],
    ["another host", { section: { endpoint: "https://api.stripe.example" } }, /endpoint: .*api\.stripe\.com/],
    ["a host that begins alike", { section: { endpoint: "https://api.stripe.com.example" } }, /endpoint: /],
    ["the service in the open", { section: { endpoint: "http://api.stripe.com" } }, /endpoint: /],
    ["a path of the service", { section: { endpoint: "https://api.stripe.com/v2" } }, /endpoint: /],
    ["thanks in the open", { section: { thanksUrl: "http://example.com" } }, /thanksUrl: /],
    ["an offer longer than its reads", { section: { offerTimeout: "10m" } }, /offerTimeout: .*45s to 6m/],
    ["questions that come too fast", { section: { pollInterval: "1s" } }, /pollInterval: .*3s to 15s/],
    ["a hold longer than a bank's", { section: { commitTimeout: "8d" } }, /commitTimeout: .*5m to 6d/],
    ["a currency whose unit is not known", { kiosk: { currency: "CLF" } }, /kiosk\.currency: found CLF/],
    [
      "a reservation below the least charge",
      { kiosk: { currency: "SEK" }, least: "2.00" },
      /reserve\[0\]: found "2.00"/,
    ],
    [
      "a schedule for books",
      { more: { schedule: { reconcile: "10 3 * * *" } } },
      /reconcile: found a schedule, expected none/,
    ],
    ["a terminal", { position: { terminal: { id: "x", passwordFile: "y" } } }, /terminal: found an unknown key/],
  ])("has not %s", (_what, given, message) => {
    expect(() => load(given)).toThrow(message);
  });

  it("does not tell a key that is wrong", () => {
    expect(() => load({ key: "pk_live_12345678abc" })).not.toThrow(/12345678abc/);
  });
});
