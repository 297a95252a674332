import { setTimeout as sleep } from "node:timers/promises";
import { reconciliationOf } from "../../../core/reconcile.ts";
import { systemClock } from "../../../platform/clock/clock.ts";
import { CliError, UsageError } from "../../../platform/console/failure.ts";
import { print, printContent, printError, printJson, told } from "../../../platform/console/print.ts";
import { table } from "../../../platform/console/table.ts";
import { openJournalBeside } from "../../../platform/journal/sqlite/journal.ts";
import { terminalOf } from "../accounts.ts";
import { createSeqrBooks } from "../books.ts";
import type { SeqrKit, SeqrSite } from "../config.ts";
import type { ReportDocument } from "../report.ts";
import { rowsOf } from "../report.ts";
import { seqrSettings } from "../settings.ts";

export interface ReportOptions {
  readonly config: string;
  readonly position: string;
  readonly period?: string;
  readonly language?: string;
  readonly format: string;
}

const FORMATS = ["table", "xml", "json"];
const ATTEMPTS = 20;
const RETRY_MS = 3_000;

/**
 * A period is never ended here: what it holds would be missing in the next reconciliation.
 */
export async function report(name: string, options: ReportOptions, kit: SeqrKit): Promise<void> {
  if (!FORMATS.includes(options.format)) throw new UsageError(`--format: expected ${FORMATS.join(", ")}`);
  const site = kit.load(options.config, "serve");
  const position = site.positions.find(({ id }) => id === options.position);
  const terminal = position === undefined ? null : terminalOf(site, position);
  if (position === undefined || terminal === null)
    throw new UsageError(`--position: there is no position "${options.position}"`);
  const transactionPeriodId = options.period ?? (await lastPeriod(site, position));
  const books = await createSeqrBooks(seqrSettings(site), systemClock(), site.log());
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await sleep(RETRY_MS);
      const parameters = { transactionPeriodId, TERMINALID: terminal.id };
      const answer = await books.report(reportId(name), parameters, options.language ?? null);
      if (answer.kind !== "done") throw new CliError(told`The payment service gives no report: ${answer.detail}.`);
      if (answer.value !== null) return await show(answer.value, options.format);
      if (attempt === 0) printError("The report is being made …");
    }
    throw new CliError("The report is not ready yet: try again in a minute.");
  } finally {
    books.close();
  }
}

function reportId(name: string): string {
  if (name === "STD_RECON_001") return "Reconciliation/Shop.xml";
  return name.includes("/") ? name : `Reconciliation/${name}.xml`;
}

async function lastPeriod(
  { journal: place }: SeqrSite,
  { id, formerly }: SeqrSite["positions"][number],
): Promise<string> {
  const journal = openJournalBeside(place);
  const { last } = reconciliationOf(await journal.notes("reconciliations", [id, ...formerly]));
  await journal.close();
  if (last?.type === "compared") return last.periodId;
  throw new CliError(`Position ${id} was never reconciled: "kioskd reconcile" first, or give --period.`);
}

async function show(document: ReportDocument, format: string): Promise<void> {
  if (format === "json") {
    printJson(document);
    return;
  }
  const rows = format === "table" ? await rowsOf(document.text) : null;
  const [first] = rows ?? [];
  if (rows === null || first === undefined) {
    printContent(`${document.text}\n`);
    return;
  }
  const names = [...first.keys()];
  print(
    table(
      names,
      rows.map((row) => names.map((name) => row.get(name) ?? "")),
    ),
  );
}
