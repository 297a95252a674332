import { z } from "zod";
import { WAY_NAMES } from "./dressing.ts";

/** The request does not reach the rules. */
const REFUSING = ["drop-request", "soap-fault", "html", "portal", "redirect", "busy"] as const;
const AFTERWARDS = ["drop-response", "delay", "truncate", "result-code"] as const;

/**
 * Mishaps on demand. The request is lost or refused before the rules see it, or the rules run and the answer is lost,
 * late, cut or another (`result-code`: the rules do not run), or comes in another way than usual.
 */
export const FAULT = z.strictObject({
  /** An operation's name, or `*` for any. */
  op: z.string().min(1),
  mode: z.enum([...REFUSING, ...AFTERWARDS, ...WAY_NAMES]),
  count: z.number().int().min(1).max(1000).default(1),
  resultCode: z.number().int().min(0).max(999).default(90),
  delayMs: z.number().int().min(0).max(600_000).default(1000),
  /** Of `busy`. */
  status: z.union([z.literal(429), z.literal(503)]).default(503),
  retryAfter: z.string().max(100).optional(),
});

export type Fault = z.output<typeof FAULT>;

export function refusesRequest({ mode }: Fault): boolean {
  return REFUSING.some((each) => each === mode);
}

const WAITING_MAX = 100;

export class Faults {
  #waiting: Fault[] = [];

  /** False when too many are waiting already. */
  add(fault: Fault): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(fault);
    return true;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Uses up one occurrence of the oldest fault that concerns the operation. */
  take(operation: string): Fault | null {
    const index = this.#waiting.findIndex(({ op }) => op === operation || op === "*");
    const fault = this.#waiting[index];
    if (fault === undefined) return null;
    if (fault.count > 1) this.#waiting[index] = { ...fault, count: fault.count - 1 };
    else this.#waiting.splice(index, 1);
    return fault;
  }
}
