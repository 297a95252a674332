import type { Cancel, Clock } from "../../ports/clock.ts";
import type { MdbAdapter } from "./adapter.ts";

/** Controllers refuse a session for some seconds after they enabled the reader. */
const START_TRIES = 12;
const STOP_TRIES = 5;

/** A session in which the customer, having paid, may choose. */
export class VendSession {
  readonly #adapter: MdbAdapter;
  readonly #clock: Clock;
  readonly #answerTimeoutMs: number;
  /** One was opened and its end not seen. */
  #isOpen = false;
  #tries = 0;
  #cancel: Cancel = () => {};

  constructor(adapter: MdbAdapter, clock: Clock, answerTimeoutMs: number) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Asks for a session until `opened`, or until it has been refused too often. The adapter is then configured anew:
   * what it was told before may have come to it changed.
   */
  open(fundsBase: number, failed: () => void, tries = 1): void {
    this.#cancel();
    this.#tries = tries;
    if (tries > START_TRIES) {
      this.#isOpen = false;
      if (this.#adapter.ready) this.#adapter.configure();
      failed();
      return;
    }
    this.#cancel = this.#clock.after(this.#answerTimeoutMs, () => this.open(fundsBase, failed, tries + 1));
    if (!this.#adapter.ready) return;
    this.#isOpen = true;
    this.#adapter.send({ type: "start", fundsBase });
  }

  /** Too early; or an earlier try opened one without our hearing of it: that one is ended, so that the next try can. */
  refused(): void {
    if (this.#tries > 1) this.#adapter.send({ type: "stop" });
  }

  opened(): void {
    this.#cancel();
    this.#isOpen = true;
  }

  /**
   * Ends the session, if there is one, until `ended`. Without an approval nothing can come out of a session, so one
   * that does not end is ended together with the reader.
   */
  close(over: () => void, tries = 1): void {
    this.#cancel();
    if (this.#isOpen && tries <= STOP_TRIES) {
      this.#cancel = this.#clock.after(this.#answerTimeoutMs, () => this.close(over, tries + 1));
      this.#adapter.send({ type: "stop" });
      return;
    }
    if (this.#isOpen) this.#adapter.configure();
    this.#isOpen = false;
    over();
  }

  /** A session is not open, or no longer. Asking for one goes on. */
  ended(): void {
    this.#isOpen = false;
  }

  forget(): void {
    this.#cancel();
    this.#isOpen = false;
  }
}
