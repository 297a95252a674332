import type { FaultMode } from "./faults.ts";

type Fields = Record<string, unknown>;

/** The answer as it would be if it were about something else; wherever the object holds another, that one too. */
export function falsified(mode: FaultMode, answer: object): object {
  const one = { ...answer } as Fields;
  for (const inner of ["payment_intent", "latest_charge"]) {
    const object = one[inner];
    if (typeof object === "object" && object !== null) one[inner] = falsified(mode, object);
  }
  return CHANGES[mode]?.(one) ?? one;
}

const CHANGES: Partial<Record<FaultMode, (one: Fields) => Fields>> = {
  "other-currency": (one) => ("currency" in one ? { ...one, currency: "nok" } : one),
  "other-amount": (one) => ({
    ...one,
    ...("amount_total" in one ? { amount_total: Number(one["amount_total"]) + 100 } : {}),
    ...("amount" in one ? { amount: Number(one["amount"]) + 100 } : {}),
  }),
  "other-mode": (one) => ("livemode" in one ? { ...one, livemode: one["livemode"] !== true } : one),
  "other-sale": (one) => ("metadata" in one ? { ...one, metadata: { sale: "another-sale" } } : one),
  "no-sale": (one) => ("metadata" in one ? { ...one, metadata: {} } : one),
  "odd-status": (one) => ("status" in one ? { ...one, status: "requires_tea" } : one),
};
