import { advice, clear, type Fault, type FaultCode, put, raise } from "../core/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/**
 * The kiosk's raised faults. Conditions, not history: their owners raise them anew after a restart. What waits for a
 * person is read from the journal by its owner (`Matters`, `Reconciler`) and shown here too.
 */
export class FaultBoard {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed: () => void;
  #faults: readonly Fault[] = [];

  constructor(clock: Clock, log: Log, changed: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#changed = changed;
  }

  get all(): readonly Fault[] {
    return this.#faults;
  }

  /** @param text of which the first line is shown */
  raise(code: FaultCode, position: string | null, text: string): void {
    const [detail = ""] = text.split("\n", 1);
    this.#adopt(raise(this.#faults, { code, position, detail, sinceMs: this.#clock.wallMs() }), () =>
      this.#log.warn({ fault: code, position, detail, advice: advice(code) }, "fault raised"),
    );
  }

  /** Raises it, or says anew what it has come to. */
  put(fault: Fault): void {
    const { code, position, detail } = fault;
    this.#adopt(put(this.#faults, fault), () =>
      this.#log.warn({ fault: code, position, detail, advice: advice(code) }, "fault raised"),
    );
  }

  clear(code: FaultCode, position: string | null): void {
    this.#adopt(clear(this.#faults, code, position), () => this.#log.info({ fault: code, position }, "fault cleared"));
  }

  #adopt(next: readonly Fault[], report: () => void): void {
    if (next === this.#faults) return;
    this.#faults = next;
    report();
    this.#changed();
  }
}
