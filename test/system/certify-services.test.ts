import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { stringify } from "yaml";
import { kitFor } from "../../src/cli/payment-kit.ts";
import type { Payment } from "../../src/config/plug-ins.ts";
import { DEMO_KEY, startStripeSimulator } from "../../src/payments/stripe/simulator/server.ts";
import { DEMO_UNIT, startVippsSimulator } from "../../src/payments/vipps/simulator/server.ts";
import { PLUG_INS } from "../../src/wiring/plug-ins.ts";
import { tempFolder } from "../support/temp.ts";

interface Rig {
  readonly payment: Payment;
  readonly currency: string;
  readonly section: object;
  readonly secrets: Readonly<Record<string, string>>;
}

function plugIn(name: string): Payment {
  const found = PLUG_INS.payments.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

async function vipps(changes: object = {}, switches: object = {}): Promise<Rig & { readonly left: () => number }> {
  const unit = { currency: "DKK" };
  const { origin, service, close } = await startVippsSimulator({ host: "127.0.0.1", port: 0, unit, switches });
  onTestFinished(() => close());
  const { merchantSerialNumber, clientId, clientSecret, subscriptionKey } = DEMO_UNIT;
  return {
    payment: plugIn("vipps"),
    currency: "DKK",
    section: {
      ...{ environment: "test", endpoint: origin, merchantSerialNumber, clientId, partialCapture: true },
      ...{ clientSecretFile: "secrets/secret", subscriptionKeyFile: "secrets/key", ...changes },
    },
    secrets: { secret: clientSecret, key: subscriptionKey },
    left: () =>
      service
        .payments()
        .filter(({ state, authorisedMinor, cancelledMinor, capturedMinor }) =>
          state === "AUTHORIZED" ? authorisedMinor > cancelledMinor + capturedMinor : state === "CREATED",
        ).length,
  };
}

async function stripe(rights = DEMO_KEY.rights): Promise<Rig & { readonly left: () => number }> {
  const key = { ...DEMO_KEY, key: "rk_test_ofThisTest0000000", rights };
  const { endpoint, book, close } = await startStripeSimulator({ host: "127.0.0.1", port: 0, keys: [key] });
  onTestFinished(() => close());
  return {
    payment: plugIn("stripe"),
    currency: "EUR",
    section: { endpoint, account: key.account, apiKeyFile: "secrets/key", thanksUrl: "https://example.com/thanks" },
    secrets: { key: key.key },
    left: () =>
      book
        .sessions(Math.floor(Date.now() / 1_000))
        .filter(({ status, intent }) => status === "open" || intent?.status === "requires_capture").length,
  };
}

async function certify({ payment, currency, section, secrets }: Rig, more: object = {}) {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  for (const [name, value] of Object.entries(secrets))
    writeFileSync(join(folder, "secrets", name), value, { mode: 0o600 });
  const product = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25, minimum: "1.00" };
  const dispenser = { driver: "simulated", quantity: "1.000" };
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency },
    journal: { path: "journal.db" },
    payment: { provider: payment.name, [payment.name]: section },
    positions: [{ id: "1", product, reserve: ["100.00"], dispenser }],
    display: { driver: "web", listen: "127.0.0.1:8080" },
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  const report = join(folder, "report.md");
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const command = payment.commands.books.find(({ name }) => name === "certify");
    const run = command?.run(kitFor(payment), { config: file, auto: true, report, ...more }, "");
    const error = await run?.then(
      () => null,
      (thrown: unknown) => String(thrown),
    );
    const text = out.mock.calls.map(([chunk]) => String(chunk)).join("");
    return { error, text, report: () => readFileSync(report, "utf8") };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

describe("certify", () => {
  it.each([
    ["vipps", () => vipps()],
    ["stripe", () => stripe()],
  ])("walks %s from the keys to the refund, and leaves a report with what a person has to do", async (name, make) => {
    const rig = await make();
    const { error, text, report } = await certify(rig, { json: true });
    expect(error).toBeNull();
    const { result, steps, byHand } = JSON.parse(text);
    expect(result).toBe("passed");
    expect(steps.map((step: { result: string }) => step.result)).toEqual(Array(9).fill("passed"));
    expect(byHand.length).toBeGreaterThan(5);
    expect(rig.left()).toBe(0);
    expect(report()).toContain(`# Certification with ${name}`);
    expect(report().match(/^\| .* \| passed \|$/gm)).toHaveLength(9);
    expect(report().match(/^- \[ \] /gm)).toHaveLength(byHand.length);
    for (const secret of Object.values(rig.secrets)) expect(report()).not.toContain(secret);
  });

  it("ends at the capture of a sales unit that takes no part, and frees what it held", async () => {
    const rig = await vipps({}, { partialCapture: false });
    const { error, report } = await certify(rig);
    expect(error).toMatch(/Failed: a part is taken.*partial capture/i);
    expect(rig.left()).toBe(0);
    expect(report()).toMatch(/\| a part is taken \| .* \| failed \|/);
    expect(report()).toMatch(/\| the same capture once more \| .* \| not run \|/);
  });

  it("finds a key that may not give back", async () => {
    const { error } = await certify(await stripe(["sessions:write", "intents:write"]));
    expect(error).toMatch(/Failed: a refund, and the same once more.*permission/);
  });

  it("takes no real money, and no phone that is none", async () => {
    const production = await vipps({ environment: "production" });
    expect((await certify(production)).error).toMatch(/environment is production/);
    const elsewhere = await vipps({ endpoint: undefined });
    expect((await certify(elsewhere)).error).toMatch(/--auto: only the simulator has a phone/);
  });
});
