import { WARNING_MS } from "../../core/sale/timing.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import { POLICY } from "../policy.ts";

/** Watches a running delivery: one in which nothing flows is over, one whose meter is silent must not go on. */
export class FlowWatch {
  readonly #clock: Clock;
  readonly #noFlowTimeoutMs: number;
  readonly #over: (why: "no-flow" | "silent") => void;
  readonly #warned: () => void;
  #totaliserBase: number | null = null;
  #dueMs: number | null = null;
  #cancelWarning: Cancel = () => {};
  #cancelNoFlow: Cancel = () => {};
  #cancelSilence: Cancel = () => {};

  /** @param warned called when the end of a delivery without flow has come near */
  constructor(clock: Clock, noFlowTimeoutMs: number, over: (why: "no-flow" | "silent") => void, warned: () => void) {
    this.#clock = clock;
    this.#noFlowTimeoutMs = noFlowTimeoutMs;
    this.#over = over;
    this.#warned = warned;
  }

  /** How long a delivery without flow still goes on; null while its end is far. */
  get leftMs(): number | null {
    return this.#dueMs === null ? null : Math.round(this.#dueMs - this.#clock.monotonicMs());
  }

  begin(): void {
    this.end();
    this.#totaliserBase = null;
    this.#awaitFlow();
    this.#awaitReading(POLICY.firstReadingMs);
  }

  reading(totaliserBase: number): void {
    this.#awaitReading(POLICY.readingSilenceMs);
    if (totaliserBase === this.#totaliserBase) return;
    this.#totaliserBase = totaliserBase;
    this.#awaitFlow();
  }

  end(): void {
    this.#cancelNoFlow();
    this.#cancelWarning();
    this.#cancelSilence();
    this.#dueMs = null;
  }

  /** The customer is still there. */
  extend(): void {
    if (this.#dueMs !== null) this.#awaitFlow();
  }

  #awaitFlow(): void {
    this.#cancelNoFlow();
    this.#cancelWarning();
    this.#dueMs = null;
    this.#cancelNoFlow = this.#clock.after(this.#noFlowTimeoutMs, () => this.#over("no-flow"));
    this.#cancelWarning = this.#clock.after(Math.max(0, this.#noFlowTimeoutMs - WARNING_MS), () => {
      this.#dueMs = this.#clock.monotonicMs() + Math.min(WARNING_MS, this.#noFlowTimeoutMs);
      this.#warned();
    });
  }

  #awaitReading(withinMs: number): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#clock.after(withinMs, () => this.#over("silent"));
  }
}
