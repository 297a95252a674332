import { setTimeout as sleep } from "node:timers/promises";
import { systemCalendar } from "../adapters/clock/system/calendar.ts";
import { systemClock } from "../adapters/clock/system/clock.ts";
import { openJournal, openJournalBeside } from "../adapters/journal/sqlite/journal.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import type { FaultCode } from "../core/faults.ts";
import { formatAmount } from "../core/money.ts";
import { type Difference, hasDifferences, type ReconciliationEvent, reconciliationOf } from "../core/reconcile.ts";
import { Reconciler } from "../engine/reconciliation.ts";
import type { Journal } from "../ports/journal.ts";
import { withBooks } from "./books.ts";
import { CliError } from "./failure.ts";
import { logFor } from "./run.ts";
import { print, printJson, table } from "./table.ts";

const PATIENCE_MS = 10 * 60_000;
const LOOK_EVERY_MS = 1_000;

type Compared = Extract<ReconciliationEvent, { type: "compared" | "failed" }>;

export async function reconcile(options: { config: string; show?: boolean; json?: boolean }): Promise<void> {
  const loaded = loadConfig(options.config, options.show === true ? "read" : "serve");
  const positions = loaded.config.positions.map(({ id }) => id);
  const results = options.show === true ? await latest(loaded, positions) : await run(loaded, positions);
  if (options.json === true) printJson(results);
  else for (const result of results) printResult(result, loaded.config.kiosk.currency);
  const bad = results.filter((result) => result.type === "failed" || hasDifferences(result));
  if (bad.length > 0) throw new CliError(`${bad.length} of ${results.length} position(s) need a person's eye.`);
}

async function latest({ config }: Loaded, positions: readonly string[]): Promise<readonly Compared[]> {
  const journal = openJournalBeside(config.journal.path);
  const states = await Promise.all(
    positions.map(async (id) => reconciliationOf(await journal.notes("reconciliations", id))),
  );
  await journal.close();
  return states.flatMap(({ last }) => (last === null ? [] : [last]));
}

/** A running daemon is asked to do it; without one it is done here, under the journal's lock. */
async function run(loaded: Loaded, positions: readonly string[]): Promise<readonly Compared[]> {
  const beside = openJournalBeside(loaded.config.journal.path);
  const startedAtMs = Date.now();
  for (const position of positions) {
    await beside.note("reconciliations", position, () => ({ type: "requested", position, atMs: startedAtMs }));
  }
  await beside.close();
  const own = await lockedOrNull(loaded.config.journal.path);
  const results = async (): Promise<readonly Compared[]> =>
    (await latest(loaded, positions)).filter(({ atMs }) => atMs >= startedAtMs);
  if (own !== null) {
    print("Reconciling …");
    const complaints = await reconcileHere(loaded, own, positions);
    const made = await results();
    if (made.length === positions.length) return made;
    throw new CliError(["The books could not be read. Mend the account, then try again:", ...complaints].join("\n  "));
  }
  print("The running kiosk is asked to reconcile; this takes up to two minutes.");
  const endMs = Date.now() + PATIENCE_MS;
  while (Date.now() < endMs) {
    const made = await results();
    if (made.length === positions.length) return made;
    await sleep(LOOK_EVERY_MS);
  }
  throw new CliError('The kiosk has not reconciled in time: see its log, and "kioskd reconcile --show" later.');
}

async function lockedOrNull(path: string): Promise<Journal | null> {
  try {
    return openJournal(path);
  } catch (error) {
    if (error instanceof Error && error.message.includes("in use by another kioskd")) return null;
    throw error;
  }
}

/** What it complains of, position by position. */
async function reconcileHere(loaded: Loaded, journal: Journal, positions: readonly string[]): Promise<string[]> {
  const complaints = new Map<string | null, string>();
  const faults = {
    raise: (_code: FaultCode, position: string | null, detail: string) => complaints.set(position, detail),
    clear: () => undefined,
  };
  await withBooks(loaded, async (books) => {
    const clock = systemClock();
    const calendar = systemCalendar();
    const log = logFor(loaded, "error");
    const deps = { positions, schedule: null, books, journal, faults, clock, calendar, log, noted: () => undefined };
    await new Reconciler(deps).tick();
  });
  await journal.close();
  return [...complaints].map(([position, detail]) => `position ${position}: ${detail}`);
}

function printResult(result: Compared, currency: string): void {
  const when = new Date(result.atMs).toISOString().slice(0, 16).replace("T", " ");
  if (result.type === "failed") {
    print(`Position ${result.position}, ${when} UTC: failed, ${result.detail}.`);
    return;
  }
  const { matched, missingThere, missingHere, differing, gap } = result;
  print(`Position ${result.position}, ${when} UTC, period ${result.periodId}: ${matched} agree.`);
  if (gap) print("An earlier period was lost, so what is missing there may only be unseen.");
  const money = (minor: number | null): string => (minor === null ? "-" : formatAmount(minor, currency));
  const rows = (kind: string, differences: readonly Difference[]): string[][] =>
    differences.map((each) => [
      kind,
      each.paymentReference,
      each.saleId ?? "-",
      money(each.oursMinor),
      money(each.theirsMinor),
    ]);
  const all = [
    ...rows("missing there", missingThere),
    ...rows("missing here", missingHere),
    ...rows("other amount", differing),
  ];
  if (all.length > 0) print(table(["DIFFERENCE", "REFERENCE", "SALE", "OURS", "THEIRS"], all));
}
