import { z } from "zod";

/** The request does not reach the rules. */
const REFUSING = ["drop-request", "html", "portal", "redirect", "status"] as const;
/** The rules run; the answer is lost, late, cut, or says another thing. */
const AFTERWARDS = [
  ...(["drop-answer", "status-afterwards", "delay", "truncate", "empty"] as const),
  ...(["other-currency", "other-amount", "other-reference", "odd-sums", "odd-state"] as const),
] as const;
/** The customer confirms just before the request is carried out, or just after. */
const INSTANTS = ["confirm-before", "confirm-after", "lapse-before"] as const;

export const FAULT = z.strictObject({
  call: z.enum(["token", "create", "payment", "events", "capture", "cancel", "refund", "*"]),
  mode: z.enum([...REFUSING, ...AFTERWARDS, ...INSTANTS]),
  count: z.int().min(1).max(1_000).default(1),
  /** Of `status` and `status-afterwards`. */
  status: z.int().min(400).max(599).default(500),
  code: z.int().min(1_000).max(99_999).optional(),
  retryAfter: z.string().max(100).optional(),
  delayMs: z.int().min(0).max(600_000).default(1_000),
});

export type Fault = z.output<typeof FAULT>;

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

  /** Uses up one occurrence of the oldest fault that concerns the call. */
  take(call: string): Fault | null {
    const index = this.#waiting.findIndex((each) => each.call === call || each.call === "*");
    const fault = this.#waiting[index];
    if (fault === undefined) return null;
    if (fault.count > 1) this.#waiting[index] = { ...fault, count: fault.count - 1 };
    else this.#waiting.splice(index, 1);
    return fault;
  }
}

export function refusesRequest({ mode }: Fault): boolean {
  return REFUSING.some((each) => each === mode);
}

/** An answer about a payment that says another thing than is so. */
export function falsified(mode: Fault["mode"], text: string): string {
  switch (mode) {
    case "other-currency":
      return text.replaceAll(/"currency":"[A-Z]{3}"/g, '"currency":"GBP"');
    case "other-amount":
      return text.replace(/("amount":\{"currency":"[A-Z]{3}","value":)\d+/, "$12");
    case "other-reference":
      return text.replaceAll(/"reference":"[^"]+"/g, '"reference":"another-sale-1"');
    case "odd-sums":
      return text.replace(/("cancelledAmount":\{"currency":"[A-Z]{3}","value":)\d+/, "$164000000");
    case "odd-state":
      return text.replace(/"state":"[A-Z]+"/, '"state":"RESERVED"');
    case "truncate":
      return text.slice(0, text.length / 2);
    case "empty":
      return "";
    default:
      return text;
  }
}
