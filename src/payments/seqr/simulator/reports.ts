import { formatScaled, minorDigits } from "../../../core/money.ts";
import { isoTime } from "../../../core/time.ts";
import { REFUSED } from "./bill.ts";
import type { BookRow, Books, Period } from "./books.ts";
import type { ReportParameters } from "./requests.ts";
import { escapeXml } from "./xml.ts";

interface ReportKind {
  /** Stands in the title. */
  readonly name: string;
  readonly root: string;
  /** Only for a period that was marked for one terminal. */
  readonly ofTerminal: boolean;
  readonly rows: (rows: readonly BookRow[]) => readonly Fields[];
}

type Fields = Readonly<Record<string, string>>;

export interface Report {
  readonly title: string;
  readonly xml: string;
}

const REPORT_DIGITS = 5;

/** The vendor's six reports by their documented ids (reporting page, manual of 2013). */
const REPORTS: ReadonlyMap<string, ReportKind> = new Map([
  ["Reconciliation/Shop.xml", kind("STD_RECON_001", "ResellerTransactionSummary", false, (rows) => [summary(rows)])],
  ["Reconciliation/STD_RECON_002.xml", kind("STD_RECON_002", "TerminalTransactionSummary", false, byTerminal)],
  ["Reconciliation/STD_RECON_003.xml", kind("STD_RECON_003", "TransactionDetails", false, details)],
  ["Reconciliation/STD_RECON_004.xml", kind("STD_RECON_004", "CashierTransactionSummary", false, byCashier)],
  [
    "Reconciliation/STD_RECON_006.xml",
    kind("STD_RECON_006", "TerminalTransactionSummary", true, (rows) => [summary(rows)]),
  ],
  ["Reconciliation/STD_RECON_007.xml", kind("STD_RECON_007", "TransactionDetails", true, details)],
]);

/** The report, or the code by which it is refused. Of one terminal, it never becomes ready for a period of the shop. */
export function reportFrom(
  books: Books,
  delayMs: number,
  resellerId: string,
  reportId: string,
  parameters: ReportParameters,
  nowMs: number,
): Report | number {
  const report = REPORTS.get(reportId);
  const period = books.period(parameters.get("transactionPeriodId") ?? "");
  if (report === undefined || period === undefined) return REFUSED.businessLogic;
  const neverReady = report.ofTerminal && period.terminalId === null;
  if (neverReady || nowMs < period.markedAtMs + delayMs) return REFUSED.reportNotReady;
  const wrongTerminal = report.ofTerminal && parameters.get("TERMINALID") !== period.terminalId;
  if (wrongTerminal) return REFUSED.businessLogic;
  return writeReport(report, resellerId, period, books.rowsOf(period), nowMs);
}

function writeReport(
  report: ReportKind,
  resellerId: string,
  period: Period,
  rows: readonly BookRow[],
  nowMs: number,
): Report {
  const meta = {
    ResellerId: resellerId,
    ...(period.terminalId === null ? {} : { TerminalId: period.terminalId }),
    TransactionPeriodId: period.id,
    GeneratedAt: isoTime(nowMs).slice(0, "YYYY-MM-DDTHH:MM".length).replace("T", " "),
  };
  const blocks = [block("Meta", meta), ...report.rows(rows).map((fields) => block("Row", fields))];
  return {
    title: `${report.name}_${period.id}.xml`,
    xml: `<?xml version="1.0" encoding="UTF-8"?>\n<${report.root}>\n${blocks.join("\n")}\n</${report.root}>`,
  };
}

function kind(name: string, root: string, ofTerminal: boolean, rows: ReportKind["rows"]): ReportKind {
  return { name, root, ofTerminal, rows };
}

function details(rows: readonly BookRow[]): readonly Fields[] {
  return rows.map((row) => ({
    TerminalId: row.terminalId,
    CashierId: row.cashierId,
    SalesAmount: formatScaled(scaled(row), REPORT_DIGITS),
    ErsReference: row.ersReference,
  }));
}

/** Counts and sums what the details list line by line, refunds included. */
function summary(rows: readonly BookRow[]): Fields {
  const total = rows.reduce((sum, row) => sum + scaled(row), 0);
  return { SalesCount: String(rows.length), SalesTotal: formatScaled(total, REPORT_DIGITS) };
}

function byTerminal(rows: readonly BookRow[]): readonly Fields[] {
  return grouped(rows, (row) => row.terminalId).map(([id, own]) => ({ TerminalId: id, ...summary(own) }));
}

function byCashier(rows: readonly BookRow[]): readonly Fields[] {
  return grouped(rows, (row) => row.cashierId).map(([id, own]) => ({ CashierId: id, ...summary(own) }));
}

function grouped(rows: readonly BookRow[], key: (row: BookRow) => string): readonly [string, BookRow[]][] {
  const groups = new Map<string, BookRow[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return [...groups];
}

function scaled(row: BookRow): number {
  return row.amountMinor * 10 ** (REPORT_DIGITS - minorDigits(row.currency));
}

function block(name: string, fields: Fields): string {
  const lines = Object.entries(fields).map(([field, value]) => `<${field}>${escapeXml(value)}</${field}>`);
  return [`<${name}>`, ...lines, `</${name}>`].join("\n");
}
