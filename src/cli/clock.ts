import { createInterface } from "node:readline/promises";
import type { Loaded } from "../config/load.ts";
import {
  CLOCK_KEY,
  type ClockFacts,
  type ClockTaken,
  clockProblem,
  EARLIEST_PLAUSIBLE_MS,
  serviceMsAt,
} from "../core/clock.ts";
import { replay } from "../core/sale/recover.ts";
import { IDLE, isOpen } from "../core/sale/state.ts";
import { isoTime } from "../core/time.ts";
import { CLOCK_BOUNDS, POLICY } from "../engine/policy.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, told } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { openJournalBeside } from "../platform/journal/sqlite/journal.ts";
import type { Journal } from "../ports/journal.ts";
import { loadConfig } from "../wiring/load.ts";
import { openPayment } from "../wiring/payment.ts";
import { whoIsThere } from "./acknowledgement.ts";
import { logFor } from "./run.ts";

interface AcceptOptions {
  readonly config: string;
  readonly reason?: string;
  readonly yes?: boolean;
}

/** Has the machine's clock taken as right, whatever the journal has seen and the payment service says. */
export async function accept(options: AcceptOptions): Promise<void> {
  const loaded = loadConfig(options.config);
  const journal = openJournalBeside(loaded.config.journal);
  try {
    await refuseOpenSale(loaded, journal);
    const serviceMs = await serviceTime(loaded);
    const facts = { ...(await factsOf(journal)), serviceMs };
    const problem = clockProblem({ ...facts, wallMs: Date.now() }, CLOCK_BOUNDS);
    if (problem === "too-early")
      throw new CliError(`The clock shows ${isoTime(Date.now())}, which cannot be: set it first.`);
    print(table(["CLOCK", "SHOWS"], rowsOf(facts)));
    if (problem === null) {
      print(told`Nothing speaks against this machine's clock: there is nothing to accept.`);
      return;
    }
    if (options.yes !== true && !(await confirmed())) throw new CliError("The clock is not accepted.");
    await journal.note("clock", CLOCK_KEY, () => takenAsOrdered(facts, options.reason ?? ""));
    print(told`Noted. A running kiosk takes it up within ten seconds.`);
  } finally {
    await journal.close();
  }
}

/** Its time would change while its deadlines run. */
async function refuseOpenSale({ config }: Loaded, journal: Pick<Journal, "lastSale">): Promise<void> {
  for (const { id } of config.positions) {
    const state = replay(IDLE, await journal.lastSale(id));
    if (isOpen(state))
      throw new CliError(`Position ${id} has an open sale (${state.sale.id}): try again when the kiosk has closed it.`);
  }
}

async function factsOf(journal: Pick<Journal, "newestAtMs" | "notes">): Promise<Omit<ClockFacts, "serviceMs">> {
  return {
    wallMs: Date.now(),
    earliestMs: EARLIEST_PLAUSIBLE_MS,
    newestMs: await journal.newestAtMs(),
    taken: (await journal.notes("clock", CLOCK_KEY)).at(-1) ?? null,
  };
}

async function serviceTime(loaded: Loaded): Promise<number | null> {
  const clock = systemClock();
  const payment = await openPayment(loaded, { clock, log: logFor(loaded, "error") });
  const { provider } = payment;
  try {
    await provider.probe(loaded.config.positions[0]?.id ?? "");
    const heard = provider.serviceTime?.() ?? null;
    return serviceMsAt(heard, clock.monotonicMs(), POLICY.serviceTimeFreshMs, EARLIEST_PLAUSIBLE_MS);
  } finally {
    await payment.close();
  }
}

function rowsOf({ wallMs, newestMs, serviceMs }: ClockFacts): string[][] {
  return [
    ["this machine", isoTime(wallMs)],
    ["the journal's newest event", newestMs === null ? "-" : isoTime(newestMs)],
    ["the payment service", serviceMs === null ? "did not tell" : isoTime(serviceMs)],
  ];
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError("This needs a yes: add --yes where nobody can be asked.");
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await lines.question('Take this machine\'s clock as right? Type "yes": ')).trim() === "yes";
  } finally {
    lines.close();
  }
}

function takenAsOrdered({ newestMs, serviceMs }: ClockFacts, reason: string): ClockTaken {
  const atMs = Date.now();
  const aheadMs = serviceMs === null ? 0 : serviceMs - atMs;
  const serviceAheadMs = Math.abs(aheadMs) > POLICY.clockDiffersMs ? aheadMs : null;
  return { atMs, overruledMs: newestMs, serviceAheadMs, by: "operator", who: whoIsThere(), reason };
}
