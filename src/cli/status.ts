import { z } from "zod";
import type { Loaded } from "../config/load.ts";
import type { PositionConfig } from "../config/schema.ts";
import { notSellingText } from "../core/not-selling.ts";
import { blockingOrder, type Order, orderKey } from "../core/operator/orders.ts";
import { saleRecord } from "../core/sale/record.ts";
import { replay } from "../core/sale/recover.ts";
import { IDLE, isOpen, type State } from "../core/sale/state.ts";
import { lastSaleOf, ordersOf } from "../engine/belongings.ts";
import { CliError } from "../platform/console/failure.ts";
import { lines, print, printJson, type Told, told, wrapped } from "../platform/console/print.ts";
import { openJournalBeside } from "../platform/journal/sqlite/journal.ts";
import type { Price, Waiting } from "../ports/operator.ts";
import { loadConfig } from "../wiring/load.ts";
import { priceInForce, priceText } from "../wiring/price.ts";
import { waitingAt, withJournal } from "./faults.ts";

const HEALTH_TIMEOUT_MS = 2_000;

type Journal = ReturnType<typeof openJournalBeside>;

interface Block {
  readonly reason: string;
  readonly since: string;
}

interface LastSale {
  readonly saleId: string;
  readonly state: string;
  readonly since: string;
  readonly charged: string | null;
  readonly quantity: string | null;
}

interface PositionStatus {
  readonly position: string;
  readonly product: string;
  readonly unit: string;
  readonly price: Price;
  readonly block: Block | null;
  /** In one sentence; null when it sells, or when that cannot be asked. */
  readonly notSelling: string | null;
  readonly lastSale: LastSale | null;
  readonly waiting: readonly Waiting[];
}

export interface Daemon {
  readonly answers: boolean;
  readonly reasons: readonly string[];
  readonly advice: readonly string[];
  /** In one sentence why a position does not sell, by its id; of one that sells there is none. */
  readonly notSelling: Readonly<Record<string, string>>;
}

/** What an operator wants to know first, from the journal: it says the same whether the daemon runs or not. */
export async function status(options: { config: string; json?: boolean; idle?: boolean }): Promise<void> {
  const loaded = loadConfig(options.config, "read");
  if (options.idle === true) {
    await refuseOpen(loaded);
    return;
  }
  const { config } = loaded;
  const daemon = await askDaemon(loaded);
  const { block, positions, elsewhere } = await withJournal(loaded, async (journal, matters) => {
    const waiting = await waitingAt(loaded, journal, matters);
    const statuses: PositionStatus[] = [];
    for (const position of config.positions) {
      const here = waiting.filter((each) => each.position === position.id);
      const status = await positionStatus(loaded, position, journal, here);
      statuses.push({ ...status, notSelling: notSellingAt(position.id, daemon) });
    }
    const isConfigured = ({ position }: Waiting): boolean => config.positions.some(({ id }) => id === position);
    return {
      block: blockIn(await journal.notes("orders", orderKey(null))),
      positions: statuses,
      elsewhere: waiting.filter((each) => !isConfigured(each)),
    };
  });
  const { id: kiosk, currency } = config.kiosk;
  if (options.json === true) {
    printJson({ kiosk, daemon, block, positions, elsewhere });
    return;
  }
  print(wrapped(`Kiosk ${kiosk}: ${daemonText(daemon)}`));
  for (const each of daemon?.advice ?? []) print(wrapped(each, "  "));
  if (block !== null) print(wrapped(`All of it is out of service since ${time(block.since)}: ${block.reason}`));
  for (const position of positions) printPosition(position, currency);
  const ofKiosk = elsewhere.filter(({ position }) => position === null);
  const ofOthers = elsewhere.filter(({ position }) => position !== null);
  if (ofKiosk.length > 0) print(lines([told`\nThe whole kiosk`, row("waiting", counts(ofKiosk))]));
  if (ofOthers.length > 0)
    print(lines([told`\nPositions that are not configured any more`, row("waiting", counts(ofOthers))]));
  if (positions.some(({ waiting }) => waiting.length > 0) || elsewhere.length > 0) {
    print(told`\nWhat waits for a person: kioskd faults list`);
  }
}

/** @throws CliError naming the sales that are open */
async function refuseOpen(loaded: Loaded): Promise<void> {
  const journal = openJournalBeside(loaded.config.journal);
  try {
    const open: string[] = [];
    for (const position of loaded.config.positions) {
      const state = replay(IDLE, await lastSaleOf(journal, position));
      if (isOpen(state)) open.push(`position ${position.id}: sale ${state.sale.id} is ${state.phase}`);
    }
    if (open.length > 0) throw new CliError(open.join("\n"));
  } finally {
    await journal.close();
  }
  print(told`No sale is open.`);
}

async function positionStatus(
  { config }: Loaded,
  position: PositionConfig,
  journal: Journal,
  waiting: readonly Waiting[],
): Promise<Omit<PositionStatus, "notSelling">> {
  const { id, product } = position;
  const orders = await ordersOf(journal, position);
  const events = await lastSaleOf(journal, position);
  const newestAtMs = events.at(-1)?.atMs ?? 0;
  return {
    position: id,
    product: product.name,
    unit: product.unit,
    price: priceInForce(config, position, orders),
    block: blockIn(orders),
    lastSale: summaryOf(replay(IDLE, events), newestAtMs),
    waiting,
  };
}

function blockIn(orders: readonly Order[]): Block | null {
  const order = blockingOrder(orders);
  return order === null ? null : { reason: order.reason, since: new Date(order.atMs).toISOString() };
}

function summaryOf(state: State, newestAtMs: number): LastSale | null {
  if (state.phase === "idle") return null;
  const since = new Date(newestAtMs).toISOString();
  if (state.phase !== "closed") {
    return { saleId: state.sale.id, state: state.phase, since, charged: null, quantity: null };
  }
  const { saleId, outcome, reason, charged, quantity } = saleRecord(state);
  return { saleId, state: reason === null ? outcome : `${outcome}: ${reason}`, since, charged, quantity };
}

/** Null when nobody knows where it would answer. */
export async function askDaemon({ config }: Loaded): Promise<Daemon | null> {
  const { host, port } = config.display.listen;
  if (port === 0) return null;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  try {
    const answer = await fetch(`http://${name.includes(":") ? `[${name}]` : name}:${port}/health`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    });
    const { reasons, advice, positions } = (await answer.json()) as Readonly<Record<string, unknown>>;
    return { answers: true, reasons: textsIn(reasons), advice: textsIn(advice), notSelling: whysIn(positions) };
  } catch {
    return { answers: false, reasons: [], advice: [], notSelling: {} };
  }
}

const why = z.array(z.object({ id: z.string(), notSelling: z.string().nullable() }));

function whysIn(positions: unknown): Daemon["notSelling"] {
  const found = why.safeParse(positions).data ?? [];
  return Object.fromEntries(found.flatMap(({ id, notSelling }) => (notSelling === null ? [] : [[id, notSelling]])));
}

function notSellingAt(position: string, daemon: Daemon | null): string | null {
  if (daemon === null) return null;
  if (!daemon.answers) return notSellingText({ causes: ["not-running"], reason: null });
  return daemon.notSelling[position] ?? null;
}

function textsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

function daemonText(daemon: Daemon | null): string {
  if (daemon === null) return "whether the daemon runs cannot be asked: display.listen names no port.";
  if (!daemon.answers) return "the daemon does not answer. Does it run? systemctl status kioskd";
  if (daemon.reasons.length === 0) return "the daemon serves.";
  return `the daemon answers, and does not sell everywhere: ${daemon.reasons.join("; ")}`;
}

function printPosition(
  { position, product, unit, price, block, notSelling, lastSale, waiting }: PositionStatus,
  currency: string,
): void {
  print(told`\nPosition ${position}, ${product}`);
  if (notSelling !== null) print(wrapped(notSelling, "  "));
  print(row("price", `${price.unitPrice} ${currency}/${unit}, ${priceText(price)}`));
  print(row("last sale", lastSale === null ? "none yet" : lastSaleText(lastSale, unit, currency)));
  if (block !== null) print(row("blocked", `since ${time(block.since)}: ${block.reason}`));
  print(row("waiting", waiting.length === 0 ? "nothing" : counts(waiting)));
}

function lastSaleText({ saleId, state, since, charged, quantity }: LastSale, unit: string, currency: string): string {
  const what = charged === null ? "" : `, ${quantity} ${unit}, ${charged} ${currency}`;
  return `${state}${what}, ${time(since)}, ${saleId}`;
}

function counts(waiting: readonly Waiting[]): string {
  const codes = [...new Set(waiting.map(({ code }) => code))];
  return codes.map((code) => `${waiting.filter((each) => each.code === code).length} ${code}`).join(", ");
}

/** Longer text goes on below itself. */
function row(name: string, text: string): Told {
  return wrapped(text, " ".repeat(12), undefined, `  ${name.padEnd(10)}`);
}

function time(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
