import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { DispenserEvents } from "./dispenser-events.ts";
import { spacingLookMs } from "./edge-groups.ts";
import type { FlowSwitches } from "./flow-switches.ts";
import type { HeartbeatLine } from "./heartbeat-line.ts";
import { limitProblem } from "./limit.ts";
import { type LimitSettings, LimitWatch, LOOK_MS } from "./limit-watch.ts";
import { FAULTS } from "./pulse-faults.ts";
import { judgeMeter } from "./pulse-health.ts";
import type { PulseMeter } from "./pulse-meter.ts";
import type { Phase, Running, Shutting } from "./pulse-phase.ts";
import type { PulseRegister } from "./pulse-register.ts";
import { StopRequest } from "./stop-request.ts";
import { StrayFlow } from "./stray-flow.ts";

export interface PulseDispenserParts {
  readonly register: PulseRegister;
  readonly meter: PulseMeter;
  readonly flowSwitches: FlowSwitches;
  readonly heartbeat: HeartbeatLine;
  readonly events: DispenserEvents;
  /** Whether the nozzle is lifted, the plug in; null where nothing tells. */
  readonly present: (() => boolean) | null;
  readonly limits: LimitSettings;
  /** So long without a pulse after closing, and nothing flows any more. */
  readonly settleMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const IDLE_LOOK_MS = 250;
const READING_MS = 250;
const LATE_MS = 250;
/** Beyond the time to settle: when the drive is cut though it still flows, and when the valve counts as leaking. */
const CUT_DRIVE_MS = 1_000;
const LONGEST_SHUT_MS = 5_000;

/**
 * Goods that flow, counted in pulses. One control loop, apart from every sale's queue, looks at the count and moves the
 * valves; whatever it cannot make sense of closes them.
 */
export class PulseDispenser implements Dispenser {
  /** The register keeps itself. */
  readonly readingStepMs = null;
  readonly mostBasePerS: number;
  readonly #parts: PulseDispenserParts;
  readonly #stray: StrayFlow;
  #phase: Phase;
  #stopping: StopRequest | null = null;
  #stopFailed = false;
  #lost: string | null = null;
  #steppedAtMs: number;
  #toldAtMs = 0;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(parts: PulseDispenserParts) {
    this.#parts = parts;
    this.mostBasePerS = parts.meter.mostBasePerS;
    this.#stray = new StrayFlow(parts.meter.totaliserBase);
    // An earlier life was in the middle of a delivery: all that was counted since is that delivery's.
    this.#phase = { at: parts.register.state.span.armed ? "ended" : "idle" };
    this.#steppedAtMs = parts.clock.monotonicMs();
    this.#tick();
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const { meter, register, events, limits } = this.#parts;
    if (!this.#closed) this.#guardedStep();
    const refusal = this.#refusal(limitBase);
    if (refusal !== null) return declined("refused", refusal);
    const watch = new LimitWatch(meter.totalAt(limitBase), register.state.overruns, limits);
    if (watch.look(meter.pulses, this.#parts.clock.monotonicMs()) === "shut") {
      return declined("refused", `the limit ${limitBase} is no more than what flows after closing`);
    }
    const arming: Phase = { at: "arming" };
    this.#phase = arming;
    meter.begin(true);
    const saved = await register.save();
    if (this.#phase !== arming) return declined("refused", "stopped before anything was opened");
    if (saved.kind !== "done") {
      meter.begin(false);
      this.#phase = { at: "idle" };
      events.raise("register", FAULTS.register(saved.detail));
      return declined("refused", saved.detail);
    }
    this.#phase = { at: "running", watch, met: false };
    this.#schedule(0);
    return done(null);
  }

  stop(): Promise<Outcome<null>> {
    if (this.#closed) return Promise.resolve(unknown("the driver is closed"));
    const { clock, flowSwitches, heartbeat, settleMs } = this.#parts;
    const nowMs = clock.monotonicMs();
    heartbeat.rest();
    flowSwitches.shut(nowMs);
    const { at } = this.#phase;
    if (at !== "shutting") this.#shutFrom(nowMs, false, at !== "idle");
    this.#stopping ??= new StopRequest(nowMs + settleMs + LONGEST_SHUT_MS);
    this.#schedule(0);
    return this.#stopping.answer;
  }

  async totaliser(): Promise<Outcome<number>> {
    const { meter, clock, register } = this.#parts;
    if (this.#closed) return unknown("the driver is closed");
    const counted = meter.read(clock.monotonicMs());
    this.#judge(counted);
    if (this.#phase.at === "shutting" && this.#phase.delivery && this.#stopFailed) {
      // It does not stop, and this is where the sale ends all the same: what follows is nobody's.
      this.#phase = { ...this.#phase, delivery: false };
      this.#endDelivery();
      void register.save();
    }
    return counted;
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#parts.events.listen(listener);
  }

  /** To be told when the lines are lost and when they are held again. */
  held(held: boolean, detail: string): void {
    this.#lost = held ? null : detail;
    if (!held) this.#parts.flowSwitches.forget();
    if (!this.#closed) this.#schedule(0);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.stop();
    this.#closed = true;
    this.#cancel();
    await this.#parts.register.close();
  }

  #refusal(limitBase: number): string | null {
    const { at } = this.#phase;
    if (this.#closed) return "the driver is closed";
    const problem = limitProblem(limitBase);
    if (problem !== null) return problem;
    if (at !== "idle" && at !== "ended") return `it is ${at}`;
    return this.#parts.events.fault;
  }

  #tick(): void {
    this.#guardedStep();
    const { at } = this.#phase;
    if (this.#phase.at === "running") {
      this.#schedule(Math.min(this.#phase.watch.nextLookMs, spacingLookMs(this.#parts.clock.monotonicMs())));
    } else this.#schedule(at === "shutting" || at === "arming" ? LOOK_MS : IDLE_LOOK_MS);
  }

  #schedule(delayMs: number): void {
    this.#cancel();
    if (!this.#closed) this.#cancel = this.#parts.clock.after(delayMs, () => this.#tick());
  }

  #guardedStep(): void {
    const { events, log, clock, flowSwitches } = this.#parts;
    try {
      this.#step(clock.monotonicMs());
    } catch (error) {
      log.error({ error: String(error) }, "the control loop failed");
      flowSwitches.shut(clock.monotonicMs());
      if (this.#phase.at === "running") this.#shutFrom(clock.monotonicMs(), false, true);
      events.raise("loop", FAULTS.loop(String(error)));
    }
  }

  #step(nowMs: number): void {
    const { meter, log } = this.#parts;
    const lateMs = nowMs - this.#steppedAtMs;
    this.#steppedAtMs = nowMs;
    if (this.#phase.at === "running" && lateMs > LATE_MS) log.warn({ lateMs }, "the control loop came round late");
    const counted = meter.read(nowMs);
    this.#judge(counted);
    const { at } = this.#phase;
    if (at === "running") this.#run(this.#phase, nowMs);
    else if (at === "shutting") this.#shut(this.#phase, nowMs, counted.kind !== "unknown");
    else if (at !== "arming") this.#rest(nowMs);
  }

  #judge(counted: Outcome<number>): void {
    const running = this.#phase.at === "running";
    judgeMeter(this.#parts, counted, { lost: this.#lost, running, ms: this.#parts.clock.monotonicMs() });
  }

  #run(phase: Running, nowMs: number): void {
    const { meter, events, flowSwitches, heartbeat } = this.#parts;
    const width = phase.watch.look(meter.pulses, nowMs);
    const present = this.#parts.present?.() ?? true;
    const over = width === "shut" || (phase.met && !present);
    if (over || events.fault !== null) {
      heartbeat.rest();
      flowSwitches.shut(nowMs);
      this.#shutFrom(nowMs, events.fault === null, true);
      return;
    }
    heartbeat.beat();
    if (present) {
      phase.met = true;
      flowSwitches.open(width === "wide" ? "wide" : "narrow", nowMs);
    }
    this.#report(nowMs);
  }

  #shutFrom(nowMs: number, byItself: boolean, delivery: boolean): void {
    const watch = this.#phase.at === "running" ? this.#phase.watch : null;
    this.#stopFailed = false;
    this.#phase = { at: "shutting", watch, sinceMs: nowMs, byItself, delivery };
  }

  #shut(phase: Shutting, nowMs: number, counted: boolean): void {
    const { flowSwitches, meter, settleMs } = this.#parts;
    flowSwitches.shut(nowMs);
    const quietSinceMs = Math.max(flowSwitches.shutSinceMs ?? Number.POSITIVE_INFINITY, meter.lastPulseMs);
    if (counted && nowMs - quietSinceMs >= settleMs) {
      this.#settle(phase, nowMs);
      return;
    }
    const overdueMs = nowMs - phase.sinceMs - settleMs;
    if (overdueMs >= CUT_DRIVE_MS) flowSwitches.rest();
    if (phase.delivery) this.#report(nowMs);
    else this.#watchStray(nowMs);
    this.#complain(phase, overdueMs >= LONGEST_SHUT_MS, nowMs);
  }

  #complain(phase: Shutting, overdue: boolean, nowMs: number): void {
    const { flowSwitches, events, meter, settleMs } = this.#parts;
    const flows = nowMs - meter.lastPulseMs < settleMs;
    const unread = flowSwitches.shutSinceMs === null ? "a valve's line does not confirm" : "the count cannot be read";
    const detail = this.#lost ?? (flows ? "it flows though the valve was closed" : unread);
    if (overdue && phase.delivery && flows) events.raise("valve", FAULTS.valve(detail));
    if (this.#stopping === null || nowMs < this.#stopping.untilMs) return;
    this.#stopFailed = true;
    this.#stopping.end(unknown(detail));
    this.#stopping = null;
  }

  #settle(phase: Shutting, nowMs: number): void {
    const { flowSwitches, meter, register, events } = this.#parts;
    flowSwitches.rest();
    if (phase.watch !== null && events.fault === null) {
      register.update({ overruns: [...phase.watch.learn(meter.pulses)] });
    }
    const stopping = this.#stopping;
    this.#stopping = null;
    this.#phase = { at: stopping === null && phase.delivery ? "ended" : "idle" };
    if (phase.delivery) this.#tellReading(nowMs);
    if (stopping !== null && phase.delivery) this.#endDelivery();
    const saved = phase.delivery ? register.save() : Promise.resolve();
    if (stopping !== null) void saved.then(() => stopping.end(done(null)));
    else if (phase.byItself) events.tell({ type: "finished" });
  }

  #endDelivery(): void {
    const { meter } = this.#parts;
    meter.begin(false);
    this.#stray.restart(meter.totaliserBase);
  }

  #rest(nowMs: number): void {
    const { flowSwitches, events, register } = this.#parts;
    flowSwitches.shut(nowMs);
    flowSwitches.rest();
    if (flowSwitches.atRest) events.clear("output");
    register.mend(nowMs);
    if (this.#phase.at === "idle") this.#watchStray(nowMs);
  }

  #watchStray(nowMs: number): void {
    const { meter, events, register } = this.#parts;
    const { flows, tellBase } = this.#stray.look(meter.totaliserBase, nowMs);
    if (flows) events.raise("stray", FAULTS.stray());
    else events.clear("stray");
    if (tellBase === null) return;
    void register.save();
    events.tell({ type: "unaccounted", quantityBase: tellBase, detail: "it flowed though nothing was armed" });
  }

  #report(nowMs: number): void {
    this.#parts.register.keep(nowMs);
    if (nowMs - this.#toldAtMs >= READING_MS) this.#tellReading(nowMs);
  }

  #tellReading(nowMs: number): void {
    this.#toldAtMs = nowMs;
    this.#parts.events.tell({ type: "reading", totaliserBase: this.#parts.meter.totaliserBase });
  }
}
