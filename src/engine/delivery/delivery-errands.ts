import { belowMatter, disputedMatter } from "../../core/matters.ts";
import { formatQuantity } from "../../core/quantity.ts";
import type { Effect } from "../../core/sale/effect.ts";
import type { Dispensing, State } from "../../core/sale/state.ts";
import { backoffMs, wait } from "../../platform/time/wait.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { Errand } from "../errand.ts";
import { POLICY } from "../policy.ts";

/** What its dispenser says of a delivery, and nobody can make an amount of. */
interface Disputed {
  readonly disputed: string;
}

/** Reads where the meter stands, so that it is in the journal before anything can flow. */
export async function startMeter(errand: Errand): Promise<void> {
  const reading = await patiently(errand, POLICY.meterRetriesMs, () => errand.dispenser.totaliser());
  if (reading.kind === "done") return await errand.tell({ type: "meter-started", totaliserBase: reading.value });
  errand.faults.raise("dispenser-unreachable", errand.position, reading.detail);
  await errand.tell({ type: "dispenser-failed", detail: reading.detail });
}

/** True when it is armed. A dispenser that did not take the order may have taken it all the same: the sale stops and reads it. */
export async function arm(errand: Errand, { limitBase }: Extract<Effect, { type: "arm" }>): Promise<boolean> {
  const armed = await errand.dispenser.arm(limitBase);
  if (armed.kind === "done" || !errand.mayGoOn()) return armed.kind === "done";
  errand.faults.raise("dispenser-unreachable", errand.position, armed.detail);
  await errand.tell({ type: "dispenser-failed", detail: armed.detail });
  return false;
}

/** Makes sure that nothing can flow, reads the meter, and tells what was delivered. */
export async function finish(errand: Errand, state: State, liveBase: () => number | null): Promise<void> {
  const { dispenser, faults, position } = errand;
  const stopped = await patiently(errand, POLICY.stopRetriesMs, () => dispenser.stop());
  if (stopped.kind !== "done") faults.raise("dispenser-unreachable", position, `does not stop: ${stopped.detail}`);
  const totaliserBase = await finalReading(errand, liveBase);
  if (typeof totaliserBase === "object" && totaliserBase !== null) return await handOver(errand, state, totaliserBase);
  if (totaliserBase !== null && state.phase === "dispensing") {
    const disputed = tooMuch(errand, state, totaliserBase);
    if (disputed !== null) return await handOver(errand, state, { disputed });
    sayWhenBelow(errand, state, totaliserBase);
  }
  await errand.tell({ type: "delivered", totaliserBase });
}

/** What came out nobody can tell but a person, who is told before the sale is closed. */
async function handOver(errand: Errand, state: State, { disputed: detail }: Disputed): Promise<void> {
  if (state.phase === "dispensing") errand.forPerson(disputedMatter(state.sale, errand.clock.wallMs(), detail));
  await errand.tell({ type: "contradicted", detail });
}

/**
 * Why a reading cannot be this delivery's; null when it can. A driver that has been there all the time has seen to that
 * itself; one that has just come believes what it finds.
 */
function tooMuch(errand: Errand, { metering, sale }: Dispensing, readBase: number): string | null {
  const { mostBasePerS } = errand.dispenser;
  if (mostBasePerS === null) return null;
  const roseBase = readBase - metering.startBase;
  const spanS = Math.ceil((errand.spanMs() + POLICY.spanSlackMs) / 1_000);
  const mostBase = Math.ceil(mostBasePerS * spanS);
  if (roseBase <= mostBase) return null;
  const { unit } = sale.terms.tariff;
  const [rose, most] = [roseBase, mostBase].map((base) => `${formatQuantity(base, unit)} ${unit}`);
  return `its meter rose by ${rose}, and in ${spanS} s no more than ${most} can flow`;
}

/** A register never goes back by itself: somebody has exchanged it, or it has lost what it knew. */
function sayWhenBelow(errand: Errand, state: Dispensing, readBase: number): void {
  const { dispenser, clock, forPerson } = errand;
  const { startBase } = state.metering;
  if (dispenser.readingStepMs !== null || readBase >= startBase) return;
  const { unit } = state.sale.terms.tariff;
  const quantities = [readBase, startBase].map((base) => `${formatQuantity(base, unit)} ${unit}`);
  forPerson(belowMatter(state.sale, clock.wallMs(), quantities));
}

/**
 * What flowed must be billed, so a silent meter is asked until the state's deadline. What was heard of it while
 * it ran goes into the journal at once: it stands in should the meter never answer, or not be believed.
 */
async function finalReading(errand: Errand, liveBase: () => number | null): Promise<number | Disputed | null> {
  const { clock, dispenser, faults, position } = errand;
  for (let attempt = 0; errand.mayGoOn(); attempt++) {
    const reading = await dispenser.totaliser();
    if (reading.kind === "done") return reading.value;
    const isDisputed = reading.kind === "declined" && reading.reason === "disputed";
    if (!isDisputed) faults.raise("dispenser-unreachable", position, `cannot be read: ${reading.detail}`);
    const totaliserBase = liveBase();
    if (attempt === 0 && totaliserBase !== null) await errand.tell({ type: "metered", totaliserBase });
    if (isDisputed) return { disputed: reading.detail };
    if (reading.kind === "declined") return null;
    await wait(clock, backoffMs(POLICY.finalReadingRetriesMs, attempt));
  }
  return null;
}

async function patiently<T>(
  errand: Errand,
  retriesMs: readonly number[],
  ask: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  for (let attempt = 0; ; attempt++) {
    const outcome = await ask();
    const delayMs = retriesMs[attempt];
    if (outcome.kind === "done" || delayMs === undefined) return outcome;
    await wait(errand.clock, delayMs);
  }
}
