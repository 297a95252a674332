import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { checkConfig } from "../../src/cli/check-config.ts";
import { logFor } from "../../src/cli/run.ts";
import { passwordsIn, secretKeysOf } from "../../src/config/named-files.ts";
import { configSchema, loadConfig } from "../../src/wiring/load.ts";
import { everySection, sectionsWith, withCharger, writeKnownSecrets } from "../support/known-secrets.ts";
import { tempFolder } from "../support/temp.ts";

const { privateKey } = generateKeyPairSync("ec", {
  namedCurve: "prime256v1",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const IN_ADDRESS = "in%40the-address";

/** Signs that JSON, an address and XML each write in their own way; what becomes part of an address has none of them. */
function known(key: string, number: number): string {
  if (key.endsWith("secretFile") || key.includes(".vipps.")) return `known~secret.of-${number}`;
  if (key.endsWith("stripe.apiKeyFile")) return `rk_test_known${number}OfStripe`;
  return key.endsWith("keyFile") ? privateKey.replaceAll("A", String(number)) : `known "<&ö\\/${number}> token`;
}

const BROKER = `mqtts://kiosk:${IN_ADDRESS}@127.0.0.1:8883`;
const VIPPS = { environment: "test", merchantSerialNumber: "123456", clientId: "a-client-id" };
const STRIPE = { account: "acct_1known", thanksUrl: "https://example.com/thanks" };

/** With other services retired, whose secrets are as secret. */
function retiring(config: ReturnType<typeof sectionsWith>, retired: object): ReturnType<typeof sectionsWith> {
  return { ...config, payment: { ...(config["payment"] as object), retired } };
}

function retiredSeqr(): object {
  const { seqr } = everySection("http://127.0.0.1:1/", BROKER, "kiosk.pem")["payment"] as { readonly seqr: object };
  return seqr;
}

/** One of each payment service: a configuration has one that sells at a time. */
const SERVICES = {
  seqr: () => everySection("http://127.0.0.1:1/", BROKER, "kiosk.pem"),
  vipps: () => sectionsWith("vipps", VIPPS, BROKER, "NOK"),
  stripe: () => sectionsWith("stripe", STRIPE, BROKER),
  "vipps, others retired": () =>
    retiring(sectionsWith("vipps", VIPPS, BROKER, "NOK"), { stripe: STRIPE, seqr: retiredSeqr() }),
  "stripe, vipps retired": () => retiring(sectionsWith("stripe", STRIPE, BROKER), { vipps: VIPPS }),
  "stripe, and a charger": () => withCharger(sectionsWith("stripe", STRIPE, BROKER)),
} as const;
const NAMES = Object.keys(SERVICES) as (keyof typeof SERVICES)[];
const OF_SERVICES = {
  seqr: ["reseller.passwordFile", "unattended.keyFile", "unattended.secretFile"],
  vipps: ["clientSecretFile", "subscriptionKeyFile"],
  stripe: ["apiKeyFile"],
} as const;

function scene(service: keyof typeof SERVICES): ReturnType<typeof writeKnownSecrets> {
  return writeKnownSecrets(tempFolder(), SERVICES[service](), known);
}

/** Everything that is written to the standard output from now on. */
function outputs(): () => string {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return () => written.join("");
}

/** All that would give a secret away: itself, as others write it, and each line of a key. */
function traces(secret: string): string[] {
  const lines = secret.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
  const xml = secret.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), xml, ...lines];
}

describe("every secret that the schema marks", () => {
  it("is one of these; a new one comes by itself", () => {
    expect(secretKeysOf(configSchema())).toEqual(
      new Set([
        "alerts.email.passwordFile",
        "alerts.ntfy.tokenFile",
        "alerts.telegram.tokenFile",
        "alerts.webhook.tokenFile",
        "display.tokenFile",
        "mqtt.keyFile",
        "mqtt.passwordFile",
        "operator.keyFile",
        ...Object.entries(OF_SERVICES).flatMap(([name, keys]) => keys.map((key) => `payment.retired.${name}.${key}`)),
        "payment.seqr.reseller.passwordFile",
        "payment.seqr.unattended.keyFile",
        "payment.seqr.unattended.secretFile",
        "payment.stripe.apiKeyFile",
        "payment.vipps.clientSecretFile",
        "payment.vipps.subscriptionKeyFile",
        "positions.*.dispenser.keyFile",
        "positions.*.dispenser.passwordFile",
        "positions.*.terminal.passwordFile",
      ]),
    );
  });

  it("stands in one of the scenes", () => {
    expect(new Set(NAMES.flatMap((name) => scene(name).keys))).toEqual(secretKeysOf(configSchema()));
  });

  it.each(NAMES)("is read, and each where it belongs: %s", (service) => {
    const { file, keys, values } = scene(service);
    const { all, at } = loadConfig(file).secrets;
    const named = keys.map((key) => at(key.split(".").map((part) => (part === "*" ? 0 : part))));
    const withoutEnd = values.map((value) => value.replace(/\n$/, ""));
    expect(new Set(all)).toEqual(new Set([...withoutEnd, IN_ADDRESS, decodeURIComponent(IN_ADDRESS)]));
    expect(named).toEqual(withoutEnd);
  });

  it.each(NAMES)("is in no line of the log, whatever it stands in: %s", (service) => {
    const { file, values } = scene(service);
    const loaded = loadConfig(file);
    const output = outputs();
    const log = logFor(loaded, "debug");
    const hidden = [...values, IN_ADDRESS, decodeURIComponent(IN_ADDRESS)];
    for (const shape of hidden.flatMap(traces)) {
      log.warn({ detail: shape, deep: { list: [`before${shape}after`] } }, `said ${shape}`);
      log.error({ error: new Error(shape) }, "failed");
      log.error({ body: JSON.stringify({ password: `x${shape}` }) }, "refused");
    }
    log.info({ config: loaded.config, secrets: loaded.secrets, file: readFileSync(file, "utf8") }, "all of it");
    const text = output();
    expect(text.split("\n").length).toBeGreaterThan(hidden.length * 12);
    expect(text).toContain('"url":["mqtts://kiosk:[redacted]@127.0.0.1:8883"]');
    for (const shape of hidden.flatMap(traces)) expect(text).not.toContain(shape);
  });

  const commands = [
    [
      "check-config --json",
      (config: string) => checkConfig({ config, json: true }),
      "mqtts://kiosk:***@127.0.0.1:8883",
    ],
    ["check-config", (config: string) => checkConfig({ config }), "is in order"],
    ["check-config --schema", () => checkConfig({ schema: true }), "passwordFile"],
  ] as const;

  it.each(NAMES.flatMap((service) => commands.map((command) => [...command, service] as const)))(
    "is not shown by %s",
    async (_what, run, expected, service) => {
      const { file, values } = scene(service);
      const output = outputs();
      await run(file);
      expect(output()).toContain(expected);
      for (const shape of [...values, IN_ADDRESS].flatMap(traces)) expect(output()).not.toContain(shape);
    },
  );
});

describe("a password in an address", () => {
  it.each([
    ["mqtts://kiosk:plain-text@host", ["plain-text"]],
    ["mqtts://:no%20name@host", ["no%20name", "no name"]],
    ["https:kiosk:without-slashes@host/path", ["without-slashes"]],
    ["mqtts://kiosk:two@signs:inside@host", ["two%40signs%3Ainside", "two@signs:inside"]],
    ["mqtts://kiosk@host:8883", []],
    ["Call 010: ask@example.com", []],
  ])("is found in %s", (address, expected) => {
    expect(passwordsIn({ mqtt: { url: [address] } })).toEqual(expected);
  });
});
