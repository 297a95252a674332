import { z } from "zod";

/** The calls, by the names by which a fault picks one. */
const CALLS = [
  "create",
  "retrieve",
  "list",
  "expire",
  "intent",
  "pay-intent",
  "capture",
  "cancel",
  "refund",
  "refunds",
] as const;
export type Call = (typeof CALLS)[number];

/** The request does not reach the rules. */
const ON_THE_WAY = ["lost-before", "html", "portal", "redirect"] as const;
/** Refused in the service's own words. `error-kept`: the refusal is the answer to its key for good. */
const REFUSING = ["rate-limit", "lock-timeout", "key-in-use", "error", "error-kept"] as const;
/** What happens in the instant before the rules see it: the customer pays, the hold lapses, the session's time is over. */
const MEANWHILE = ["pays", "lapses", "ends"] as const;
/** The rules have run. `error-after`: the service says that it failed, and keeps saying so under the key. */
const AFTERWARDS = ["lost-after", "late", "cut", "huge", "error-after"] as const;
/** The answer is about something else. */
const LYING = ["other-currency", "other-amount", "other-mode", "other-sale", "no-sale", "odd-status"] as const;

export const FAULT = z.strictObject({
  call: z.enum([...CALLS, "*"]),
  mode: z.enum([...ON_THE_WAY, ...REFUSING, ...MEANWHILE, ...AFTERWARDS, ...LYING]),
  count: z.int().min(1).max(1000).default(1),
  lateMs: z.int().min(0).max(600_000).default(1000),
  /** Of `error` and its like. */
  status: z.int().min(400).max(599).default(500),
  retryAfter: z.string().max(100).optional(),
});

export type Fault = z.output<typeof FAULT>;
export type FaultMode = Fault["mode"];

export function isOnTheWay(mode: FaultMode): boolean {
  return ON_THE_WAY.some((each) => each === mode);
}

export function isLie(mode: FaultMode): mode is (typeof LYING)[number] {
  return LYING.some((each) => each === mode);
}

const WAITING_MAX = 100;

export class Faults {
  #waiting: Fault[] = [];

  /** False when too many are waiting already. */
  add(fault: z.input<typeof FAULT>): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(FAULT.parse(fault));
    return true;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Uses up one occurrence of the oldest fault that concerns the call. */
  take(called: Call): Fault | null {
    const index = this.#waiting.findIndex(({ call }) => call === called || call === "*");
    const fault = this.#waiting[index];
    if (fault === undefined) return null;
    if (fault.count > 1) this.#waiting[index] = { ...fault, count: fault.count - 1 };
    else this.#waiting.splice(index, 1);
    return fault;
  }
}
