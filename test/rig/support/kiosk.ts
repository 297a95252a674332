import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { stringify } from "yaml";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../../src/platform/journal/sqlite/history.ts";
import { lineName } from "./lines.ts";
import { LINES } from "./pump.ts";

/** 100 pulses to a litre at 10.00, so that a pulse is ten öre. */
export const PULSES_PER_LITRE = 100;
export const OERE_PER_PULSE = 10;

const DIESEL = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "10.00", taxRate: 25 };
const CONFIG = "/etc/kioskd";
const STATE = "/var/lib/kioskd";
const DISPLAY = "127.0.0.1:8099";
const PATIENCE_MS = 200_000;
const ANSWER_MS = 20_000;

export const FUEL_PULSER = {
  driver: "fuel-pulser",
  lines: Object.fromEntries(Object.entries(LINES).map(([name, line]) => [name, lineName(line)])),
  pulsesPerUnit: PULSES_PER_LITRE,
  startDelay: "200ms",
  slowDown: "0.300",
  settle: "500ms",
};

export interface View {
  readonly state: string;
  readonly available: boolean;
  readonly qr: string | null;
  readonly saleId: string | null;
  readonly quantity: string;
  readonly faults: readonly { readonly code: string; readonly detail: string }[];
}

/** A kiosk of one position that sells at the price above, for the places where its unit expects it. */
export function writeConfig(
  folder: string,
  endpoint: string,
  dispenser: object,
  more: object = {},
  product: object = DIESEL,
): void {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  writeFileSync(join(folder, "secrets/terminal"), "12345678", { mode: 0o600 });
  const terminal = { id: "demo-terminal", passwordFile: "secrets/terminal" };
  const config = {
    kiosk: { id: "rig", name: "Rig", currency: "SEK" },
    journal: { path: `${STATE}/journal.db` },
    payment: { provider: "seqr", seqr: { endpoint, pollInterval: "500ms" } },
    positions: [{ id: "1", terminal, product, reserve: ["20.00", "50.00", "200.00"], dispenser }],
    display: { driver: "web", listen: DISPLAY, required: false },
    ...more,
  };
  writeFileSync(join(folder, "kioskd.yaml"), stringify(config));
}

/** What a customer sees and presses. */
export class Screen {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(address: string, token: string | null = null) {
    this.#url = `http://${address}`;
    this.#headers = token === null ? {} : { authorization: `Bearer ${token}` };
  }

  async view(): Promise<View> {
    const answer = await fetch(`${this.#url}/api/state`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return ((await answer.json()) as { positions: [View] }).positions[0];
  }

  async until(what: string, holds: (view: View) => boolean, patienceMs = PATIENCE_MS): Promise<View> {
    let view: View | null = null;
    for (const endMs = Date.now() + patienceMs; Date.now() < endMs; await sleep(50)) {
      view = await this.view().catch(() => null);
      if (view !== null && holds(view)) return view;
    }
    throw new Error(`waited in vain until ${what}; the last view was ${JSON.stringify(view)}`);
  }

  async press(action: string, body: object = {}): Promise<void> {
    const answer = await fetch(`${this.#url}/api/positions/1/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
  }
}

/** The offer that a code leads to. */
export function referenceOf(qr: string | null): string {
  return /\d+$/.exec(qr ?? "")?.[0] ?? "";
}

/** The payment service with a customer, and a kiosk that sells by it, all in one guest. */
export class Site {
  readonly seqr: SeqrSimulator;
  readonly config = `${CONFIG}/kioskd.yaml`;
  readonly #screen = new Screen(DISPLAY);

  private constructor(seqr: SeqrSimulator) {
    this.seqr = seqr;
  }

  static async open(dispenser: object, gpio: object = {}, product?: object): Promise<Site> {
    const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
    mkdirSync(STATE, { recursive: true });
    writeConfig(CONFIG, seqr.endpoint, dispenser, { gpio }, product);
    return new Site(seqr);
  }

  async view(): Promise<View> {
    return await this.#screen.view();
  }

  async until(what: string, holds: (view: View) => boolean): Promise<View> {
    return await this.#screen.until(what, holds);
  }

  /** Chooses, scans, confirms; resolves when it may be dispensed. */
  async begin(maximum: string): Promise<View> {
    await this.until("the kiosk sells", ({ available }) => available);
    await this.#screen.press("select", { reserve: maximum });
    const { qr } = await this.until("a code is shown", (view) => view.qr !== null);
    this.seqr.book.confirm(Date.now(), referenceOf(qr));
    return await this.until("it may be dispensed", ({ state }) => state === "dispensing");
  }

  async stop(): Promise<void> {
    await this.#screen.press("stop");
  }

  /** The sale as the journal has it, once it is closed; and what the service took for it. */
  async closed(saleId: string | null): Promise<{ sale: SaleRecord; takenMinor: number }> {
    for (const endMs = Date.now() + PATIENCE_MS; Date.now() < endMs; await sleep(100)) {
      const history = openHistory(`${STATE}/journal.db`);
      const sale = history.sale(saleId ?? "")?.sale;
      history.close();
      if (sale === undefined) continue;
      const bill = this.seqr.book.bills(Date.now()).find(({ reference }) => reference === sale.invoiceReference);
      return { sale, takenMinor: bill?.committedMinor ?? 0 };
    }
    throw new Error(`sale ${saleId} was not closed in time`);
  }

  /** What is on record as having flowed for nobody, in the product's unit. */
  unaccounted(): string {
    const db = new Database(`${STATE}/journal.db`, { readonly: true });
    const rows = db.prepare("SELECT body ->> 'quantity' FROM note WHERE stream = 'unaccounted'").pluck().all();
    db.close();
    return rows.reduce<number>((sum, quantity) => sum + Number(quantity), 0).toFixed(3);
  }
}

/** The built daemon as a process; what it logs from a warning on goes to stderr. */
export function startDaemon(config: string): ChildProcess {
  const child = spawn(process.execPath, ["dist/main.js", "run", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (/"level":"(warn|error)"/.test(line)) process.stderr.write(`${line}\n`);
  });
  return child;
}
