import type { Loaded } from "../config/load.ts";
import { type ConfiguredPayment, comparedIn } from "../config/payment.ts";
import type { FaultCode } from "../core/faults.ts";
import { formatAmount } from "../core/money.ts";
import { openCount, type ReconciliationState } from "../core/reconcile.ts";
import { Reconciler } from "../engine/books/reconciliation.ts";
import { ReconciliationStates } from "../engine/books/reconciliation-states.ts";
import { settleDifferences } from "../engine/books/settling.ts";
import { systemCalendar } from "../platform/clock/calendar.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printJson, told } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { openJournal, openJournalBeside } from "../platform/journal/sqlite/journal.ts";
import type { JournalPlace } from "../platform/journal/sqlite/open.ts";
import { wait } from "../platform/time/wait.ts";
import type { Journal } from "../ports/journal.ts";
import { loadConfig } from "../wiring/load.ts";
import { isOfService, openPayment, paymentPlugIn } from "../wiring/payment.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";
import { noteOf, whoIsThere } from "./acknowledgement.ts";
import { withBooks } from "./books.ts";
import { logFor } from "./run.ts";

const PATIENCE_MS = 10 * 60_000;
const LOOK_EVERY_MS = 1_000;

/** The state of a position that was reconciled at least once. */
type Result = ReconciliationState & {
  readonly position: string;
  readonly last: NonNullable<ReconciliationState["last"]>;
};

interface ReconcileOptions {
  readonly config: string;
  readonly show?: boolean;
  readonly settle?: string;
  readonly note?: string;
  readonly position?: string;
  readonly json?: boolean;
}

export async function reconcile(options: ReconcileOptions): Promise<void> {
  if (options.settle !== undefined) return await settle(options.settle, options);
  if (options.note !== undefined || options.position !== undefined) {
    throw new UsageError("--note and --position: expected --settle beside them");
  }
  const loaded = loadConfig(options.config, options.show === true ? "read" : "serve");
  const results = options.show === true ? await latest(loaded) : await run(loaded);
  if (options.json === true) printJson(results.map(jsonOf));
  else for (const result of results) printResult(result, loaded.config.kiosk.currency);
  const bad = results.filter((result) => result.last.type === "failed" || openCount(result) > 0);
  if (bad.length > 0) throw new CliError(`${bad.length} of ${results.length} position(s) need a person's eye.`);
}

async function settle(what: string, { config: file, note, position, json }: ReconcileOptions): Promise<void> {
  const by = whoIsThere();
  const acknowledgement = { by, note: noteOf(note) };
  const { config } = loadConfig(file, "read");
  const journal = openJournalBeside(config.journal);
  try {
    const deps = { journal, clock: systemClock(), positions: config.positions };
    const settling = { position: position ?? null, paymentReference: what === "all" ? null : what };
    const settled = await settleDifferences(deps, settling, acknowledgement);
    if (settled.size === 0) {
      const which = what === "all" ? "" : ` of the payment "${what}"`;
      throw new CliError(`No difference${which} is open: see "kioskd reconcile --show".`);
    }
    if (json === true) {
      printJson([...settled].map(([id, { open, openBeyond }]) => ({ position: id, by, open, openBeyond })));
      return;
    }
    for (const [id, state] of settled) {
      print(told`Position ${id}: ${openCount(state)} difference(s) settled by ${by}.`);
      printOpen(state, config.kiosk.currency);
    }
  } finally {
    await journal.close();
  }
}

async function latest({ config }: Loaded): Promise<readonly Result[]> {
  const journal = openJournalBeside(config.journal);
  const states = await new ReconciliationStates(journal, config.positions).all();
  await journal.close();
  return [...states].flatMap(([position, state]) =>
    state.last === null ? [] : [{ ...state, position, last: state.last }],
  );
}

/** A running daemon is asked to do it; without one it is done here, under the journal's lock. */
async function run(loaded: Loaded): Promise<readonly Result[]> {
  const compared = comparedIn(PLUG_INS, loaded.config);
  if (compared === null) {
    const { name } = paymentPlugIn(loaded);
    throw new CliError(`${name} has no books that could be compared. What was found before: kioskd reconcile --show`);
  }
  const positions = await positionsIn(loaded, compared);
  const beside = openJournalBeside(loaded.config.journal);
  const startedAtMs = Date.now();
  for (const { id: position } of positions) {
    await beside.note("reconciliations", position, () => ({ type: "requested", position, atMs: startedAtMs }));
  }
  await beside.close();
  const own = await lockedOrNull(loaded.config.journal);
  const results = async (): Promise<readonly Result[] | null> => {
    const all = await latest(loaded);
    const fresh = all.filter(
      ({ position, last }) => positions.some(({ id }) => id === position) && last.atMs >= startedAtMs,
    );
    return fresh.length === positions.length ? all : null;
  };
  if (own !== null) {
    print(told`Reconciling …`);
    const complaints = await reconcileHere(loaded, compared, positions, own);
    const made = await results();
    if (made !== null) return made;
    throw new CliError(["The books could not be read. Mend the account, then try again:", ...complaints].join("\n  "));
  }
  print(told`The running kiosk is asked to reconcile; this takes up to two minutes.`);
  const clock = systemClock();
  const endMs = Date.now() + PATIENCE_MS;
  while (Date.now() < endMs) {
    const made = await results();
    if (made !== null) return made;
    await wait(clock, LOOK_EVERY_MS);
  }
  throw new CliError('The kiosk has not reconciled in time: see its log, and "kioskd reconcile --show" later.');
}

type Positions = Loaded["config"]["positions"];

/** Those with an account in the books that are compared. */
async function positionsIn(loaded: Loaded, compared: ConfiguredPayment): Promise<Positions> {
  const payment = await openPayment(loaded, { clock: systemClock(), log: logFor(loaded, "error") }, compared);
  await payment.close();
  return loaded.config.positions.filter(({ id }) => payment.accountOf(id) !== undefined);
}

async function lockedOrNull(place: JournalPlace): Promise<Journal | null> {
  try {
    return openJournal(place);
  } catch (error) {
    if (error instanceof Error && error.message.includes("in use by another kioskd")) return null;
    throw error;
  }
}

/** What it complains of, position by position. */
async function reconcileHere(
  loaded: Loaded,
  compared: ConfiguredPayment,
  positions: Positions,
  journal: Journal,
): Promise<string[]> {
  const complaints = new Map<string | null, string>();
  const faults = {
    raise: (_code: FaultCode, position: string | null, detail: string) => complaints.set(position, detail),
    put: () => undefined,
    clear: () => undefined,
  };
  await withBooks(loaded, compared, async ({ periods }) => {
    if (periods === null) return;
    const clock = systemClock();
    const calendar = systemCalendar();
    const log = logFor(loaded, "error");
    const own = { positions, schedule: null, periods, isOwn: isOfService(compared.plugIn.name) };
    const deps = { ...own, journal, faults, clock, calendar, log, noted: () => undefined };
    await new Reconciler(deps).tick();
  });
  await journal.close();
  return [...complaints].map(([position, detail]) => told`position ${position}: ${detail}`);
}

/** What was found, and what is still open of all nights. */
function jsonOf({ last, open, openBeyond, explained }: Result): object {
  return { ...last, explained, open, openBeyond };
}

function printResult(result: Result, currency: string): void {
  const { last, position, explained } = result;
  const when = new Date(last.atMs).toISOString().slice(0, 16).replace("T", " ");
  if (last.type === "failed") print(told`Position ${position}, ${when} UTC: failed, ${last.detail}.`);
  else {
    print(told`Position ${position}, ${when} UTC, period ${last.periodId}: ${last.matched} agree.`);
    if (last.gap) print(told`An earlier period was lost, so what is missing there may only be unseen.`);
    if (explained.length > 0) print(told`It explains ${explained.length} difference(s) of earlier nights.`);
  }
  printOpen(result, currency);
  if (openCount(result) > 0) print(told`Settle each when you know: kioskd reconcile --settle REFERENCE --note "..."`);
}

const KINDS = { "missing-there": "missing there", "missing-here": "missing here", differing: "other amount" } as const;

function printOpen({ open, openBeyond }: ReconciliationState, currency: string): void {
  const money = (minor: number | null): string => (minor === null ? "-" : formatAmount(minor, currency));
  const rows = open.map(({ atMs, kind, paymentReference, saleId, oursMinor, theirsMinor }) => [
    new Date(atMs).toISOString().slice(0, 10),
    KINDS[kind],
    paymentReference,
    saleId ?? "-",
    money(oursMinor),
    money(theirsMinor),
  ]);
  if (rows.length > 0) print(table(["NIGHT", "DIFFERENCE", "REFERENCE", "SALE", "OURS", "THEIRS"], rows));
  if (openBeyond > 0) print(told`And ${openBeyond} more, which only "--settle all" settles.`);
}
