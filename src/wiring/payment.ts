import { goodsOf, timingOf } from "../config/goods.ts";
import type { Loaded } from "../config/load.ts";
import { partOf, paymentOf } from "../config/payment.ts";
import type { Payment } from "../config/plug-ins.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import { UNNAMED } from "../payments/registry.ts";
import type { PaymentDeps, PaymentService, PaymentSite } from "../ports/payment-plug-in.ts";
import { PLUG_INS } from "./plug-ins.ts";

/** A checked configuration as its payment service sees it. */
export function paymentSite(loaded: Loaded): PaymentSite<unknown, unknown> {
  const { file, config, secrets } = loaded;
  const part = partOf(config);
  return {
    ...part,
    file,
    secrets,
    positions: config.positions.map((position) => ({
      ...{ id: position.id, formerly: position.formerly, own: position },
      goods: goodsOf(config, position),
    })),
    timing: timingOf(paymentPlugIn(loaded).times(part.section)),
    files: { readSecret, secretPath: (name) => secretPath(file, name) },
  };
}

export function paymentPlugIn({ config }: Pick<Loaded, "config">): Payment {
  return paymentOf(PLUG_INS, config);
}

/** The payment service that is configured; nothing of others is loaded. */
export async function openPayment(loaded: Loaded, deps: PaymentDeps): Promise<PaymentService> {
  const { open } = await paymentPlugIn(loaded).load();
  return await open(paymentSite(loaded), deps);
}

/** Gives what is the service's of this name to sales that are at it, and null to those of another one. */
export function ofService<T>(name: string, own: T): (provider?: string) => T | null {
  return (provider = UNNAMED) => (provider === name ? own : null);
}
