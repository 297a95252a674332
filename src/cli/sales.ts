import { formatAmount, parseAmount } from "../core/money.ts";
import { type RefundEvent, refundableMinor, refundedMinor, refundsOf } from "../core/refund.ts";
import type { RemainderEvent } from "../core/remainder.ts";
import type { SaleEvent } from "../core/sale/event.ts";
import type { SaleRecord } from "../core/sale/record.ts";
import { isoTime } from "../core/time.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printJson, type Told, told, wrapped } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { openHistory } from "../platform/journal/sqlite/history.ts";
import { loadConfig } from "../wiring/load.ts";
import { receiptText } from "./receipt.ts";

const OUTCOMES = ["paid", "released", "needs-attention"];
const MOST = 10_000;

interface ListOptions {
  readonly config: string;
  readonly limit: string;
  readonly outcome?: string;
  readonly json?: boolean;
}

export function list(options: ListOptions): void {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) throw new UsageError(`--limit: expected 1 to ${MOST}`);
  if (options.outcome !== undefined && !OUTCOMES.includes(options.outcome)) {
    throw new UsageError(`--outcome: expected ${OUTCOMES.join(", ")}, not "${options.outcome}"`);
  }
  const history = openHistory(loadConfig(options.config, "read").config.journal.path);
  try {
    const sales = history
      .latest(limit, options.outcome ?? null)
      .map((sale) => ({ ...sale, ...givenBack(sale, history.refunds(sale.saleId)) }));
    if (options.json === true) {
      printJson(sales);
      return;
    }
    const rows = sales.map((sale) => [
      sale.saleId,
      sale.closedAt.slice(5, 16).replace("T", " "),
      sale.position,
      sale.outcome === "paid" ? "paid" : [`${sale.outcome}:`, ...narrow(sale.reason ?? "")],
      `${sale.quantity} ${sale.unit}`,
      sale.charged,
      `${sale.refunded}${sale.refundUnclear ? "?" : ""}`,
    ]);
    print(
      rows.length === 0
        ? told`No sales yet.`
        : table(["SALE", "CLOSED, UTC", "POS", "OUTCOME", "QUANTITY", "CHARGED", "REFUND"], rows),
    );
  } finally {
    history.close();
  }
}

/** What went back for certain, what is left, and whether there is a refund without a clear answer. */
function givenBack({ charged, currency }: SaleRecord, events: readonly RefundEvent[]) {
  const refunds = refundsOf(events);
  const leftMinor = refundableMinor(parseAmount(charged, currency) ?? 0, refunds);
  return {
    refunded: formatAmount(refundedMinor(refunds), currency),
    refundable: formatAmount(leftMinor, currency),
    refundUnclear: refunds.some(({ state }) => state === "open"),
  };
}

/** A reason in two lines where it would make the table wider than a terminal. */
function narrow(reason: string): readonly string[] {
  return reason.length <= 15 ? [reason] : reason.split(/(?<=^[^-]*-)/);
}

export function show(saleId: string, options: { config: string; json?: boolean }): void {
  const { config } = loadConfig(options.config, "read");
  const history = openHistory(config.journal.path);
  try {
    const found = history.sale(saleId);
    if (found === null) throw new CliError(`There is no closed sale "${saleId}": see "kioskd sales list".`);
    if (options.json === true) {
      printJson({ ...found, ...givenBack(found.sale, found.refunds) });
      return;
    }
    print(receiptText(config.kiosk.name, found.sale));
    for (const { amountMinor, state, reference, refundId } of refundsOf(found.refunds)) {
      print(
        told`Refund ${state === "open" ? "without a clear answer" : state}: ${formatAmount(amountMinor, found.sale.currency)} (${reference ?? refundId})`,
      );
    }
    if (found.sale.stillHeld !== undefined) print(restText(found.remainders));
    if (found.receiptRefusal !== null) print(told`Receipt refused by the payment service: ${found.receiptRefusal}`);
    const reason = found.sale.reason === null ? "" : ` (${found.sale.reason})`;
    print(told`\nOutcome: ${found.sale.outcome}${reason}\n`);
    print(table(["TIME (UTC)", "EVENT", ""], found.events.map(eventRow)));
  } finally {
    history.close();
  }
}

function restText(events: readonly RemainderEvent[]): Told {
  const last = events.at(-1);
  if (last === undefined) return told`Rest: still held, not asked for yet`;
  const time = isoTime(last.atMs);
  switch (last.type) {
    case "asked":
      return told`Rest: still held, asked for since ${isoTime(events[0]?.atMs ?? last.atMs)}, now by attempt ${last.attempt}`;
    case "delayed":
      return wrapped(`Rest: still held, asked for still: ${last.detail}`);
    case "freed":
      return told`Rest: freed ${time}`;
    case "handed-over":
      return wrapped(`Rest: for a person since ${time}: ${last.detail}`);
  }
}

const TOLD_ELSEWHERE = ["type", "saleId", "atMs", "position", "terms"];

function eventRow(event: SaleEvent): string[] {
  const details = Object.entries(event)
    .filter(([key, value]) => !TOLD_ELSEWHERE.includes(key) && typeof value !== "object")
    .map(([key, value]) => `${key}=${value}`);
  return [new Date(event.atMs).toISOString().slice(11, 23), event.type, details.join(" ")];
}
