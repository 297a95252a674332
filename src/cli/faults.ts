import type { Loaded } from "../config/load.ts";
import { advice, type FaultCode, isFaultCode, PERSON_CODES, type PersonCode } from "../core/faults.ts";
import { openCount } from "../core/reconcile.ts";
import { Matters } from "../engine/books/matters.ts";
import { settleDifferences } from "../engine/books/settling.ts";
import { waitingIn } from "../engine/books/waiting.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { lines, print, printJson, type Told, told, wrapped } from "../platform/console/print.ts";
import { openJournalBeside } from "../platform/journal/sqlite/journal.ts";
import type { Journal } from "../ports/journal.ts";
import type { Waiting } from "../ports/operator.ts";
import { loadConfig } from "../wiring/load.ts";
import { noteOf, whoIsThere } from "./acknowledgement.ts";
import { logFor } from "./run.ts";

type Beside = Omit<Journal, "append">;

export async function list(options: { config: string; json?: boolean }): Promise<void> {
  const loaded = loadConfig(options.config, "read");
  const waiting = await withJournal(loaded, (journal, matters) => waitingAt(loaded, journal, matters));
  if (options.json === true) {
    printJson(waiting);
    return;
  }
  if (waiting.length === 0) {
    print(told`Nothing waits for a person.`);
    return;
  }
  for (const each of waiting) print(waitingText(each));
  print(told``);
  for (const code of new Set(waiting.map((each) => each.code))) print(wrapped(`${code}: ${advice(code)}`));
}

interface AcknowledgeOptions {
  readonly config: string;
  readonly note: string;
  readonly position?: string;
  readonly sale?: string;
  readonly json?: boolean;
}

export async function acknowledge(name: string, options: AcknowledgeOptions): Promise<void> {
  const code = personCode(name);
  const acknowledgement = { by: whoIsThere(), note: noteOf(options.note) };
  const loaded = loadConfig(options.config, "read");
  const position = options.position ?? null;
  const done = await withJournal(loaded, async (journal, matters) => {
    if (code === "books-differ") {
      if (options.sale !== undefined) throw new UsageError("--sale: for one payment use kioskd reconcile --settle");
      const settling = { position, paymentReference: null };
      const deps = { journal, clock: systemClock(), positions: loaded.config.positions };
      const settled = await settleDifferences(deps, settling, acknowledgement);
      return [...settled].map(([id, state]) => `position ${id}: ${openCount(state)} difference(s) in the books`);
    }
    const answer = await matters.acknowledge({ code, position, saleId: options.sale ?? null }, acknowledgement);
    if ("problem" in answer) throw new CliError(`Not acknowledged: ${answer.problem}.`);
    return answer.matters.map(({ position, detail }) => `${placeOf(position)}: ${detail}`);
  });
  if (done.length === 0) throw new CliError(`Not acknowledged: nothing of the kind ${code} is open there.`);
  if (options.json === true) printJson({ code, acknowledged: done, ...acknowledgement });
  else for (const each of done) print(wrapped(`Acknowledged by ${acknowledgement.by}, ${each}`));
}

function personCode(name: string): PersonCode {
  const code = PERSON_CODES.find((each) => each === name);
  if (code !== undefined) return code;
  if (!isFaultCode(name)) throw new UsageError(`There is no fault "${name}": expected ${PERSON_CODES.join(", ")}.`);
  throw new UsageError(`${name} cannot be acknowledged: it goes when its cause is gone. ${adviceOf(name)}`);
}

function adviceOf(code: FaultCode): string {
  return code === "operator-block" ? "Send the command unblock." : advice(code);
}

/** The daemon does the same work; without one it is done here, so that the list is whole. */
export async function withJournal<T>(
  loaded: Loaded,
  work: (journal: Beside, matters: Matters) => Promise<T>,
): Promise<T> {
  const journal = openJournalBeside(loaded.config.journal);
  const faults = { put: () => undefined, clear: () => undefined };
  const matters = new Matters({
    journal,
    faults,
    clock: systemClock(),
    log: logFor(loaded, "warn"),
    places: loaded.config,
  });
  try {
    await matters.start();
    await matters.look();
    return await work(journal, matters);
  } finally {
    await matters.close();
    await journal.close();
  }
}

/** Oldest first. */
export async function waitingAt({ config }: Loaded, journal: Beside, matters: Matters): Promise<readonly Waiting[]> {
  return await waitingIn({ journal, matters, positions: config.positions, currency: config.kiosk.currency });
}

export function waitingText({ code, position, since, detail }: Waiting): Told {
  const when = since.slice(0, 16).replace("T", " ");
  return lines([told`${when}  ${placeOf(position)}  ${code}`, wrapped(detail, "  ")]);
}

function placeOf(position: string | null): string {
  return position === null ? "the kiosk" : `position ${position}`;
}
