import type { Cancel, Clock } from "../ports/clock.ts";
import { POLICY } from "./policy.ts";

/** Watches a running delivery: one in which nothing flows is over, one whose meter is silent must not go on. */
export class FlowWatch {
  readonly #clock: Clock;
  readonly #noFlowTimeoutMs: number;
  readonly #over: (why: "no-flow" | "silent") => void;
  #totaliserBase: number | null = null;
  #cancelNoFlow: Cancel = () => {};
  #cancelSilence: Cancel = () => {};

  constructor(clock: Clock, noFlowTimeoutMs: number, over: (why: "no-flow" | "silent") => void) {
    this.#clock = clock;
    this.#noFlowTimeoutMs = noFlowTimeoutMs;
    this.#over = over;
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
    this.#cancelSilence();
  }

  #awaitFlow(): void {
    this.#cancelNoFlow();
    this.#cancelNoFlow = this.#clock.after(this.#noFlowTimeoutMs, () => this.#over("no-flow"));
  }

  #awaitReading(withinMs: number): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#clock.after(withinMs, () => this.#over("silent"));
  }
}
