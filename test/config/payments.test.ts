import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { about, secretFile } from "../../src/config/fields.ts";
import { readConfig } from "../../src/config/load.ts";
import { partOf, paymentsOf, secretsFor } from "../../src/config/payment.ts";
import type { Payment } from "../../src/config/plug-ins.ts";
import { PLUG_INS } from "../../src/wiring/plug-ins.ts";
import { tempFolder } from "../support/temp.ts";

const RULES = { leastReservationMinor: 5_000, leastCaptureMinor: 300, mostMinor: 100_000, stepMinor: 100 };
let offerTimeoutMs = 60_000;

/** A second service, of which nothing but its plug-in knows. */
const second: Payment = {
  ...PLUG_INS.payments[0],
  name: "second",
  section: z.strictObject({ tokenFile: secretFile.meta(about("Its token.", "secrets/token")) }),
  position: { shop: z.string().meta(about("The shop's number.", "s-1")) },
  problems: ({ positions }) =>
    positions[0]?.id === "wrong" ? [{ path: ["positions", 0, "shop"], message: "found it wrong" }] : [],
  secretProblem: (at, value) => (at.at(-1) === "tokenFile" && value === "short" ? "found a short one" : null),
  times: () => ({ requestTimeout: 5_000, offerTimeout: offerTimeoutMs, commitTimeout: 3_600_000 }),
  listens: () => [{ at: ["payment", "second", "listen"], listen: { host: "127.0.0.1", port: 8080 } }],
  certificates: () => [],
  limits: ({ kiosk }) => ({
    rulesFor: (currency) => (currency === "NOK" ? null : RULES),
    currencies: ["DKK", "EUR", kiosk.currency === "NOK" ? "SEK" : kiosk.currency],
    longestOfferMs: 600_000,
    longestCodeChars: 400,
    hasPeriods: false,
  }),
  keeps: null,
  kept: () => ({ found: [], secrets: ["kept-secret"] }),
};

interface Changes {
  readonly panel?: object;
  readonly id?: string;
  readonly position?: object;
  readonly provider?: string;
  readonly token?: string;
  readonly listen?: string;
  readonly currency?: string;
  readonly reserve?: readonly string[];
  readonly minimum?: string;
  readonly schedule?: object;
  readonly retired?: object;
}

function load(changes: Changes = {}) {
  const { id = "1", position = { shop: "s-1" }, provider = "second", token = "a token", listen } = changes;
  const { currency = "SEK", reserve = ["100.00"], minimum = "3.00", schedule, panel, retired } = changes;
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/token"), token, { mode: 0o600 });
  writeFileSync(join(folder, "secrets/key"), "a-key", { mode: 0o600 });
  const product = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25, minimum };
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency },
    journal: { path: "journal.db" },
    payment: {
      ...{ provider, second: { tokenFile: "secrets/token" } },
      ...(retired === undefined ? {} : { retired }),
    },
    positions: [{ id, ...position, product, reserve, dispenser: { driver: "simulated", quantity: "2.000" } }],
    ...(schedule === undefined ? {} : { schedule }),
    display: {
      driver: "web",
      listen: listen ?? "127.0.0.1:8081",
      ...(panel === undefined ? {} : { panel, readingDistanceMm: 300 }),
    },
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return readConfig(file, "serve", { ...PLUG_INS, payments: [...PLUG_INS.payments, second] });
}

describe("a second payment service", () => {
  it("has its own section, keys of positions and secrets", () => {
    const { config, secrets } = load();
    const part = partOf(config);
    expect(part.section).toEqual({ tokenFile: "secrets/token" });
    expect(part.positions[0]?.own).toMatchObject({ shop: "s-1" });
    expect(secrets.at(["payment", "second", "tokenFile"])).toBe("a token");
    expect(secrets.all).toEqual(expect.arrayContaining(["a token", "kept-secret"]));
  });

  it.each<[string, Changes, RegExp]>([
    [
      "keys of another service",
      { position: { shop: "s-1", seqrId: "AB12" } },
      /positions\[0\]\.seqrId: found an unknown key/,
    ],
    ["a position without its key", { position: {} }, /positions\[0\]\.shop/],
    ["what its own check finds", { id: "wrong" }, /positions\[0\]\.shop: found it wrong/],
    ["what its secret must not be", { token: "short" }, /payment\.second\.tokenFile: found a short one/],
    ["a port that the display has", { listen: "127.0.0.1:8080" }, /display\.listen: found port 8080 a second time/],
    [
      "a choice that it does not reserve",
      { reserve: ["49.00", "100.00"] },
      /reserve\[0\]: found "49.00", expected at least "50.00", the least that second reserves/,
    ],
    [
      "a choice above its most",
      { reserve: ["100.00", "1001.00"] },
      /reserve\[1\]: found "1001.00", expected at most "1000.00"/,
    ],
    [
      "a choice between its steps",
      { reserve: ["100.50"] },
      /reserve\[0\]: found "100.50", expected a multiple of "1.00"/,
    ],
    [
      "a currency that it does not do",
      { currency: "NOK" },
      /kiosk\.currency: found NOK, expected DKK, EUR or SEK.*payment\.provider/,
    ],
    [
      "a schedule for books that it does not have",
      { schedule: { reconcile: "10 3 * * *" } },
      /schedule\.reconcile: found a schedule, expected none\. Second has no books/,
    ],
    ["a service that is none", { provider: "secnd" }, /payment\.provider: found "secnd", expected .*second/],
  ])("is refused %s", (_what, changes, message) => {
    expect(() => load(changes)).toThrow(message);
  });

  it("is refused an offer that waits longer than the service does", () => {
    const seconds = (timeoutMs: number) => {
      offerTimeoutMs = timeoutMs;
      try {
        return load();
      } finally {
        offerTimeoutMs = 60_000;
      }
    };
    expect(() => seconds(590_000)).not.toThrow();
    expect(() => seconds(591_000)).toThrow(/payment\.second\.offerTimeout: found 591s, expected at most 590s/);
  });

  it("is refused a panel on which its long codes cannot be read", () => {
    const seven = { widthMm: 154, heightMm: 86, widthPx: 800, heightPx: 480 };
    // Large enough for short ones.
    const five = { widthMm: 110, heightMm: 62, widthPx: 800, heightPx: 480 };
    expect(() => load({ panel: seven })).not.toThrow();
    expect(() => load({ panel: five })).toThrow(/display\.panel: found 110 x 62 mm .*[Tt]he scan screen needs/);
  });

  it("may give away what it does not take, which is told", () => {
    expect(load().warnings).toEqual([]);
    const [warning, ...others] = load({ minimum: "2.99" }).warnings;
    expect(others).toEqual([]);
    expect(warning?.path).toEqual(["positions", 0, "product", "minimum"]);
    expect(warning?.message).toMatch(/found "2.99", expected at least "3.00", the least that second takes/);
  });
});

describe("services that are retired", () => {
  const seqr = { endpoint: "https://extdev.seqr.com/soap/merchant/cashregister-2" };
  const reseller = { id: "demo-shop", userId: "9900", passwordFile: "secrets/token" };
  const terminal = { terminal: { id: "t-1", passwordFile: "secrets/token" } };

  it("keep their section, their secrets and their keys at positions", () => {
    const loaded = load({ retired: { seqr: { ...seqr, reseller } }, position: { shop: "s-1", ...terminal } });
    const [selling, former] = paymentsOf({ payments: [...PLUG_INS.payments, second] }, loaded.config);
    expect(selling.part.isRetired).toBe(false);
    expect(former).toMatchObject({ plugIn: { name: "seqr" }, part: { isRetired: true, section: seqr } });
    const secrets = former === undefined ? null : secretsFor(former, loaded.secrets);
    expect(secrets?.at(["payment", "seqr", "reseller", "passwordFile"])).toBe("a token");
    expect(secrets?.at(["positions", 0, "terminal", "passwordFile"])).toBe("a token");
    expect(loaded.files.map(({ key }) => key)).toContain("payment.retired.seqr.reseller.passwordFile");
  });

  it("need no account at a position that came later, and their books may be compared still", () => {
    expect(() => load({ retired: { seqr } })).not.toThrow();
    expect(() =>
      load({ retired: { seqr: { ...seqr, reseller } }, schedule: { reconcile: "10 3 * * *" } }),
    ).not.toThrow();
  });

  it.each<[string, Changes, RegExp]>([
    [
      "that sells still",
      { retired: { second: { tokenFile: "secrets/token" } } },
      /payment\.retired\.second: found second, which is the provider, expected services that do not sell any more/,
    ],
    ["that there is none", { retired: { secnd: {} } }, /payment\.retired\.secnd: found an unknown key.*second/],
    [
      "with a key that it does not have",
      { retired: { seqr: { ...seqr, pollIntervall: "1s" } } },
      /payment\.retired\.seqr\.pollIntervall: .*pollInterval/,
    ],
    ["without a key that it needs", { retired: { seqr: {} } }, /payment\.retired\.seqr\.endpoint: found nothing/],
    [
      "whose secret is missing",
      { retired: { seqr: { ...seqr, reseller: { ...reseller, passwordFile: "secrets/none" } } } },
      /payment\.retired\.seqr\.reseller\.passwordFile: found no file/,
    ],
    [
      "whose secret cannot be one",
      {
        retired: { stripe: { account: "acct_1known", apiKeyFile: "secrets/token", thanksUrl: "https://example.com/" } },
      },
      /payment\.retired\.stripe\.apiKeyFile: found a text of 7 characters/,
    ],
    [
      "whose own check finds something",
      { schedule: { reconcile: "10 3 * * *" }, retired: { seqr } },
      /schedule\.reconcile: .*reseller/,
    ],
  ])("are refused: one %s", (_what, changes, message) => {
    expect(() => load(changes)).toThrow(message);
  });

  it("are not asked for what only selling needs", () => {
    const vipps = { environment: "test", merchantSerialNumber: "123456", clientId: "a-client-id" };
    const files = { clientSecretFile: "secrets/key", subscriptionKeyFile: "secrets/key" };
    expect(() => load({ currency: "EUR", retired: { vipps: { ...vipps, ...files } } })).not.toThrow();
  });
});
