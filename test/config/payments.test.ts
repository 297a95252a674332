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

/** A second service, of which nothing but its plug-in knows. */
const second: Payment = {
  ...PLUG_INS.payments[0],
  name: "second",
  section: z.strictObject({ tokenFile: secretFile.meta(about("Its token.", "secrets/token")) }),
  position: { shop: z.string().meta(about("The shop's number.", "s-1")) },
  problems: ({ positions }) =>
    positions[0]?.id === "wrong" ? [{ path: ["positions", 0, "shop"], message: "found it wrong" }] : [],
  secretProblem: (at, value) => (at.at(-1) === "tokenFile" && value === "short" ? "found a short one" : null),
  times: () => ({ requestTimeout: 5_000, offerTimeout: 60_000, commitTimeout: 3_600_000 }),
  listens: () => [{ at: ["payment", "second", "listen"], listen: { host: "127.0.0.1", port: 8080 } }],
  certificates: () => [],
  keeps: null,
  kept: () => ({ found: [], secrets: ["kept-secret"] }),
};

interface Changes {
  readonly id?: string;
  readonly position?: object;
  readonly provider?: string;
  readonly token?: string;
  readonly listen?: string;
}

function load({ id = "1", position = { shop: "s-1" }, provider = "second", token = "a token", listen }: Changes = {}) {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/token"), token, { mode: 0o600 });
  const product = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 };
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency: "SEK" },
    journal: { path: "journal.db" },
    payment: { provider, second: { tokenFile: "secrets/token" } },
    positions: [
      { id, ...position, product, reserve: ["100.00"], dispenser: { driver: "simulated", quantity: "2.000" } },
    ],
    display: { driver: "web", listen: listen ?? "127.0.0.1:8081" },
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
    ["a service that is none", { provider: "secnd" }, /payment\.provider: found "secnd", expected .*second/],
  ])("is refused %s", (_what, changes, message) => {
    expect(() => load(changes)).toThrow(message);
  });
});
