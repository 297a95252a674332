import type { z } from "zod";
import { isoTime } from "../../../core/time.ts";
import { type EVENT_NAMES, LEAST_MINOR, OFFER_MS, type PaymentState } from "../wire.ts";
import { APPROVE, CANCEL, CREATE, type Create, IDEMPOTENCY_KEY, MODIFY } from "./requests.ts";

export interface SalesUnit {
  readonly merchantSerialNumber: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
  readonly currency: string;
}

/** What may be changed while it runs. */
export interface Switches {
  /** False where the sales unit takes whole amounts only. */
  partialCapture: boolean;
  /** How long what a customer confirmed is held. */
  holdMs: number;
  /** By how much the service's clock is ahead in the Date of its answers. */
  clockAheadMs: number;
  /** The schema has modifications answered under this name; nobody may depend on it. */
  changesAreProblemJson: boolean;
}

export interface SimulatedPayment {
  readonly reference: string;
  /** In the code that the customer scans. */
  readonly token: string;
  readonly redirectUrl: string;
  readonly pspReference: string;
  readonly currency: string;
  readonly askedMinor: number;
  readonly description: string;
  readonly createdMs: number;
  state: PaymentState;
  authorisedAtMs: number | null;
  authorisedMinor: number;
  cancelledMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  hasLapsed: boolean;
  readonly events: Event[];
}

interface Event {
  readonly name: (typeof EVENT_NAMES)[number];
  readonly pspReference: string;
  readonly valueMinor: number;
  readonly atMs: number;
  readonly success: boolean;
  readonly key: string | null;
}

export type Call = "create" | "payment" | "events" | "capture" | "cancel" | "refund" | "approve";

export interface Request {
  readonly call: Call;
  /** Of the address; that of a create is in its body. */
  readonly reference: string;
  readonly key: string | null;
  /** As it came. */
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: object | null;
}

interface Stored {
  readonly call: Call;
  readonly reference: string;
  readonly body: string;
  readonly answer: Answer;
}

const WINDOW_MS = 60_000;
const PER_MINUTE = { asks: 120, changes: 5 };
const PAYMENTS_MAX = 10_000;
const REFUND_MS = 365 * 86_400_000;
const GUARANTEE_MS = 7 * 86_400_000;

/** The rules of the service for one sales unit: payments, their sums, and which request was answered before. */
export class VippsService {
  readonly unit: SalesUnit;
  readonly switches: Switches;
  readonly #now: () => number;
  readonly #payments = new Map<string, SimulatedPayment>();
  readonly #answered = new Map<string, Stored>();
  readonly #asked = new Map<string, number[]>();
  #lastNumber = 0;
  /** Where a code leads. */
  codeBase = "https://phone.invalid/phone";

  constructor(unit: SalesUnit, switches: Switches, now: () => number) {
    this.unit = unit;
    this.switches = switches;
    this.#now = now;
  }

  payments(): readonly SimulatedPayment[] {
    for (const payment of this.#payments.values()) this.#advance(payment);
    return [...this.#payments.values()];
  }

  find(reference: string): SimulatedPayment | undefined {
    return this.payments().find((each) => each.reference === reference || each.token === reference);
  }

  /** From now on no key is known: a repetition is a new request. */
  forgetKeys(): void {
    this.#answered.clear();
  }

  /** The customer's finger. */
  choose(choice: "confirm" | "decline", reference: string): "done" | "unknown" | "not-open" {
    const payment = this.find(reference);
    if (payment === undefined) return "unknown";
    if (payment.state !== "CREATED") return "not-open";
    if (choice === "decline") this.#become(payment, "ABORTED", "ABORTED");
    else this.#authorise(payment, null);
    return "done";
  }

  /** The time limit of a hold is over. */
  lapse(reference: string): void {
    const payment = this.find(reference);
    if (payment !== undefined) this.#lapse(payment);
  }

  answer(request: Request): Answer {
    const { call, key, body } = request;
    const isAsk = call === "payment" || call === "events";
    const reference = call === "create" ? referenceIn(body) : request.reference;
    if (this.#isTooOften(`${isAsk ? "ask" : call} ${reference}`, isAsk ? PER_MINUTE.asks : PER_MINUTE.changes)) {
      return no(429, null, "Too many requests");
    }
    if (isAsk) return this.#asks(call, reference);
    if (call === "approve") return this.#approve(reference, body);
    if (key === null && call === "cancel") return this.#change(request, reference);
    if (!IDEMPOTENCY_KEY.safeParse(key).success) return invalid("Idempotency-Key");
    const before = this.#answered.get(key ?? "");
    if (before !== undefined) {
      if (before.call === call && before.reference === reference && before.body === body) return before.answer;
      return no(409, call === "capture" ? 4010 : 4020, "The key was used for another request");
    }
    const answer = call === "create" ? this.#create(body) : this.#change(request, reference);
    this.#answered.set(key ?? "", { call, reference, body, answer });
    return answer;
  }

  #isTooOften(name: string, most: number): boolean {
    const nowMs = this.#now();
    const recent = (this.#asked.get(name) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (recent.length < most) recent.push(nowMs);
    else return true;
    this.#asked.set(name, recent);
    return false;
  }

  #create(text: string): Answer {
    const body = read(CREATE, text);
    if (typeof body === "string") return invalid(body);
    const { currency, value } = body.amount;
    if (currency !== this.unit.currency) return no(400, 5040, "The sales unit has another currency");
    if (value < (LEAST_MINOR[currency] ?? 1)) return no(400, 6010, "The amount is too small");
    if (this.#payments.has(body.reference)) return no(409, 4150, "There is a payment with this reference");
    if (this.#payments.size >= PAYMENTS_MAX) return no(500, null, "Full");
    const payment = this.#made(body);
    this.#payments.set(body.reference, payment);
    this.#note(payment, "CREATED", value, true, null);
    return { status: 201, body: { redirectUrl: payment.redirectUrl, reference: payment.reference } };
  }

  #made({ amount, reference, paymentDescription }: Create): SimulatedPayment {
    const token = `p${this.#number()}`;
    return {
      ...{ reference, token, redirectUrl: `${this.codeBase}?pay=${token}`, pspReference: this.#number() },
      ...{ currency: amount.currency, askedMinor: amount.value, description: paymentDescription ?? "" },
      ...{ createdMs: this.#now(), state: "CREATED", authorisedAtMs: null },
      ...{ authorisedMinor: 0, cancelledMinor: 0, capturedMinor: 0, refundedMinor: 0, hasLapsed: false, events: [] },
    };
  }

  #asks(call: "payment" | "events", reference: string): Answer {
    const payment = this.#payments.get(reference);
    if (payment === undefined) return no(404, 5090, "There is no such payment");
    this.#advance(payment);
    return {
      status: 200,
      body: call === "payment" ? paymentBody(payment) : payment.events.map((each) => eventBody(payment, each)),
    };
  }

  #approve(reference: string, text: string): Answer {
    const body = read(APPROVE, text);
    if (typeof body === "string") return invalid(body);
    const outcome = this.choose("confirm", reference);
    if (outcome === "unknown") return no(404, 5090, "There is no such payment");
    return outcome === "done" ? { status: 200, body: null } : no(400, 10_010, "The payment is not open");
  }

  #change({ call, key, body: text }: Request, reference: string): Answer {
    const payment = this.#payments.get(reference);
    if (payment === undefined) return no(404, 5090, "There is no such payment");
    this.#advance(payment);
    if (call === "cancel") return this.#cancel(payment, text, key);
    const body = read(MODIFY, text);
    if (typeof body === "string") return invalid(body);
    const { currency, value } = body.modificationAmount;
    const code =
      call === "capture"
        ? this.#captureRefused(payment, currency, value)
        : this.#refundRefused(payment, currency, value);
    const name = call === "capture" ? "CAPTURED" : "REFUNDED";
    this.#note(payment, name, value, code === null, key);
    if (code !== null) return no(400, code, "The amount cannot be moved");
    if (call === "capture") payment.capturedMinor += value;
    else payment.refundedMinor += value;
    return { status: 200, body: changeBody(payment) };
  }

  #captureRefused(payment: SimulatedPayment, currency: string, valueMinor: number): number | null {
    const restMinor = payment.authorisedMinor - payment.cancelledMinor - payment.capturedMinor;
    if (currency !== payment.currency) return 5040;
    if (payment.state !== "AUTHORIZED") return 6080;
    if (payment.hasLapsed) return 6100;
    if (valueMinor < (LEAST_MINOR[currency] ?? 1)) return 6010;
    if (restMinor === 0) return 6070;
    if (valueMinor > restMinor) return 6090;
    return !this.switches.partialCapture && valueMinor !== payment.askedMinor ? 6140 : null;
  }

  #refundRefused(payment: SimulatedPayment, currency: string, valueMinor: number): number | null {
    if (currency !== payment.currency) return 5040;
    if (payment.capturedMinor === 0) return 6170;
    if (this.#now() - payment.createdMs > REFUND_MS) return 6220;
    if (valueMinor === 0) return 6010;
    return valueMinor > payment.capturedMinor - payment.refundedMinor ? 6150 : null;
  }

  #cancel(payment: SimulatedPayment, text: string, key: string | null): Answer {
    const body = read(CANCEL, text);
    if (typeof body === "string") return invalid(body);
    if (payment.state === "CREATED") {
      payment.cancelledMinor = payment.askedMinor;
      this.#become(payment, "TERMINATED", "TERMINATED", key);
      return { status: 200, body: changeBody(payment) };
    }
    const restMinor = payment.authorisedMinor - payment.cancelledMinor - payment.capturedMinor;
    const isApproved = payment.state === "AUTHORIZED";
    if (isApproved && body.cancelTransactionOnly === true) return no(400, 6060, "The payment is approved");
    if (restMinor === 0) return no(400, isApproved && payment.capturedMinor > 0 ? 6190 : 6050, "Nothing to cancel");
    payment.cancelledMinor += restMinor;
    this.#note(payment, "CANCELLED", restMinor, true, key);
    return { status: 200, body: changeBody(payment) };
  }

  #advance(payment: SimulatedPayment): void {
    const nowMs = this.#now();
    if (payment.state === "CREATED" && nowMs - payment.createdMs >= OFFER_MS)
      this.#become(payment, "EXPIRED", "EXPIRED");
    if (payment.authorisedAtMs !== null && nowMs - payment.authorisedAtMs >= this.switches.holdMs) this.#lapse(payment);
  }

  #lapse(payment: SimulatedPayment): void {
    const restMinor = payment.authorisedMinor - payment.cancelledMinor - payment.capturedMinor;
    if (payment.hasLapsed || restMinor === 0) return;
    payment.hasLapsed = true;
    payment.cancelledMinor += restMinor;
    this.#note(payment, "CANCELLED", restMinor, true, null);
  }

  #authorise(payment: SimulatedPayment, key: string | null): void {
    payment.authorisedMinor = payment.askedMinor;
    payment.authorisedAtMs = this.#now();
    this.#become(payment, "AUTHORIZED", "AUTHORIZED", key);
  }

  #become(payment: SimulatedPayment, state: PaymentState, name: Event["name"], key: string | null = null): void {
    payment.state = state;
    this.#note(payment, name, payment.askedMinor, true, key);
  }

  #note(
    payment: SimulatedPayment,
    name: Event["name"],
    valueMinor: number,
    success: boolean,
    key: string | null,
  ): void {
    payment.events.push({ name, pspReference: this.#number(), valueMinor, atMs: this.#now(), success, key });
  }

  #number(): string {
    this.#lastNumber += 1;
    return String(3_343_000_000 + this.#lastNumber);
  }
}

/** A refusal as RFC 7807 has it, with the service's code where there is one. */
export function no(status: number, code: number | null, title: string, extraDetails: object[] = []): Answer {
  const details = code === null ? extraDetails : [{ name: "ErrorCode", reason: String(code) }];
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  return {
    status,
    body: {
      ...{ type: `https://developer.vippsmobilepay.com/errors/${status}`, title, status, detail: title },
      ...{ instance: "/epayment/v1/payments", traceId: trace },
      ...(details.length === 0 ? {} : { extraDetails: details }),
    },
  };
}

/** A field that is wrong bears its own name, and there is no code. */
function invalid(field: string): Answer {
  return no(400, null, "Bad Request", [{ name: field, reason: "is not valid" }]);
}

/** The body, or the name of the field that is wrong in it. */
function read<T>(schema: z.ZodType<T>, text: string): T | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "body";
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const named = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  return named === undefined || named === "" ? "body" : named;
}

function referenceIn(text: string): string {
  return /"reference":"([^"]{1,64})"/.exec(text)?.[1] ?? "";
}

function changeBody(payment: SimulatedPayment): object {
  const { state, reference, pspReference, currency } = payment;
  const sum = (value: number) => ({ currency, value });
  return {
    ...{ amount: sum(payment.askedMinor), state, reference, pspReference },
    aggregate: {
      authorizedAmount: sum(payment.authorisedMinor),
      cancelledAmount: sum(payment.cancelledMinor),
      capturedAmount: sum(payment.capturedMinor),
      refundedAmount: sum(payment.refundedMinor),
    },
  };
}

function paymentBody(payment: SimulatedPayment): object {
  const { authorisedAtMs, state, redirectUrl } = payment;
  const guaranteed = authorisedAtMs === null ? {} : { captureGuaranteedUntil: isoTime(authorisedAtMs + GUARANTEE_MS) };
  const paymentMethod = { type: "WALLET", ...(state === "AUTHORIZED" ? { cardBin: "540185" } : {}) };
  return { ...changeBody(payment), paymentMethod, profile: {}, redirectUrl, ...guaranteed };
}

function eventBody(
  { reference, currency }: SimulatedPayment,
  { name, pspReference, valueMinor, atMs, success, key }: Event,
): object {
  return {
    ...{ reference, pspReference, name, success, timestamp: isoTime(atMs) },
    ...{ amount: { currency, value: valueMinor }, idempotencyKey: key },
  };
}
