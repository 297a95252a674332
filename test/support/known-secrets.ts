import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { secretKeysOf } from "../../src/config/named-files.ts";
import { configSchema } from "../../src/wiring/load.ts";

interface Tree {
  [key: string]: unknown;
}

/** Writes a configuration with a known secret for every key that the schema marks. */
export function writeKnownSecrets(
  folder: string,
  config: Tree,
  secretFor: (key: string, number: number) => string,
): { readonly file: string; readonly values: readonly string[] } {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  const values = secretKeysIn(config).map((key, number) => {
    const value = secretFor(key, number);
    const path = `secrets/${number}`;
    writeFileSync(join(folder, path), value, { mode: 0o600 });
    put(config, key.split("."), path);
    return value;
  });
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return { file, values };
}

/** Without those of the payment services that it does not name. */
export function secretKeysIn({ payment }: Tree): readonly string[] {
  const { provider } = payment as { readonly provider: string };
  const isHere = (key: string): boolean => !key.startsWith("payment.") || key.startsWith(`payment.${provider}.`);
  return [...secretKeysOf(configSchema())].filter(isHere);
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
    log: { level: "debug" },
  };
}
