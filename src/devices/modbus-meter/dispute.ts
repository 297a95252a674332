import { z } from "zod";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { confirmed, type OpenStore, RegisterFile } from "../parts/register-file.ts";

const LONGEST_DETAIL = 800;
const WRITE_AGAIN_MS = 1_000;

const STATE = z.strictObject({
  /** Why nobody can say what came out of the last delivery; null when nothing contradicts it. */
  dispute: z.string().max(LONGEST_DETAIL).nullable(),
});
type State = z.infer<typeof STATE>;

/**
 * What contradicts what in the last delivery. The meter itself remembers nothing of it, so it is kept in a file until
 * somebody has asked: after a restart the sale would otherwise be charged by the register that is in doubt.
 */
export class Dispute {
  readonly #file: RegisterFile<State>;
  readonly #clock: Clock;
  readonly #log: Log;
  #why: string | null;
  #isTold = false;
  #closed = false;
  #cancel: Cancel = () => {};

  private constructor(file: RegisterFile<State>, clock: Clock, log: Log) {
    this.#file = file;
    this.#why = file.value.dispute;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects with a RegisterError. */
  static async open(openStore: OpenStore, clock: Clock, log: Log): Promise<Dispute> {
    const file = await RegisterFile.open<State>(openStore, { dispute: null }, (value) => STATE.safeParse(value).data);
    return new Dispute(file, clock, log);
  }

  /** Whether there is one that nobody has been told of. */
  get isUntold(): boolean {
    return this.#why !== null && !this.#isTold;
  }

  /** The first that is found of a delivery counts. */
  raise(why: string): void {
    if (this.isUntold) return;
    this.#isTold = false;
    this.#keep(why.slice(0, LONGEST_DETAIL));
  }

  /** Told to the first who asks; who asks again has it on record. A run that died of the news asks anew. */
  ask(): string | null {
    if (this.#isTold) this.forget();
    else this.#isTold = this.#why !== null;
    return this.#why;
  }

  forget(): void {
    this.#isTold = false;
    if (this.#why !== null) this.#keep(null);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#file.close();
  }

  /** Writes it again and again while the disk refuses; nothing is sold meanwhile, for the fault stands. */
  #keep(why: string | null): void {
    this.#why = why;
    this.#cancel();
    void confirmed(this.#file.save({ dispute: why }), this.#clock).then((saved) => {
      if (saved.kind === "done" || this.#closed || this.#why !== why) return;
      this.#log.error({ dispute: why, error: saved.detail }, "a disputed delivery could not be written down");
      this.#cancel = this.#clock.after(WRITE_AGAIN_MS, () => this.#keep(why));
    });
  }
}
