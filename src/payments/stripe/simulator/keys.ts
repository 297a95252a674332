import { Refusal } from "./refusal.ts";

export interface Answer {
  readonly status: number;
  readonly body: object;
}

interface Kept {
  readonly asked: string;
  readonly atS: number;
  /** Null while the first call with the key is being worked on. */
  answer: Answer | null;
}

const LIFE_S = 24 * 3600;
const KEPT_MOST = 50_000;
const KEY_MOST_CHARS = 255;

/**
 * The answers to calls that bore a key, an error's too. Source: docs.stripe.com/api/idempotent_requests. What is refused
 * before work has begun is not kept, so its key may be used again.
 */
export class Keys {
  readonly #kept = new Map<string, Kept>();

  forgetAll(): void {
    this.#kept.clear();
  }

  /**
   * The answer that was given before; null when the call is the first, which from now on is being worked on.
   * @param asked method, path and parameters
   * @throws Refusal for other parameters, and while the first call is being worked on
   */
  begin(key: string, asked: string, nowS: number): Answer | null {
    if (key.length > KEY_MOST_CHARS) throw new Refusal(400, "Idempotency keys must be at most 255 characters.");
    const kept = this.#kept.get(key);
    if (kept === undefined || nowS - kept.atS >= LIFE_S) {
      this.#kept.delete(key);
      this.#kept.set(key, { asked, atS: nowS, answer: null });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > KEPT_MOST && oldest !== undefined) this.#kept.delete(oldest);
      return null;
    }
    if (kept.asked !== asked) {
      const message =
        "Keys for idempotent requests can only be used with the same parameters they were first used with.";
      throw new Refusal(400, message, { type: "idempotency_error" });
    }
    if (kept.answer === null) throw inUse();
    return kept.answer;
  }

  end(key: string, answer: Answer): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.answer = answer;
  }
}

export function inUse(): Refusal {
  const message = "There is currently another in-progress request using this Idempotent Key.";
  return new Refusal(409, message, { code: "idempotency_key_in_use" });
}
