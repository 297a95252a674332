import { z } from "zod";
import type { Clock } from "../../ports/clock.ts";
import type { Outcome } from "../../ports/outcome.ts";
import { confirmed, LONGEST_SAVE_MS, type OpenStore, RegisterFile } from "../parts/register-file.ts";

const STATE = z.strictObject({
  /** All seconds ever. */
  totalS: z.int().nonnegative(),
  /** Whether the relay may have been on when this was written. */
  armed: z.boolean(),
});

export type TimerState = z.infer<typeof STATE>;

const MEND_MS = 10_000;

/** The totaliser that never resets, in seconds. While it runs it is written each second: so much a power cut can cost. */
export class TimerRegister {
  readonly #file: RegisterFile<TimerState>;
  readonly #clock: Clock;
  readonly #found: TimerState;
  #saved: TimerState;
  #pending = 0;
  #pendingSinceMs: number | null = null;
  #triedMs = Number.NEGATIVE_INFINITY;
  #error: string | null = null;

  private constructor(file: RegisterFile<TimerState>, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#found = file.value;
    this.#saved = file.value;
  }

  /** Rejects with a RegisterError. */
  static async open(openStore: OpenStore, clock: Clock): Promise<TimerRegister> {
    const fresh: TimerState = { totalS: 0, armed: false };
    return new TimerRegister(await RegisterFile.open(openStore, fresh, (value) => STATE.safeParse(value).data), clock);
  }

  /** As it was when it was opened. */
  get found(): TimerState {
    return this.#found;
  }

  /** Why the register cannot be relied on now; null when all is well. */
  trouble(nowMs: number): string | null {
    const since = this.#pendingSinceMs;
    const slow = since !== null && nowMs - since >= LONGEST_SAVE_MS;
    return slow ? `writing the register takes longer than ${LONGEST_SAVE_MS} ms` : this.#error;
  }

  /** Begins a save where this is news and no other is under way; what failed is tried again now and then. */
  keep(state: TimerState, nowMs: number): void {
    if (this.#pending > 0) return;
    if (this.#error !== null && nowMs - this.#triedMs < MEND_MS) return;
    if (this.#error === null && state.totalS === this.#saved.totalS && state.armed === this.#saved.armed) return;
    void this.save(state);
  }

  /** `done` when it would outlive a power cut; never longer than a save may take. */
  async save(state: TimerState): Promise<Outcome<null>> {
    this.#triedMs = this.#clock.monotonicMs();
    this.#pending += 1;
    this.#pendingSinceMs ??= this.#triedMs;
    const saving = this.#file.save(state);
    const ended = (error: string | null): void => {
      if (error === null) this.#saved = state;
      this.#error = error;
      this.#pending -= 1;
      this.#pendingSinceMs = this.#pending > 0 ? this.#clock.monotonicMs() : null;
    };
    saving.then(
      () => ended(null),
      (error: unknown) => ended(`the register cannot be written: ${String(error)}`),
    );
    return await confirmed(saving, this.#clock);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
