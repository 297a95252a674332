import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { secretKeysOf } from "../../src/config/named-files.ts";
import { configSchema } from "../../src/wiring/load.ts";

interface Tree {
  [key: string]: unknown;
}

/** Writes a configuration with a known secret for every key that the schema marks, but for those of other services. */
export function writeKnownSecrets(
  folder: string,
  config: Tree,
  secretFor: (key: string, number: number) => string,
): { readonly file: string; readonly keys: readonly string[]; readonly values: readonly string[] } {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  const keys = [...secretKeysOf(configSchema())].filter(
    (key) => !isOfAnotherService(key, config["payment"]) && !isOfAnotherDevice(key, config["positions"]),
  );
  const values = keys.map((key, number) => {
    const value = secretFor(key, number);
    const path = `secrets/${number}`;
    writeFileSync(join(folder, path), value, { mode: 0o600 });
    put(config, key.split("."), path);
    return value;
  });
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return { file, keys, values };
}

/** A configuration has the sections of its own services only, and so have its positions their keys. */
function isOfAnotherService(key: string, payment: unknown): boolean {
  const { provider, retired = {} } = payment as { readonly provider: string; readonly retired?: Tree };
  const [, gone, service] = /^payment\.(retired\.)?(\w+)\./.exec(key) ?? [];
  if (gone !== undefined) return !Object.hasOwn(retired, service ?? "");
  return (service ?? OF_POSITIONS[key] ?? provider) !== provider;
}

const OF_POSITIONS: Readonly<Record<string, string>> = { "positions.*.terminal.passwordFile": "seqr" };

/** Only a device that others come to over a network has a secret. */
function isOfAnotherDevice(key: string, positions: unknown): boolean {
  const [position] = positions as readonly { readonly dispenser: object }[];
  return key.startsWith("positions.*.dispenser.") && !("listen" in (position?.dispenser ?? {}));
}

/** `*` is the first entry of a list. */
function put(tree: Tree, [first = "", ...rest]: readonly string[], value: string): void {
  const key = first === "*" ? "0" : first;
  if (rest.length === 0) tree[key] = value;
  else if (typeof tree[key] === "object" && tree[key] !== null) put(tree[key] as Tree, rest, value);
  else throw new Error(`the configuration has no ${key}: write it, for a secret stands below it`);
}

/** Every section below which a secret stands, with what else it needs. */
export function everySection(endpoint: string, brokerUrl: string, certFile: string): Tree {
  return {
    kiosk: { id: "test-1", name: "Test station", currency: "SEK" },
    journal: { path: "journal.db" },
    payment: {
      provider: "seqr",
      seqr: {
        ...{ endpoint, requestTimeout: "2s", pollInterval: "200ms" },
        reseller: { id: "demo-shop", userId: "9900" },
        unattended: { listen: "127.0.0.1:0", merchantId: "4711", certFile },
      },
    },
    positions: [
      {
        id: "1",
        terminal: { id: "demo-terminal" },
        product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
        reserve: ["100.00"],
        dispenser: { driver: "simulated", quantity: "2.000", rate: "600" },
      },
    ],
    display: { driver: "web", listen: "127.0.0.1:0", required: false },
    mqtt: { url: brokerUrl, username: "kiosk", certFile },
    alerts: {
      webhook: { url: "http://127.0.0.1:1/" },
      ntfy: { url: "http://127.0.0.1:1/topic" },
      telegram: { url: "http://127.0.0.1:1/", chat: "1" },
      email: { host: "127.0.0.1", port: 1, username: "kiosk", from: "kiosk@example.com", to: ["owner@example.com"] },
      after: "0s",
    },
    operator: { port: 0, certFile },
    log: { level: "debug" },
  };
}

/** The same with a service whose secrets stand in its section alone. */
export function sectionsWith(provider: string, section: Tree, brokerUrl: string, currency = "SEK"): Tree {
  const { positions, ...others } = everySection("http://127.0.0.1:1/", brokerUrl, "kiosk.pem");
  const [{ terminal: _of, ...position } = {}] = positions as Tree[];
  const kiosk = { ...(others["kiosk"] as Tree), currency };
  return { ...others, kiosk, payment: { provider, [provider]: section }, positions: [position] };
}

/** The same with a device that comes over a network, and has to say who it is. */
export function withCharger(config: Tree): Tree {
  const [position] = config["positions"] as Tree[];
  const product = { name: "Charging", sku: "AC", unit: "kWh", unitPrice: "4.50", taxRate: 25 };
  const dispenser = { driver: "ocpp", listen: "127.0.0.1:0", identity: "charger-1", certFile: "kiosk.pem" };
  return { ...config, positions: [{ ...position, product, dispenser }] };
}
