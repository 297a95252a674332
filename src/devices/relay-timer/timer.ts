import type { Cancel } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { limitProblem } from "../parts/limit.ts";
import { StopRequest } from "../parts/stop-request.ts";
import { FAULTS, UNACCOUNTED } from "./faults.ts";
import { RunMeter } from "./run-meter.ts";
import { StrayRuns } from "./stray-runs.ts";
import type { Phase, TimerParts } from "./timer-parts.ts";

const LOOK_MS = 50;
const IDLE_LOOK_MS = 250;
const READING_MS = 250;
/** Beyond the time to run down: a line at its slowest. */
const LONGEST_SHUT_MS = 3_000;
const HELD_MS = 10_000;
/** Who has paid may press a moment before it is armed. */
const JUST_NOW_MS = 3_000;
/** In a row, with nothing that ran. */
const MOST_MISSED = 3;
const LAST_WARNING_MS = 10_000;
const FIRST_WARNING_MS = 1_000;
/** Longer than a moment in which the machine was busy. */
const STOOD_STILL_MS = 2_000;

/**
 * Sells time. The relay is on while armed and, where there is a button, started; a second counts while the relay's line
 * confirmed that it is on and, where the machine says so, it runs. One control loop, apart from every sale's queue.
 */
export class Timer implements Dispenser {
  /** The register keeps itself. */
  readonly readingStepMs = null;
  readonly mostBasePerS = 1;
  readonly #parts: TimerParts;
  readonly #meter: RunMeter;
  readonly #stray: StrayRuns;
  #phase: Phase = { at: "idle" };
  #stopping: StopRequest | null = null;
  #runs: boolean;
  /** When it was last seen to run, or switched on; and since when the relay is known to be off. */
  #seenMs: number;
  #offSinceMs: number | null;
  #stopHeldSinceMs: number | null = null;
  #pressedMs = Number.NEGATIVE_INFINITY;
  #missed = 0;
  #wasOn = false;
  #lost: string | null = null;
  #toldMs = 0;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(parts: TimerParts) {
    const { register, feedback, clock, rules } = parts;
    this.#parts = parts;
    this.#meter = new RunMeter(register.found.totalS);
    this.#runs = feedback?.active ?? true;
    this.#seenMs = clock.monotonicMs();
    this.#offSinceMs = this.#seenMs;
    this.#stray = new StrayRuns(rules.coastMs, this.#seenMs);
    this.#tick();
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const mostS = this.#mostS(limitBase);
    const refusal = this.#refusal(limitBase, mostS);
    if (refusal !== null) return declined("refused", refusal);
    const { register, rules, hasStart, clock, events } = this.#parts;
    const arming: Phase = { at: "arming" };
    this.#phase = arming;
    const saved = await register.save({ totalS: this.#meter.totaliserS, armed: true });
    if (this.#phase !== arming) return declined("refused", "stopped before anything was switched on");
    if (saved.kind !== "done") {
      this.#phase = { at: "idle" };
      events.raise("register", FAULTS.register(saved.detail));
      return declined("refused", saved.detail);
    }
    this.#meter.begin(mostS);
    this.#stray.owe();
    const nowMs = clock.monotonicMs();
    this.#seenMs = nowMs;
    const isWaiting = hasStart && nowMs - this.#pressedMs >= JUST_NOW_MS;
    this.#phase = isWaiting ? { at: "waiting", untilMs: nowMs + rules.startWithinMs } : { at: "running" };
    this.#schedule(0);
    return done(null);
  }

  stop(): Promise<Outcome<null>> {
    if (this.#closed) return Promise.resolve(unknown("the driver is closed"));
    const { clock, rules } = this.#parts;
    const nowMs = clock.monotonicMs();
    this.#off(nowMs);
    if (this.#phase.at !== "shutting") {
      this.#phase = {
        at: "shutting",
        byItself: false,
        delivery: this.#phase.at !== "idle" && this.#phase.at !== "ended",
      };
    }
    this.#stopping ??= new StopRequest(nowMs + rules.coastMs + LONGEST_SHUT_MS);
    this.#schedule(0);
    return this.#stopping.answer;
  }

  async totaliser(): Promise<Outcome<number>> {
    if (this.#closed) return unknown("the driver is closed");
    if (this.#phase.at === "idle") this.#stray.settled();
    return done(this.#meter.totaliserS);
  }

  looked(): void {
    this.#missed = 0;
    this.#parts.events.clear("load");
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#parts.events.listen(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.stop();
    this.#closed = true;
    this.#cancel();
    await this.#parts.register.close();
  }

  /** The machine says whether it runs. */
  ran(active: boolean): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#count(nowMs);
    this.#runs = active;
    if (active) this.#seenMs = nowMs;
    this.#count(nowMs);
  }

  startPressed(): void {
    const { at } = this.#phase;
    this.#pressedMs = this.#parts.clock.monotonicMs();
    if (at === "waiting" || at === "paused") this.#run();
  }

  stopPressed(): void {
    const { rules, hasStart, clock } = this.#parts;
    const { at } = this.#phase;
    const nowMs = clock.monotonicMs();
    if (at === "running" && rules.pauseMs !== null) {
      this.#off(nowMs);
      this.#phase = { at: "paused", untilMs: nowMs + rules.pauseMs };
    } else if (at === "paused" && !hasStart) this.#run();
    else if ((at === "running" || at === "paused") && rules.blockS !== null) return;
    else if (at === "running" || at === "paused" || at === "waiting") this.#end(nowMs, true);
  }

  /** To be told when the lines are lost and when they are held again. */
  held(held: boolean, detail: string): void {
    const { power, warning, clock } = this.#parts;
    this.#lost = held ? null : detail;
    if (!held) {
      power.forget();
      warning?.forget();
      this.#count(clock.monotonicMs());
    }
    if (!this.#closed) this.#schedule(0);
  }

  #mostS(limitBase: number): number {
    const { blockS, longestS } = this.#parts.rules;
    const mostS = Math.min(limitBase, longestS);
    return blockS === null ? mostS : Math.floor(mostS / blockS) * blockS;
  }

  #refusal(limitBase: number, mostS: number): string | null {
    const { events, feedback, stop } = this.#parts;
    const { at } = this.#phase;
    if (this.#closed) return "the driver is closed";
    const problem = limitProblem(limitBase);
    if (problem !== null) return problem;
    if (mostS === 0) return `${limitBase} s are less than a block`;
    if (at !== "idle" && at !== "ended") return `it is ${at}`;
    if (events.fault !== null) return events.fault;
    if (feedback !== null && this.#runs) return FAULTS.stuck();
    return stop?.active === true ? FAULTS.held() : null;
  }

  #run(): void {
    this.#seenMs = this.#parts.clock.monotonicMs();
    this.#phase = { at: "running" };
    this.#schedule(0);
  }

  /** Counts up to now, and switches off. */
  #off(nowMs: number): void {
    const { heartbeat, power, warning } = this.#parts;
    this.#count(nowMs);
    heartbeat.rest();
    power.set(false);
    warning?.set(false);
  }

  #end(nowMs: number, byItself: boolean): void {
    this.#off(nowMs);
    this.#phase = { at: "shutting", byItself, delivery: true };
    this.#schedule(0);
  }

  #count(nowMs: number): void {
    const { power, events, log } = this.#parts;
    const lateMs = this.#meter.look(nowMs, this.#phase.at === "running" && power.known === true && this.#runs);
    if (lateMs === 0) return;
    log.warn({ lateMs: Math.round(lateMs) }, "the control loop came round late");
    if (lateMs < STOOD_STILL_MS) return;
    events.tell({ type: "unaccounted", quantityBase: null, detail: UNACCOUNTED.late(Math.round(lateMs)) });
  }

  #tick(): void {
    const { clock, events, log } = this.#parts;
    const nowMs = clock.monotonicMs();
    try {
      this.#step(nowMs);
    } catch (error) {
      log.error({ error: String(error) }, "the control loop failed");
      events.raise("loop", FAULTS.loop(String(error)));
      this.#end(nowMs, false);
    }
    const { at } = this.#phase;
    if (at === "running") this.#schedule(Math.max(1, Math.min(LOOK_MS, this.#meter.leftMs)));
    else this.#schedule(at === "idle" || at === "ended" ? IDLE_LOOK_MS : LOOK_MS);
  }

  #schedule(delayMs: number): void {
    this.#cancel();
    if (!this.#closed) this.#cancel = this.#parts.clock.after(delayMs, () => this.#tick());
  }

  #step(nowMs: number): void {
    this.#judge(nowMs);
    const { events, power } = this.#parts;
    const phase = this.#phase;
    this.#offSinceMs = power.known === false ? (this.#offSinceMs ?? nowMs) : null;
    if (phase.at === "arming") return;
    const isUnderWay = phase.at === "waiting" || phase.at === "running" || phase.at === "paused";
    if (isUnderWay && events.fault !== null) this.#end(nowMs, false);
    else if (phase.at === "running") this.#goOn(nowMs);
    else if (phase.at === "waiting" || phase.at === "paused") this.#rest(phase.untilMs, nowMs);
    else if (phase.at === "shutting") this.#shut(phase, nowMs);
    else this.#idle(nowMs);
  }

  #judge(nowMs: number): void {
    const { events, register } = this.#parts;
    if (this.#lost === null) events.clear("lines");
    else events.raise("lines", FAULTS.lines(this.#lost));
    const trouble = register.trouble(nowMs);
    if (trouble === null) events.clear("register");
    else events.raise("register", FAULTS.register(trouble));
  }

  #goOn(nowMs: number): void {
    const { power, warning, heartbeat, feedback, rules } = this.#parts;
    this.#count(nowMs);
    if (this.#runs && feedback !== null) this.#seenMs = nowMs;
    const isIdle = feedback !== null && nowMs - this.#seenMs >= rules.loadWithinMs;
    if (this.#meter.leftMs <= 0 || isIdle) {
      this.#end(nowMs, true);
      return;
    }
    heartbeat.beat();
    power.set(true);
    this.#wasOn ||= power.known === true;
    warning?.set(this.#isWarned());
    this.#report(nowMs);
  }

  #isWarned(): boolean {
    const { leftMs } = this.#meter;
    const { warnAtMs } = this.#parts.rules;
    return leftMs <= LAST_WARNING_MS || (leftMs <= warnAtMs && leftMs > warnAtMs - FIRST_WARNING_MS);
  }

  #rest(untilMs: number, nowMs: number): void {
    if (nowMs >= untilMs) this.#end(nowMs, true);
    else {
      this.#off(nowMs);
      this.#report(nowMs);
    }
  }

  #shut({ byItself, delivery }: Extract<Phase, { at: "shutting" }>, nowMs: number): void {
    const { feedback, rules, events } = this.#parts;
    this.#off(nowMs);
    if (delivery) this.#report(nowMs);
    const isQuiet = feedback === null || !this.#runs;
    const offMs = this.#offSinceMs === null ? null : nowMs - this.#offSinceMs;
    if (offMs !== null && (isQuiet || offMs >= rules.coastMs)) {
      if (!isQuiet) events.raise("stuck", FAULTS.stuck());
      this.#settle({ byItself, delivery, isQuiet }, nowMs);
    } else if (this.#stopping !== null && nowMs >= this.#stopping.untilMs) {
      this.#stopping.end(unknown(this.#lost ?? "the relay's line does not confirm that it is off"));
      this.#stopping = null;
    }
  }

  #settle(how: { byItself: boolean; delivery: boolean; isQuiet: boolean }, nowMs: number): void {
    const { register, events } = this.#parts;
    const { byItself, delivery, isQuiet } = how;
    if (delivery) {
      this.#judgeLoad();
      this.#meter.settle();
      this.#tellReading(nowMs);
    }
    const stopping = this.#stopping;
    this.#stopping = null;
    this.#phase = { at: stopping === null && delivery ? "ended" : "idle" };
    const saved = delivery ? register.save({ totalS: this.#meter.totaliserS, armed: false }) : Promise.resolve();
    void saved.then(() => {
      stopping?.end(isQuiet ? done(null) : unknown(FAULTS.stuck()));
      if (stopping === null && byItself) events.tell({ type: "finished" });
    });
  }

  /** A machine that was switched on and did not run, again and again, is not fit to be sold. */
  #judgeLoad(): void {
    const { feedback, events } = this.#parts;
    if (feedback === null || this.#phase.at !== "shutting" || !this.#phase.byItself) return;
    if (this.#meter.ranMs > 0) this.#missed = 0;
    else if (this.#wasOn) this.#missed += 1;
    this.#wasOn = false;
    if (this.#missed >= MOST_MISSED) events.raise("load", FAULTS.load(String(this.#missed)));
  }

  #idle(nowMs: number): void {
    const { power, events, register, feedback } = this.#parts;
    this.#off(nowMs);
    if (power.known === false) events.clear("output");
    register.keep({ totalS: this.#meter.totaliserS, armed: false }, nowMs);
    this.#watchButton(nowMs);
    if (feedback === null) return;
    const { isRunning, tellS } = this.#stray.look(this.#runs, this.#offSinceMs, nowMs);
    if (isRunning) events.raise("stuck", FAULTS.stuck());
    else if (!this.#runs) events.clear("stuck");
    if (tellS === null) return;
    this.#meter.add(tellS);
    events.tell({ type: "unaccounted", quantityBase: tellS, detail: UNACCOUNTED.stray });
  }

  #watchButton(nowMs: number): void {
    const { stop, events } = this.#parts;
    if (stop?.active !== true) {
      this.#stopHeldSinceMs = null;
      events.clear("held");
      return;
    }
    this.#stopHeldSinceMs ??= nowMs;
    if (nowMs - this.#stopHeldSinceMs >= HELD_MS) events.raise("held", FAULTS.held());
  }

  #report(nowMs: number): void {
    this.#parts.register.keep({ totalS: this.#meter.totaliserS, armed: true }, nowMs);
    if (nowMs - this.#toldMs >= READING_MS) this.#tellReading(nowMs);
  }

  #tellReading(nowMs: number): void {
    this.#toldMs = nowMs;
    this.#parts.events.tell({ type: "reading", totaliserBase: this.#meter.totaliserS });
  }
}
