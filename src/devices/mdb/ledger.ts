import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";
import { confirmed, type RegisterFile } from "../parts/register-file.ts";
import type { VendRequest } from "./codec.ts";
import { FAULTS } from "./faults.ts";
import type { RegisterState } from "./vended-register.ts";

const WRITE_AGAIN_MS = 1_000;
const LONGEST_DETAIL = 400;

/** Enters approvals and their outcomes into the register, before anybody is told of them. Tells nobody once closed. */
export class Ledger {
  readonly #register: RegisterFile<RegisterState>;
  readonly #events: DispenserEvents;
  readonly #clock: Clock;
  readonly #log: Log;
  /** What the register is known to hold. */
  #state: RegisterState;
  /** Whether somebody has asked for the total, and was told of the vend that nobody knows the result of. */
  #isToldUnknown = false;
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

  /** What was approved, and the machine may still say what became of it. */
  get pending(): VendRequest | null {
    return this.#state.unknown === undefined ? this.#state.pending : null;
  }

  /**
   * What nobody knows the result of, told to whoever asks first: whoever asks again has it on record. A run that died of
   * the news asks anew. Null when all is known.
   */
  askUnknown(): string | null {
    const { unknown = null } = this.#state;
    if (this.#isToldUnknown) this.forgetUnknown();
    else this.#isToldUnknown = unknown !== null;
    return this.#isToldUnknown ? unknown : null;
  }

  /** Not written again when the disk refuses: then the next entry takes it away. */
  forgetUnknown(): void {
    const { unknown, totalBase } = this.#state;
    this.#isToldUnknown = false;
    if (unknown === undefined) return;
    this.#state = { totalBase, pending: null };
    this.#save(this.#state, () => {});
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

  /** Nobody knows whether the goods came out: a person has to find out, and until then nothing is charged or given back. */
  unresolved(request: VendRequest, why: string, written: () => void): void {
    const { item, priceBase } = request;
    const unknown = `item ${item} was approved, and its result is not known: ${why}`.slice(0, LONGEST_DETAIL);
    this.#log.warn({ item, priceBase }, unknown);
    this.#isToldUnknown = false;
    this.#record({ totalBase: this.totalBase, pending: request, unknown }, written);
  }

  unapproved(): void {
    const detail = "the machine reports a vend that nobody approved: check it for goods that came out by themselves";
    this.#events.tell({ type: "unaccounted", quantityBase: null, detail });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    const isEntering = this.#state.pending === null && this.#register.value.pending !== null;
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
      this.#events.raise("register", FAULTS.register(saved.kind === "unknown" ? saved.detail : saved.reason));
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
