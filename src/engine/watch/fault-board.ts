import { adviceFor, clear, type Fault, type FaultCode, find, put, raise } from "../../core/faults.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { POLICY } from "../policy.ts";

/**
 * The kiosk's raised faults. Conditions, not history: their owners raise them anew after a restart. What waits for a
 * person is read from the journal by its owner (`Matters`, `Reconciler`) and shown here too.
 */
export class FaultBoard {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed: () => void;
  #faults: readonly Fault[] = [];
  /** When a fault's cause was last said, by code and position (monotonic). */
  readonly #saidMs = new Map<string, number>();

  constructor(clock: Clock, log: Log, changed: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#changed = changed;
  }

  get all(): readonly Fault[] {
    return this.#faults;
  }

  /**
   * Says another cause anew, but not all the time: two may take turns.
   * @param text of which the first line is shown
   * @param advice about the cause, where it is known
   */
  raise(code: FaultCode, position: string | null, text: string, advice?: string): void {
    const [detail = ""] = text.split("\n", 1);
    const key = `${code} ${position ?? ""}`;
    const nowMs = this.#clock.monotonicMs();
    const saidMs = this.#saidMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (find(this.#faults, code, position) !== undefined && nowMs - saidMs < POLICY.causeMs) return;
    const fault = {
      code,
      position,
      detail,
      sinceMs: this.#clock.wallMs(),
      ...(advice === undefined ? {} : { advice }),
    };
    this.#adopt(raise(this.#faults, fault), () => {
      this.#saidMs.set(key, nowMs);
      this.#tell(fault);
    });
  }

  /** Raises it, or says anew why it is raised: since when stays as it was. */
  explain(code: FaultCode, position: string | null, text: string): void {
    const known = find(this.#faults, code, position);
    const [detail = ""] = text.split("\n", 1);
    this.put({ code, position, detail, sinceMs: known?.sinceMs ?? this.#clock.wallMs() });
  }

  /** Raises it, or says anew what it has come to. */
  put(fault: Fault): void {
    this.#adopt(put(this.#faults, fault), () => this.#tell(fault));
  }

  clear(code: FaultCode, position: string | null): void {
    this.#adopt(clear(this.#faults, code, position), () => this.#log.info({ fault: code, position }, "fault cleared"));
  }

  #tell(fault: Fault): void {
    const { code, position, detail } = fault;
    this.#log.warn({ fault: code, position, detail, advice: adviceFor(fault) }, "fault raised");
  }

  #adopt(next: readonly Fault[], report: () => void): void {
    if (next === this.#faults) return;
    this.#faults = next;
    report();
    this.#changed();
  }
}
