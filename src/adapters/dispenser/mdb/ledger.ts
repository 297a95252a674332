import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import type { VendRequest } from "./codec.ts";
import type { RegisterState, VendRegister } from "./register.ts";
import type { Reports } from "./reports.ts";

const WRITE_AGAIN_MS = 1_000;

/** Enters approvals and their outcomes into the register, before anybody is told of them. */
export class Ledger {
  readonly #register: VendRegister;
  readonly #reports: Reports;
  readonly #clock: Clock;
  readonly #log: Log;
  #cancel: Cancel = () => {};

  constructor(register: VendRegister, reports: Reports, clock: Clock, log: Log) {
    this.#register = register;
    this.#reports = reports;
    this.#clock = clock;
    this.#log = log;
  }

  /** What was approved and has no outcome yet. */
  get pending(): VendRequest | null {
    return this.#register.state.pending;
  }

  /** False when it cannot be written: then nothing may be approved, and it must be withdrawn. */
  approve(request: VendRequest): boolean {
    const saved = this.#register.save({ totalBase: this.#register.state.totalBase, pending: request });
    return saved.kind === "done";
  }

  vended({ item, priceBase }: VendRequest, written: () => void): void {
    this.#log.info({ item, priceBase }, "vended");
    this.#record({ totalBase: this.#register.state.totalBase + priceBase, pending: null }, written);
  }

  /** Nothing was sold. */
  withdrawn(written: () => void): void {
    this.#record({ totalBase: this.#register.state.totalBase, pending: null }, written);
  }

  /** Nobody knows whether the goods came out, so no customer can be charged for them. */
  unaccounted({ item, priceBase }: VendRequest, why: string, written: () => void): void {
    const detail = `item ${item} was approved, and its result is not known: ${why}`;
    this.#log.warn({ item, priceBase }, detail);
    this.#reports.emit({ type: "unaccounted", quantityBase: priceBase, detail });
    this.withdrawn(written);
  }

  close(): void {
    this.#cancel();
    this.#register.close();
  }

  /** Writes what is certain, again and again while the disk refuses; nothing is sold meanwhile. */
  #record(next: RegisterState, written: () => void): void {
    const saved = this.#register.save(next);
    if (saved.kind === "done") {
      this.#reports.clear("register");
      written();
      return;
    }
    this.#cancel = this.#clock.after(WRITE_AGAIN_MS, () => this.#record(next, written));
    this.#reports.raise("register", saved.kind === "unknown" ? saved.detail : saved.reason);
  }
}
