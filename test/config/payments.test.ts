import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { about, secretFile } from "../../src/config/fields.ts";
import { readConfig } from "../../src/config/load.ts";
import { partOf } from "../../src/config/payment.ts";
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
}

function load(changes: Changes = {}) {
  const { id = "1", position = { shop: "s-1" }, provider = "second", token = "a token", listen } = changes;
  const { currency = "SEK", reserve = ["100.00"], minimum = "3.00", schedule, panel } = changes;
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/token"), token, { mode: 0o600 });
  const product = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25, minimum };
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency },
    journal: { path: "journal.db" },
    payment: { provider, second: { tokenFile: "secrets/token" } },
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
