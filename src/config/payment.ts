import type { PaymentPart } from "../ports/payment-plug-in.ts";
import type { Payment, PlugIns } from "./plug-ins.ts";
import type { Config } from "./schema.ts";

/**
 * The payment service that a configuration names.
 * @throws Error for a provider that the schema, made of the same services, has not let pass
 */
export function paymentOf({ payments }: Pick<PlugIns, "payments">, { payment }: Pick<Config, "payment">): Payment {
  const found = payments.find(({ name }) => name === payment.provider);
  if (found === undefined) throw new Error(`there is no payment service ${payment.provider}`);
  return found;
}

/** The configuration as its payment service sees it. */
export function partOf({ kiosk, journal, payment, positions, schedule }: Config): PaymentPart<unknown, unknown> {
  const sections: Readonly<Record<string, unknown>> = payment;
  return {
    ...{ kiosk, journal, schedule },
    section: sections[payment.provider],
    positions: positions.map((position) => ({ id: position.id, formerly: position.formerly, own: position })),
  };
}
