import { judge, type Truth } from "../../src/core/sale/resolve.ts";
import type { Sale } from "../../src/core/sale/state.ts";
import type { Outcome } from "../../src/ports/outcome.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";
import { CONTRACT_DELIVERY } from "../contract/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../support/sale-fixtures.ts";

export type Aim = "commit" | "release";
export type Ending = "paid" | "released" | "declined";

export const OFFERS_MAX = 3;
const STEPS_MAX = 10;

/**
 * As the engine: an offer without an answer is repeated, and at last taken back without knowing its reference; so it is
 * when a repetition is declined, which says nothing about the first one.
 */
export async function offered(provider: PaymentProvider, sale: Sale): Promise<string | "declined" | null> {
  for (let offer = 0; offer < OFFERS_MAX; offer++) {
    const outcome = await provider.offer(sale, ALWAYS, OFFER);
    if (outcome.kind === "done") return outcome.value.reference;
    if (outcome.kind === "declined") return offer === 0 ? "declined" : null;
  }
  return null;
}

/** As the engine: after an unknown the state is asked for first; the same call is repeated only if that says so. */
export async function resolved(
  provider: PaymentProvider,
  sale: Sale,
  reference: string | null,
  aim: Aim,
): Promise<Ending | "open"> {
  let queryFirst = false;
  for (let step = 0; step < STEPS_MAX; step++) {
    const asked: string | null = queryFirst ? reference : null;
    const outcome = await (asked === null ? acted(provider, sale, reference, aim) : provider.query(sale, asked));
    queryFirst = true;
    if (outcome.kind === "declined" && outcome.reason === "refused") return "declined";
    if (outcome.kind !== "done") continue;
    const verdict = judge(aim, outcome.value);
    if (verdict === "captured") return "paid";
    if (verdict === "released") return "released";
    queryFirst = !(asked !== null && verdict === "repeat");
  }
  return "open";
}

function acted(provider: PaymentProvider, sale: Sale, reference: string | null, aim: Aim): Promise<Outcome<Truth>> {
  if (aim === "release" || reference === null) return provider.release(sale, reference, ALWAYS, OURS, FREE);
  return provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
}
