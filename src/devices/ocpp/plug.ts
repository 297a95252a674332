import type { Clock } from "../../ports/clock.ts";
import { STATUS, type StatusNotification } from "./codec.ts";

/** What electronics alone take. */
const FLOWS_W = 50;
const CHARGES: readonly string[] = [STATUS.charging, STATUS.suspendedByCar, STATUS.suspendedByCharger];
const WRONG: readonly string[] = [STATUS.faulted, STATUS.unavailable];
/** A weak signal is no reason not to sell. */
const HARMLESS: readonly string[] = ["NoError", "WeakSignal", ""];

/**
 * What a charger shows of a connector: its status and the power it told. A status is a hint: chargers skip some, and tell
 * them in any order. What a transaction comes to never follows from it.
 */
export class Plug {
  readonly #clock: Clock;
  #note: StatusNotification | null = null;
  /** Of the station as a whole. */
  #station: StatusNotification | null = null;
  #notedMs = Number.NEGATIVE_INFINITY;
  #powerW: number | null = null;
  #powerMs = Number.NEGATIVE_INFINITY;
  #endedMs = Number.NEGATIVE_INFINITY;
  #lastTransaction: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A charger that has come again tells how it stands now. */
  linked(): void {
    this.#note = null;
    this.#station = null;
  }

  rebooted(): void {
    this.linked();
    this.#powerW = null;
  }

  told(note: StatusNotification): void {
    if (note.connectorId === 0) {
      this.#station = note;
      return;
    }
    this.#note = note;
    this.#notedMs = this.#clock.monotonicMs();
  }

  flowed(powerW: number | null): void {
    if (powerW === null) return;
    this.#powerW = powerW;
    this.#powerMs = this.#clock.monotonicMs();
  }

  /** A transaction is over: what was told before says nothing any more of what flows. */
  ended(transactionId: number | null): void {
    this.#endedMs = this.#clock.monotonicMs();
    this.#powerW = null;
    this.#lastTransaction = transactionId ?? this.#lastTransaction;
    if (this.#note !== null && CHARGES.includes(this.#note.status)) {
      this.#note = { ...this.#note, status: STATUS.finishing };
    }
  }

  get isKnown(): boolean {
    return this.#note !== null;
  }

  /** A car is there, and nothing of the one before is left. */
  get isPlugged(): boolean {
    return this.#note?.status === STATUS.preparing;
  }

  get lastTransaction(): number | null {
    return this.#lastTransaction;
  }

  /** By its power since the last transaction, or by a status of since then. */
  get flows(): boolean {
    const isNews = this.#powerMs > this.#endedMs && this.#powerMs > this.#notedMs;
    if (isNews && this.#powerW !== null && this.#powerW >= FLOWS_W) return true;
    return this.#note !== null && this.#note.status === STATUS.charging && this.#powerW === null;
  }

  /** How long ago it told its power; null where it did not since the last transaction. */
  get silentMs(): number | null {
    return this.#powerW === null ? null : this.#clock.monotonicMs() - this.#powerMs;
  }

  /** It says that nothing charges, and no power told since then says otherwise. */
  get isCalm(): boolean {
    if (this.#note === null || CHARGES.includes(this.#note.status)) return false;
    return this.#powerW === null || this.#powerW < FLOWS_W || this.#powerMs <= this.#notedMs;
  }

  /** Why nothing may be sold here. */
  get wrong(): StatusNotification | null {
    const notes = [this.#station, this.#note];
    return notes.find((note) => note !== null && isWrong(note)) ?? null;
  }
}

function isWrong({ status, errorCode }: StatusNotification): boolean {
  return WRONG.includes(status) || !HARMLESS.includes(errorCode);
}
