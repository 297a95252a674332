import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

interface Setup {
  readonly endpoint: string;
  readonly brokerUrl?: string;
  /** How long the broker keeps what is ordered while the kiosk is away. */
  readonly sessionExpiry?: string;
  /** More of the broker's section. */
  readonly mqtt?: Readonly<Record<string, unknown>>;
  /** What the simulated customer takes, and how fast. */
  readonly quantity?: string;
  readonly rate?: string;
  readonly pollInterval?: string;
  /** Whether a page must be open before anything is sold; not unless told. */
  readonly displayRequired?: boolean;
  /** The operator's page; none unless told. */
  readonly operator?: Readonly<Record<string, unknown>>;
  /** Its positions, all alike; one unless told. */
  readonly positions?: readonly string[];
  /** UTC unless told. */
  readonly timezone?: string;
}

/** A configuration with its secrets in the folder; returns the file. */
export function writeConfig(folder: string, setup: Setup): string {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  writeFileSync(join(folder, "secrets/terminal-1"), "12345678", { mode: 0o600 });
  writeFileSync(join(folder, "secrets/reseller"), "1234", { mode: 0o600 });
  const reseller = { id: "demo-shop", userId: "9900", passwordFile: "secrets/reseller" };
  const config = {
    kiosk: {
      id: "test-1",
      name: "Test station",
      currency: "SEK",
      locales: ["sv", "en"],
      timezone: setup.timezone ?? "UTC",
    },
    journal: { path: "journal.db" },
    payment: {
      provider: "seqr",
      seqr: { endpoint: setup.endpoint, pollInterval: setup.pollInterval ?? "200ms", requestTimeout: "2s", reseller },
    },
    positions: (setup.positions ?? ["1"]).map((id, at) => ({
      id,
      terminal: { id: at === 0 ? "demo-terminal" : `demo-terminal-${id}`, passwordFile: "secrets/terminal-1" },
      product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
      reserve: ["100.00", "300.00"],
      dispenser: { driver: "simulated", quantity: setup.quantity ?? "2.000", rate: setup.rate ?? "120" },
    })),
    display: { driver: "web", listen: "127.0.0.1:0", required: setup.displayRequired ?? false },
    ...(setup.operator === undefined ? {} : { operator: setup.operator }),
    ...(setup.brokerUrl === undefined
      ? {}
      : { mqtt: { url: setup.brokerUrl, sessionExpiry: setup.sessionExpiry ?? "0s", ...setup.mqtt } }),
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return file;
}
