import { parseAmount } from "../../../core/money.ts";
import { basePerUnit, UNIT_NAMES } from "../../../core/quantity.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import { timeOfIso } from "../../../core/time.ts";
import type { Total, Totals, TotalsBy, TotalsWish } from "../../../ports/sales-history.ts";

const DAY_MS = 86_400_000;
/** So many sales are read for one answer. */
const SALES_MAX = 50_000;
/** A clock that was put back leaves sales that closed later before others. */
const CLOCK_MARGIN_MS = 2 * DAY_MS;

/** Adds up sales that come newest first, each as often as it was recorded: the newest record of a sale counts. */
export function totalsOf(records: Iterable<SaleRecord>, wish: TotalsWish): Totals {
  const dayOf = localDays(wish.timezone);
  const begins = beginsOf(dayOf(wish.untilMs), wish);
  const sums = new Map(begins.map((from) => [from, emptyTotal(from)]));
  const firstMs = Date.parse(begins[0] ?? "") - CLOCK_MARGIN_MS;
  const amended = new Set<string>();
  let read = 0;
  for (const record of records) {
    const closedMs = timeOfIso(record.closedAt);
    if (closedMs < firstMs) return { totals: [...sums.values()], isPartial: false };
    read += 1;
    if (read > SALES_MAX) return { totals: [...sums.values()], isPartial: true };
    if (amended.has(record.saleId)) continue;
    if (record.amends === true) amended.add(record.saleId);
    const sum = sums.get(beginOf(dayOf(closedMs), wish.by));
    if (sum !== undefined) add(sum, record);
  }
  return { totals: [...sums.values()], isPartial: false };
}

type Sum = { -readonly [K in keyof Total]: Total[K] } & { quantities: Record<string, number> };

function emptyTotal(from: string): Sum {
  return { from, paid: 0, released: 0, needsAttention: 0, chargedMinor: 0, quantities: {} };
}

function add(sum: Sum, { outcome, charged, currency, quantity, unit }: SaleRecord): void {
  if (outcome === "paid") sum.paid += 1;
  else if (outcome === "released") sum.released += 1;
  else sum.needsAttention += 1;
  sum.chargedMinor += parseAmount(charged, currency) ?? 0;
  const known = UNIT_NAMES.find((each) => each === unit);
  const base = known === undefined ? 0 : Math.round(Number(quantity) * basePerUnit(known));
  if (base !== 0) sum.quantities[unit] = (sum.quantities[unit] ?? 0) + base;
}

/** The local day of a time, such as `2026-11-30`. */
function localDays(timezone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    ...{ timeZone: timezone, calendar: "gregory", numberingSystem: "latn" },
    ...{ year: "numeric", month: "2-digit", day: "2-digit" },
  });
  return (atMs) => {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
  };
}

function beginOf(day: string, by: TotalsBy): string {
  if (by === "day") return day;
  if (by === "month") return `${day.slice(0, 8)}01`;
  const noon = Date.parse(`${day}T12:00:00Z`);
  const sinceMonday = (new Date(noon).getUTCDay() + 6) % 7;
  return new Date(noon - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** Oldest first. */
function beginsOf(lastDay: string, { by, count }: TotalsWish): string[] {
  const begins = [beginOf(lastDay, by)];
  while (begins.length < count) {
    const dayBefore = new Date(Date.parse(`${begins[0]}T12:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
    begins.unshift(beginOf(dayBefore, by));
  }
  return begins;
}
