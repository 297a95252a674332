import { stringify } from "csv-stringify/sync";
import { type Booking, bookingOfRefund, bookingOfSale } from "../core/operator/booking.ts";
import { isoTime, timeOfIso } from "../core/time.ts";
import { systemCalendar } from "../platform/clock/calendar.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printContent, told } from "../platform/console/print.ts";
import { writeWhole } from "../platform/files/whole-file.ts";
import { type History, openHistory } from "../platform/journal/sqlite/history.ts";
import { loadConfig } from "../wiring/load.ts";

interface ExportOptions {
  readonly config: string;
  readonly from: string;
  readonly to: string;
  readonly format: string;
  readonly output?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
/** All of it is in memory at once. */
const MOST_DAYS = 1_100;
/** A file of its owner's: what customers paid is nobody else's business. */
const MODE = 0o600;
/** Amounts below zero are no formulas. */
const AMOUNTS: readonly string[] = ["gross", "net", "tax"] satisfies (keyof Booking)[];
const COLUMNS = [
  "booking",
  "time",
  "timeUtc",
  "kiosk",
  "position",
  "sale",
  "refund",
  "outcome",
  "reason",
  "product",
  "sku",
  "quantity",
  "unit",
  "unitPrice",
  "currency",
  "gross",
  "net",
  "tax",
  "loss",
  "reference",
  "service",
] as const satisfies readonly (keyof Booking)[];

/** All that was sold and given back on some days of the kiosk's own time zone, for the owner's books. */
export function exportSales(options: ExportOptions): void {
  const from = day(options.from, "--from");
  const to = day(options.to, "--to");
  if (to < from) throw new UsageError(`--to: expected ${from} or later, not ${to}`);
  if (timeOfIso(to) - timeOfIso(from) > MOST_DAYS * DAY_MS) {
    throw new UsageError(`--to: expected at most ${MOST_DAYS} days after ${from}, not ${to}: export year by year`);
  }
  if (options.format !== "csv" && options.format !== "json") {
    throw new UsageError(`--format: expected csv or json, not "${options.format}"`);
  }
  const { config } = loadConfig(options.config, "read");
  const history = openHistory(config.journal.path);
  try {
    const bookings = bookingsOf(history, config.kiosk, { from, to });
    const text = options.format === "csv" ? csvOf(bookings) : `${JSON.stringify(bookings, null, 2)}\n`;
    if (options.output === undefined) printContent(text);
    else {
      write(options.output, text);
      print(told`${options.output}: ${bookings.length} bookings, ${from} to ${to}, ${config.kiosk.timezone}`);
    }
  } finally {
    history.close();
  }
}

function write(path: string, text: string): void {
  try {
    writeWhole(path, text, MODE);
  } catch (error) {
    throw new CliError(`--output: ${path} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
}

function day(text: string, option: string): string {
  const isDay = DAY.test(text) && !Number.isNaN(timeOfIso(text)) && isoTime(timeOfIso(text)).startsWith(text);
  if (!isDay) throw new UsageError(`${option}: expected a day such as 2026-11-30, not "${text}"`);
  return text;
}

interface Days {
  readonly from: string;
  readonly to: string;
}

/** Read within a day more at both ends, which is more than any time zone is off; what is shown is told by local time. */
function bookingsOf(
  history: History,
  kiosk: { readonly id: string; readonly timezone: string },
  { from, to }: Days,
): readonly Booking[] {
  const { localTime } = systemCalendar();
  const booked = { kiosk: kiosk.id, localTime: (atMs: number) => localTime(kiosk.timezone, atMs) };
  const [fromMs, toMs] = [timeOfIso(from) - DAY_MS, timeOfIso(to) + 2 * DAY_MS];
  const found: Booking[] = [];
  const take = (booking: Booking): void => {
    const on = booking.time.slice(0, from.length);
    if (from <= on && on <= to) found.push(booking);
  };
  history.closedBetween(isoTime(fromMs), isoTime(toMs), (sale) =>
    take(bookingOfSale(sale, timeOfIso(sale.closedAt), booked)),
  );
  for (const refund of history.refundsMade(fromMs, toMs)) {
    const sale = history.sale(refund.saleId);
    const selected = sale?.events.find(({ type }) => type === "selected");
    if (sale === null || selected?.type !== "selected") {
      throw new CliError(
        `The refund ${refund.refundId} names the sale "${refund.saleId}", which is not in the journal.`,
      );
    }
    take(bookingOfRefund(refund, { record: sale.sale, tariff: selected.terms.tariff }, booked));
  }
  return found.toSorted((one, other) => (one.timeUtc < other.timeUtc ? -1 : Number(one.timeUtc > other.timeUtc)));
}

/** RFC 4180, in UTF-8 with the mark by which spreadsheets know it. */
function csvOf(bookings: readonly Booking[]): string {
  return stringify([...bookings], {
    bom: true,
    header: true,
    columns: [...COLUMNS],
    record_delimiter: "windows",
    cast: { string: (value, { column }) => (AMOUNTS.includes(String(column)) ? value : asText(value)) },
  });
}

/** What a spreadsheet would take for a formula begins with an apostrophe, by which it knows a text. */
function asText(value: string): string {
  return /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(value) ? `'${value}` : value;
}
