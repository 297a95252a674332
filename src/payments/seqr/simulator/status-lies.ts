const WAITING_MAX = 100;

/** Answers that getPaymentStatus is to give once instead of the truth. The rules go on as if it had told it. */
export class StatusLies {
  /** By invoice reference; `*` for whatever is asked next. */
  readonly #waiting = new Map<string, string>();

  /** False when too many are waiting already. */
  add(reference: string, status: string): boolean {
    if (this.#waiting.size >= WAITING_MAX && !this.#waiting.has(reference)) return false;
    this.#waiting.set(reference, status);
    return true;
  }

  take(reference: string): string | undefined {
    const key = this.#waiting.has(reference) ? reference : "*";
    const status = this.#waiting.get(key);
    this.#waiting.delete(key);
    return status;
  }
}
