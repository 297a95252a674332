/** A definite no in the service's own form. Source: docs.stripe.com/api/errors, docs.stripe.com/error-codes */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly error: RefusalBody;

  constructor(status: number, message: string, more: Omit<Partial<RefusalBody>, "message"> = {}) {
    super(message);
    this.status = status;
    this.error = { type: "invalid_request_error", message, ...more };
  }
}

interface RefusalBody {
  readonly type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly payment_intent?: object;
}

export function missing(what: string, id: string): Refusal {
  const param = what === "checkout session" ? "session" : "intent";
  return new Refusal(404, `No such ${what}: '${id}'`, { code: "resource_missing", param });
}

export function tooSmall(least: string, param: string): Refusal {
  return new Refusal(400, `Amount must be at least ${least}`, { code: "amount_too_small", param });
}
