import type { z } from "zod";
import type { Cancel, Clock } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { encodeFrame, type Frame } from "./frame.ts";

/** A connection to a charger as both ends see it: texts. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onText(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  /** Goes before all that waits: a stop. */
  readonly isUrgent?: boolean;
  /** Goes even before the charger has said who it is. */
  readonly isFirst?: boolean;
}

const CALL_MS = 30_000;
const MOST_WAITING = 16;
/** Of these nothing was done; any other refusal may have come after something was. */
const NEVER_DONE: readonly string[] = ["NotImplemented", "NotSupported"];

interface Waiting {
  readonly frame: Frame & { readonly kind: "call" };
  readonly timeoutMs: number;
  readonly isUrgent: boolean;
  readonly isFirst: boolean;
  settle(outcome: Outcome<unknown>): void;
}

/**
 * What this program asks a charger: one question at a time, as the standard has it, in turns. While the gate is shut all
 * wait, for a charger that has just come and takes no question before it was answered.
 */
export class Calls {
  readonly #clock: Clock;
  readonly #newId: () => string;
  #wire: Wire | null = null;
  #isOpen = false;
  #waiting: Waiting[] = [];
  #running: { readonly call: Waiting; readonly cancel: Cancel } | null = null;

  constructor(clock: Clock, newId: () => string) {
    this.#clock = clock;
    this.#newId = newId;
  }

  /** What waited and ran on the wire before has no answer. */
  use(wire: Wire | null): void {
    this.#wire = wire;
    this.#isOpen = false;
    const lost = [...(this.#running === null ? [] : [this.#running.call]), ...this.#waiting];
    this.#running?.cancel();
    this.#running = null;
    this.#waiting = [];
    for (const { settle } of lost) settle(unknown("the charger's connection ended"));
  }

  openGate(): void {
    this.#isOpen = true;
    this.#next();
  }

  /** `declined` when the charger knows no such thing; what it answers, it is the caller's to judge. */
  ask<T>(action: string, payload: object, answer: z.ZodType<T>, options: CallOptions = {}): Promise<Outcome<T>> {
    if (this.#wire === null) return Promise.resolve(unknown("the charger is not connected"));
    if (this.#waiting.length >= MOST_WAITING) return Promise.resolve(unknown("too much is being asked of the charger"));
    const { timeoutMs = CALL_MS, isUrgent = false, isFirst = false } = options;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<unknown>): void => {
        if (outcome.kind !== "done") {
          resolve(outcome);
          return;
        }
        const read = answer.safeParse(outcome.value);
        resolve(read.success ? done(read.data) : unknown(`the charger's answer to ${action} cannot be understood`));
      };
      const frame = { kind: "call", id: this.#newId(), action, payload } as const;
      const before = this.#waiting.findIndex((one) => !one.isUrgent);
      const at = isUrgent && before >= 0 ? before : this.#waiting.length;
      this.#waiting.splice(at, 0, { frame, timeoutMs, isUrgent, isFirst, settle });
      this.#next();
    });
  }

  /** An answer to something else than what runs is late, or nobody's. */
  answered(frame: Frame): void {
    const running = this.#running;
    if (running === null || frame.kind === "call" || frame.id !== running.call.frame.id) return;
    running.cancel();
    this.#running = null;
    if (frame.kind === "result") running.call.settle(done(frame.payload));
    else {
      const detail = `the charger refuses ${running.call.frame.action}: ${frame.code} ${frame.description}`.trimEnd();
      running.call.settle(NEVER_DONE.includes(frame.code) ? declined("refused", detail) : unknown(detail));
    }
    this.#next();
  }

  #next(): void {
    if (this.#running !== null || this.#wire === null) return;
    const at = this.#isOpen ? 0 : this.#waiting.findIndex(({ isFirst }) => isFirst);
    const [call] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (call === undefined) return;
    const cancel = this.#clock.after(call.timeoutMs, () => {
      this.#running = null;
      call.settle(unknown(`the charger did not answer ${call.frame.action} within ${call.timeoutMs} ms`));
      this.#next();
    });
    this.#running = { call, cancel };
    this.#wire.send(encodeFrame(call.frame));
  }
}
