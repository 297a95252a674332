import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import type { Outcome } from "../../../ports/outcome.ts";
import type { DispenserEvents } from "../dispenser-events.ts";
import { confirmed, type RegisterFile } from "../register-file.ts";
import type { VendRequest } from "./codec.ts";
import type { RegisterState } from "./register.ts";

const WRITE_AGAIN_MS = 1_000;

/** Enters approvals and their outcomes into the register, before anybody is told of them. Tells nobody once closed. */
export class Ledger {
  readonly #register: RegisterFile<RegisterState>;
  readonly #events: DispenserEvents;
  readonly #clock: Clock;
  readonly #log: Log;
  /** What the register is known to hold. */
  #state: RegisterState;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(register: RegisterFile<RegisterState>, events: DispenserEvents, clock: Clock, log: Log) {
    this.#register = register;
    this.#state = register.value;
    this.#events = events;
    this.#clock = clock;
    this.#log = log;
  }

  get totalBase(): number {
    return this.#state.totalBase;
  }

  /** What was approved and has no outcome yet. */
  get pending(): VendRequest | null {
    return this.#state.pending;
  }

  /** Not entered: it could not be written in time. Then nothing may be approved, and it must be withdrawn. */
  approve(request: VendRequest, written: (entered: boolean) => void): void {
    this.#save({ totalBase: this.totalBase, pending: request }, (saved) => written(saved.kind === "done"));
  }

  vended({ item, priceBase }: VendRequest, written: () => void): void {
    this.#log.info({ item, priceBase }, "vended");
    this.#record({ totalBase: this.totalBase + priceBase, pending: null }, written);
  }

  /** Nothing was sold. */
  withdrawn(written: () => void): void {
    this.#record({ totalBase: this.totalBase, pending: null }, written);
  }

  /** Nobody knows whether the goods came out, so no customer can be charged for them. */
  unaccounted({ item, priceBase }: VendRequest, why: string, written: () => void): void {
    const detail = `item ${item} was approved, and its result is not known: ${why}`;
    this.#log.warn({ item, priceBase }, detail);
    this.#events.tell({ type: "unaccounted", quantityBase: priceBase, detail });
    this.withdrawn(written);
  }

  unapproved(): void {
    const detail = "the machine reports a vend that nobody approved";
    this.#events.tell({ type: "unaccounted", quantityBase: null, detail });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    const isEntering = this.pending === null && this.#register.value.pending !== null;
    // The machine will never hear of an approval that is being entered.
    if (isEntering) await confirmed(this.#register.save(this.#state), this.#clock);
    await this.#register.close();
  }

  /** Writes what is certain, again and again while the disk refuses; nothing is sold meanwhile. */
  #record(next: RegisterState, written: () => void): void {
    this.#save(next, (saved) => {
      if (saved.kind === "done") {
        this.#events.clear("register");
        written();
        return;
      }
      this.#cancel = this.#clock.after(WRITE_AGAIN_MS, () => this.#record(next, written));
      this.#events.raise("register", saved.kind === "unknown" ? saved.detail : saved.reason);
    });
  }

  #save(next: RegisterState, then: (saved: Outcome<null>) => void): void {
    void confirmed(this.#register.save(next), this.#clock).then((saved) => {
      if (this.#closed) return;
      if (saved.kind === "done") this.#state = next;
      then(saved);
    });
  }
}
