/**
 * A fault is a condition of a device or service, raised and later cleared by its owner.
 * A blocking fault forbids new offers and hides any code on display (money rule 6).
 */
const CATALOGUE = {
  "payment-unreachable": {
    owner: "payment",
    blocking: true,
    advice: "The payment service does not answer: check network and endpoint.",
  },
  "payment-rejected": {
    owner: "payment",
    blocking: true,
    advice: "The payment service refuses this terminal: check its id and password.",
  },
  "offer-unclear": {
    owner: "payment",
    blocking: false,
    advice:
      "The payment service makes offers whose end makes no sense, and none of them is shown: compare its clock with the kiosk's (`kioskd clock`), then ask whoever made its adapter.",
  },
  "dispenser-fault": {
    owner: "dispenser",
    blocking: true,
    advice: "The dispenser or its meter reports a fault: check the device.",
  },
  "dispenser-warning": {
    owner: "dispenser",
    blocking: false,
    advice: "The dispenser sells, but something about it should be mended: the detail says what and how.",
  },
  "dispenser-unreachable": {
    owner: "dispenser",
    blocking: true,
    advice: "The dispenser does not answer or does not take orders: check power, wiring and port.",
  },
  "journal-unwritable": {
    owner: "journal",
    blocking: true,
    advice:
      "The journal cannot be written, is gone, or is not as it was: the detail says which. Check disk and mount; `kioskd journal verify` looks at all of it.",
  },
  "clock-implausible": {
    owner: "clock",
    blocking: true,
    advice: "The clock is wrong: wait for time synchronisation, set it, or take it as it is: `kioskd clock accept`.",
  },
  "display-silent": {
    owner: "display",
    blocking: true,
    advice: "Nobody can read the display: check the screen, its browser and the cable, or set display.required.",
  },
  "signal-failed": {
    owner: "display",
    blocking: false,
    advice:
      "A lamp or a beeper does not take orders: check its line, then start the daemon anew; the detail says which. Sales go on without it.",
  },
  "operator-block": { owner: "operator", blocking: true, advice: "An operator has taken the position out of service." },
  "update-waits": {
    owner: "operator",
    blocking: true,
    advice: "An update waits until no sale is open: nothing to do, it is over within minutes whatever becomes of it.",
  },
  "broker-unreachable": {
    owner: "telemetry",
    blocking: false,
    advice: "There is no connection to the broker; the detail says why. Sales go on, records wait in the outbox.",
  },
  "broker-refuses": {
    owner: "telemetry",
    blocking: false,
    advice: "The broker does not let the kiosk write or read a topic; the detail says which, why, and what to do.",
  },
  "receiver-silent": {
    owner: "telemetry",
    blocking: false,
    advice: "Nobody takes or acknowledges records: check their receiver; the detail says where, and whether they wait.",
  },
  "needs-attention": {
    owner: "sales",
    blocking: false,
    advice:
      "A sale needs a person: `kioskd sales show SALE`, the payment at the service, then `kioskd faults acknowledge`.",
  },
  "books-differ": {
    owner: "books",
    blocking: false,
    advice: "Journal and payment service do not agree: `kioskd reconcile --show`, then `kioskd reconcile --settle`.",
  },
  "reconciliation-failed": {
    owner: "books",
    blocking: false,
    advice:
      "The payment service gave no report: check the credentials of the account that reads its books, then `kioskd reconcile`.",
  },
  "receipts-wait": {
    owner: "books",
    blocking: false,
    advice: "The payment service does not take receipts: check the terminal's id and password, and the log.",
  },
  "rest-still-held": {
    owner: "books",
    blocking: false,
    advice:
      "A sale is paid, but the service still holds the rest of its reservation: free it there, then `kioskd faults acknowledge`.",
  },
  unaccounted: {
    owner: "dispenser",
    blocking: false,
    advice:
      "Something was dispensed that no sale pays for: check valve, contactor or vending mechanism, then `kioskd faults acknowledge`.",
  },
  overrun: {
    owner: "dispenser",
    blocking: false,
    advice: "More was dispensed than was reserved: check the dispenser's limit, then `kioskd faults acknowledge`.",
  },
  "refund-returned": {
    owner: "books",
    blocking: false,
    advice:
      "The customer's bank sent a refund back: give the money back in another way, or with `kioskd refund SALE` once more, then `kioskd faults acknowledge`.",
  },
  "refund-unclear": {
    owner: "books",
    blocking: false,
    advice: "A refund has no clear answer: look it up at the payment service, then `kioskd refund SALE --settle`.",
  },
} as const;

export type FaultCode = keyof typeof CATALOGUE;

export const FAULT_CODES = Object.keys(CATALOGUE) as readonly FaultCode[];

export function isFaultCode(name: string): name is FaultCode {
  return Object.hasOwn(CATALOGUE, name);
}

export type Severity = "blocking" | "warning";

export interface Fault {
  readonly code: FaultCode;
  /** Null when it concerns the whole kiosk. */
  readonly position: string | null;
  readonly sinceMs: number;
  readonly detail: string;
  /** What an operator can do about its cause, where its owner knows that; else what stands in the catalogue counts. */
  readonly advice?: string;
}

/** What stays until a person has looked at it, across restarts; all others are conditions that their owners clear. */
export const PERSON_CODES = [
  "needs-attention",
  "overrun",
  "unaccounted",
  "refund-unclear",
  "refund-returned",
  "rest-still-held",
  "books-differ",
] as const satisfies readonly FaultCode[];

export type PersonCode = (typeof PERSON_CODES)[number];

/** At most one fault of a code at a place; a second raise keeps the first one's time, and says another cause anew. */
export function raise(faults: readonly Fault[], fault: Fault): readonly Fault[] {
  const known = find(faults, fault.code, fault.position);
  if (known === undefined) return [...faults, fault];
  if (known.advice === fault.advice) return faults;
  return faults.map((each) => (each === known ? { ...fault, sinceMs: known.sinceMs } : each));
}

/** The same, but the newer one counts: for what is a sum that changes. */
export function put(faults: readonly Fault[], fault: Fault): readonly Fault[] {
  const known = find(faults, fault.code, fault.position);
  if (known === undefined) return [...faults, fault];
  if (known.detail === fault.detail && known.sinceMs === fault.sinceMs) return faults;
  return faults.map((each) => (each === known ? fault : each));
}

export function clear(faults: readonly Fault[], code: FaultCode, position: string | null): readonly Fault[] {
  const left = faults.filter((fault) => fault.code !== code || fault.position !== position);
  return left.length === faults.length ? faults : left;
}

export function find(faults: readonly Fault[], code: FaultCode, position: string | null): Fault | undefined {
  return faults.find((fault) => fault.code === code && fault.position === position);
}

/** The faults that concern a position: its own and the kiosk's. */
export function faultsAt(faults: readonly Fault[], position: string): readonly Fault[] {
  return faults.filter((fault) => fault.position === null || fault.position === position);
}

export function blocks(fault: Fault): boolean {
  return CATALOGUE[fault.code].blocking;
}

export function severity(code: FaultCode): Severity {
  return CATALOGUE[code].blocking ? "blocking" : "warning";
}

/** The part of the kiosk that raises and clears it. */
export type FaultOwner = (typeof CATALOGUE)[FaultCode]["owner"];

export function owner(code: FaultCode): FaultOwner {
  return CATALOGUE[code].owner;
}

/** What an operator can do about it, whatever its cause. */
export function advice(code: FaultCode): string {
  return CATALOGUE[code].advice;
}

/** What an operator can do about it. */
export function adviceFor(fault: Pick<Fault, "code" | "advice">): string {
  return fault.advice ?? advice(fault.code);
}
