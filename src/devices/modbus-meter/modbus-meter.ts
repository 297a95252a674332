import type { SerialLine } from "../../platform/serial/line.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import { StrayFlow } from "../parts/stray-flow.ts";
import type { Frame } from "./codec.ts";
import type { Contactor } from "./contactor.ts";
import { CrossCheck, type CrossCheckSettings } from "./cross-check.ts";
import type { Dispute } from "./dispute.ts";
import { FlowSinceOpen, RISES, SETTLED_LAGS } from "./flow-since-open.ts";
import { Meter, type Reading } from "./meter.ts";
import { knownMeter } from "./register-map.ts";
import { type ModbusMeterParts, type ModbusMeterSettings, type Timing, timingOf } from "./settings.ts";
import { begunAnew, COUNTED_IN_REVERSE, MOVES, STUCK, silentMeter } from "./texts.ts";

/** Of so many readings two in a row must agree. */
const MOST_READINGS = 12;
const OVERTAKEN = "stopped before the contactor was closed";
/** After so many failures in a row the meter does not answer. */
const MOST_FAILURES = 4;
/** Nobody who was owed a reading has asked for it for so long: it is settled without. */
const OWED_MS = 60_000;
/** What is asked before the first reading takes its time too. */
const FIRST_QUESTIONS = 8;

/**
 * An outlet with a Modbus meter and a contactor. The meter cannot stop anything, so this opens the contactor when the
 * limit would be reached, counting from each reading with the power that it told; what the register lags behind and
 * the contactor takes to open is allowed for, and one step of the register. So it ends below its limit by up to
 * `powerW * (lagMs + openingMs)` and that step: at 11 kW and as things stand 4 Wh and 9 Wh. It goes beyond it only when
 * the power rises after the last reading, by up to `(maxPowerW - powerW) * (pollMs + two answers)`, 3 Wh from nothing to
 * 22 kW; or when the order to open gets lost on the line, by `powerW * 2 * timeoutMs` each time, 2 Wh at 11 kW.
 *
 * The register survives a power cut of the kiosk, so no reading needs to be journaled. What flows while the daemon is
 * not running is seen only as a higher totaliser.
 *
 * A delivery whose figures contradict each other is disputed: nothing is charged for it. One that the meter counted the
 * other way, whole and as its power says, is no dispute: what came out is known, and noted as nobody's, for it stands
 * in another register than the sale began in. It came to no more than flows in about a second. After either nothing is
 * sold before a person has acknowledged it, or the daemon was started again.
 */
export function openModbusMeter(
  settings: ModbusMeterSettings,
  line: SerialLine<Frame>,
  clock: Clock,
  log: Log,
  { contactor, dispute }: ModbusMeterParts,
): Dispenser {
  return new ModbusMeter(settings, line, clock, log, { contactor, dispute });
}

class ModbusMeter implements Dispenser {
  readonly readingStepMs = null;
  readonly mostBasePerS: number;
  readonly #events = new DispenserEvents();
  readonly #timing: Timing;
  readonly #pollMs: number;
  readonly #checked: Omit<CrossCheckSettings, "stepWh" | "closedMs">;
  readonly #meter: Meter;
  readonly #contactor: Contactor;
  readonly #dispute: Dispute;
  readonly #clock: Clock;
  readonly #log: Log;
  #phase: "resting" | "arming" | "flowing" | "ending" = "resting";
  /** Grows with each arm and stop: what was begun before is overtaken. */
  #run = 0;
  /** Grows with each order to close: an order to open that came before it says nothing any more. */
  #closings = 0;
  /** Since when the contactor is known to be open; null while it is closed, or nobody knows. */
  #openSinceMs: number | null = null;
  #toldOpenMs = 0;
  #heardMs: number;
  #targetBase = 0;
  /** Watches from when the contactor was opened until it is closed again. */
  #flowSinceOpen: FlowSinceOpen | null = null;
  #stray: StrayFlow | null = null;
  /** Of the delivery that runs, or whose end has yet to be read. */
  #check: CrossCheck | null = null;
  /** When somebody last asked for what was delivered; null while nothing was that has not been told. */
  #owedAtMs: number | null = null;
  #inRound = false;
  #closed = false;
  #cancelRound: Cancel = () => {};
  #cancelCut: Cancel = () => {};

  constructor(
    settings: ModbusMeterSettings,
    line: SerialLine<Frame>,
    clock: Clock,
    log: Log,
    { contactor, dispute }: ModbusMeterParts,
  ) {
    const { unit, meter, invert = false, maxPowerW, pollMs, timeoutMs } = settings;
    const { map, warnings } = knownMeter(meter, invert);
    for (const warning of warnings) log.warn({ unit }, warning);
    this.#timing = timingOf(map, settings.timing);
    this.mostBasePerS = maxPowerW / 3_600;
    this.#pollMs = pollMs;
    const { lagMs, steadyMs } = this.#timing;
    this.#checked = { maxPowerW, lagMs, isInverted: invert };
    const isOwed = (): boolean => this.#isOwed;
    const anew = (fromBase: number, toBase: number): void => this.#beginAnew(fromBase, toBase);
    const meterSettings = { unit, map, maxPowerW, timeoutMs, lagMs, steadyMs, isOwed, begunAnew: anew };
    this.#meter = new Meter(meterSettings, line, clock);
    this.#contactor = contactor;
    this.#dispute = dispute;
    this.#clock = clock;
    this.#log = log;
    this.#heardMs = clock.monotonicMs() + FIRST_QUESTIONS * timeoutMs;
    this.#plan(0);
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#events.listen(listener);
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const notReady = this.#notReady();
    if (notReady !== null) return declined("refused", notReady);
    this.#run += 1;
    const run = this.#run;
    this.#phase = "arming";
    this.#stray = null;
    this.#check = null;
    const opened = this.#openSinceMs === null ? await this.#open() : done(null);
    const start = opened.kind === "done" ? await this.#standing() : opened;
    if (run !== this.#run) return unknown(OVERTAKEN);
    if (start.kind !== "done") {
      this.#phase = "resting";
      return start;
    }
    const stepWh = this.#meter.stepWh(start.value);
    this.#targetBase = start.value + limitBase - (stepWh - 1);
    const closedMs = this.#clock.monotonicMs();
    this.#dispute.forget();
    this.#check = new CrossCheck({ ...this.#checked, stepWh, closedMs });
    this.#owedAtMs = closedMs;
    this.#closings += 1;
    this.#openSinceMs = null;
    this.#flowSinceOpen = null;
    const shut = await this.#contactor.set(true);
    if (run !== this.#run) return unknown(OVERTAKEN);
    if (shut.kind !== "done") {
      // It may have closed all the same.
      void this.stop();
      return shut;
    }
    this.#phase = "flowing";
    this.#plan(0);
    return done(null);
  }

  async stop(): Promise<Outcome<null>> {
    this.#run += 1;
    this.#phase = "resting";
    this.#cancelCut();
    return await this.#open();
  }

  async totaliser(): Promise<Outcome<number>> {
    const run = this.#run;
    if (this.#owedAtMs !== null) this.#owedAtMs = this.#clock.monotonicMs();
    const standing = await this.#settled();
    if (run !== this.#run || this.#phase !== "resting") return standing;
    if (this.#check?.isKnown === true && standing.kind === "done") this.#dispute.forget();
    const disputed = this.#dispute.ask();
    if (standing.kind === "unknown" && disputed === null) return standing;
    this.#owedAtMs = null;
    this.#tellReverse();
    // From here on whatever flows is nobody's.
    if (standing.kind === "done") this.#stray ??= new StrayFlow(standing.value);
    return disputed === null ? standing : declined("disputed", disputed);
  }

  looked(): void {
    if (this.#phase === "resting" && this.#check === null && !this.#dispute.isUntold) this.#events.clear("figures");
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRound();
    await this.stop();
    await this.#dispute.close();
  }

  get #isOwed(): boolean {
    if (this.#phase !== "resting") return true;
    return this.#owedAtMs !== null && this.#clock.monotonicMs() - this.#owedAtMs < OWED_MS;
  }

  /** The meter goes on from elsewhere: what lies between can be charged to nobody. */
  #beginAnew(fromBase: number, toBase: number): void {
    const detail = begunAnew(fromBase, toBase);
    this.#stray?.restart(toBase);
    if (this.#openSinceMs !== null) this.#flowSinceOpen = new FlowSinceOpen(this.#openSinceMs, this.#timing.lagMs);
    this.#log.warn({ fromBase, toBase }, detail);
    // It follows from nothing that can have flowed, so that it measures nothing either.
    this.#events.tell({ type: "unaccounted", quantityBase: null, detail });
  }

  /** What a delivery came to that the meter counted the other way. */
  #tellReverse(): void {
    const quantityBase = this.#check?.reverseWh ?? 0;
    this.#check = null;
    if (quantityBase > 0) this.#events.tell({ type: "unaccounted", quantityBase, detail: COUNTED_IN_REVERSE });
  }

  #notReady(): string | null {
    if (this.#closed) return "it is closed";
    if (this.#phase !== "resting") return "it is armed already";
    return this.#events.fault;
  }

  /** Opens the contactor; until that is confirmed, every round does so again. */
  async #open(): Promise<Outcome<null>> {
    const closings = this.#closings;
    this.#toldOpenMs = this.#clock.monotonicMs();
    const opened = await this.#contactor.set(false);
    if (closings !== this.#closings) return opened;
    if (opened.kind === "done") {
      this.#openSinceMs ??= this.#clock.monotonicMs();
      this.#flowSinceOpen ??= new FlowSinceOpen(this.#openSinceMs, this.#timing.lagMs);
      this.#events.clear("contactor");
    } else {
      this.#openSinceMs = null;
      this.#flowSinceOpen = null;
      this.#events.raise("contactor", opened.detail);
    }
    return opened;
  }

  /** Where the meter stands: what two readings in a row agree on, or the last of many that rise one after the other. */
  async #standing(): Promise<Outcome<number>> {
    const { lagMs } = this.#timing;
    if (this.#openSinceMs !== null) await this.#wait(this.#openSinceMs + lagMs - this.#clock.monotonicMs());
    let before: number | null = null;
    let rises = 0;
    let failures = 0;
    let detail = MOVES;
    for (let readings = 0; readings < MOST_READINGS && failures < MOST_FAILURES; readings++) {
      const reading = await this.#read();
      if (this.#meter.broken !== null) return declined("refused", this.#meter.broken);
      if (reading.kind !== "done") {
        ({ detail } = reading);
        failures += 1;
        continue;
      }
      failures = 0;
      this.#hold(reading.value);
      const { totaliserBase } = reading.value;
      if (totaliserBase === before) return done(totaliserBase);
      if (before !== null) rises += 1;
      before = totaliserBase;
    }
    return before !== null && rises >= RISES ? done(before) : unknown(detail);
  }

  /** Where it stands after a delivery, once its power has told all of it where that is needed to believe the register. */
  async #settled(): Promise<Outcome<number>> {
    const standing = await this.#standing();
    const check = this.#check;
    if (check === null || standing.kind !== "done" || this.#openSinceMs === null) return standing;
    const settledMs = this.#openSinceMs + SETTLED_LAGS * this.#timing.lagMs;
    while (check.unexplained !== null && this.#clock.monotonicMs() < settledMs && this.#phase === "resting") {
      await this.#wait(Math.min(this.#pollMs, settledMs - this.#clock.monotonicMs()));
      const reading = await this.#read();
      if (reading.kind === "done") this.#hold(reading.value);
    }
    if (check === this.#check && check.unexplained !== null) this.#contradict(check.unexplained);
    return standing;
  }

  async #read(): Promise<Outcome<Reading>> {
    const { silentMs, restingPollMs } = this.#timing;
    const reading = await this.#meter.read();
    const nowMs = this.#clock.monotonicMs();
    if (reading.kind === "done") {
      this.#heardMs = nowMs;
      this.#events.clear("meter");
      return reading;
    }
    const patienceMs = this.#phase === "resting" ? silentMs + restingPollMs : silentMs;
    if (this.#meter.broken !== null || nowMs - this.#heardMs > patienceMs) {
      if (this.#phase !== "resting") void this.stop();
      this.#events.raise("meter", this.#meter.broken ?? silentMeter(patienceMs, reading.detail));
    }
    return reading;
  }

  #plan(delayMs: number): void {
    this.#cancelRound();
    this.#cancelRound = this.#clock.after(Math.max(0, delayMs), () => {
      this.#round().catch((error: unknown) => this.#log.error({ error: String(error) }, "a round of a meter failed"));
    });
  }

  async #round(): Promise<void> {
    if (this.#inRound || this.#closed) return;
    this.#inRound = true;
    const startedMs = this.#clock.monotonicMs();
    if (this.#isOpenDue(startedMs)) await this.#open();
    const run = this.#run;
    const reading = await this.#read();
    if (reading.kind === "done" && run === this.#run && !this.#closed) this.#take(reading.value);
    this.#inRound = false;
    if (this.#closed) return;
    // What flowed last is yet to be held against the power.
    const isAwaited = this.#check !== null && this.#isOwed;
    const pollMs = this.#phase === "resting" && !isAwaited ? this.#timing.restingPollMs : this.#pollMs;
    this.#plan(pollMs - (this.#clock.monotonicMs() - startedMs));
  }

  /** Now and then while resting too: a relay that has died must be known before somebody pays. */
  #isOpenDue(nowMs: number): boolean {
    if (this.#phase !== "resting") return this.#phase === "ending" && this.#openSinceMs === null;
    return this.#openSinceMs === null || nowMs - this.#toldOpenMs >= this.#timing.proveMs;
  }

  #take(reading: Reading): void {
    const { totaliserBase } = reading;
    switch (this.#phase) {
      case "arming":
        return;
      case "resting":
        this.#hold(reading);
        this.#lookForStray(reading);
        return;
      case "flowing":
        this.#events.tell({ type: "reading", totaliserBase });
        if (this.#hold(reading)) this.#planCut(reading);
        return;
      case "ending":
        this.#events.tell({ type: "reading", totaliserBase });
        if (this.#hold(reading)) this.#lookForEnd(reading);
        return;
    }
  }

  /** False when the meter contradicts itself: then nothing is sold by it before somebody has looked at it. */
  #hold(reading: Reading): boolean {
    const contradiction = this.#check?.look(reading) ?? null;
    if (contradiction === null) return true;
    this.#contradict(contradiction);
    return false;
  }

  #contradict(contradiction: string): void {
    if (this.#phase !== "resting") void this.stop();
    this.#dispute.raise(contradiction);
    this.#events.raise("figures", contradiction);
  }

  #planCut({ totaliserBase, powerW, atMs }: Reading): void {
    const { lagMs, openingMs } = this.#timing;
    this.#cancelCut();
    if (totaliserBase < this.#targetBase && powerW === 0) return;
    const flowMs = totaliserBase < this.#targetBase ? ((this.#targetBase - totaliserBase) * 3_600_000) / powerW : 0;
    const cutMs = atMs + flowMs - lagMs - openingMs - this.#clock.monotonicMs();
    if (cutMs > 0) this.#cancelCut = this.#clock.after(cutMs, () => this.#end());
    else this.#end();
  }

  #end(): void {
    if (this.#phase !== "flowing") return;
    this.#phase = "ending";
    void this.#open().then(() => this.#plan(0));
  }

  /** It has ended when the meter, past its lag, stands still. */
  #lookForEnd(reading: Reading): void {
    switch (this.#flowSinceOpen?.look(reading)) {
      case "still":
        this.#run += 1;
        this.#phase = "resting";
        this.#events.tell({ type: "finished" });
        return;
      case "flows":
        void this.stop();
        this.#events.raise("stuck", STUCK);
        return;
      default:
    }
  }

  /** A contactor that was stuck once is not trusted again before somebody has looked at it. */
  #lookForStray(reading: Reading): void {
    const stray = this.#stray?.look(reading.totaliserBase, this.#clock.monotonicMs());
    if (this.#flowSinceOpen?.look(reading) === "flows" || stray?.flows) this.#events.raise("stuck", STUCK);
    if (stray === undefined || stray.tellBase === null) return;
    this.#events.tell({ type: "unaccounted", quantityBase: stray.tellBase, detail: STUCK });
  }

  #wait(delayMs: number): Promise<void> {
    return delayMs > 0 ? wait(this.#clock, delayMs) : Promise.resolve();
  }
}
