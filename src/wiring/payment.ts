import { goodsOf, timingOf } from "../config/goods.ts";
import type { Loaded } from "../config/load.ts";
import { type ConfiguredPayment, paymentOf, paymentsOf, secretsFor } from "../config/payment.ts";
import type { Payment } from "../config/plug-ins.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import { UNNAMED } from "../payments/registry.ts";
import type { PaymentDeps, PaymentService, PaymentSite } from "../ports/payment-plug-in.ts";
import { PLUG_INS } from "./plug-ins.ts";

/** A checked configuration as one of its payment services sees it: the one that sells, unless another is given. */
export function paymentSite(
  loaded: Loaded,
  service: ConfiguredPayment = paymentsOf(PLUG_INS, loaded.config)[0],
): PaymentSite<unknown, unknown> {
  const { file, config, secrets } = loaded;
  const { plugIn, part } = service;
  return {
    ...part,
    file,
    secrets: secretsFor(service, secrets),
    positions: config.positions.map((position) => ({
      ...{ id: position.id, formerly: position.formerly, own: position },
      goods: goodsOf(config, position),
    })),
    timing: timingOf(plugIn.times(part.section)),
    files: { readSecret, secretPath: (name) => secretPath(file, name) },
  };
}

export function paymentPlugIn({ config }: Pick<Loaded, "config">): Payment {
  return paymentOf(PLUG_INS, config);
}

/** The service of this name, selling or retired; null when the configuration has none such. */
export function configuredPayment({ config }: Pick<Loaded, "config">, name: string): ConfiguredPayment | null {
  return paymentsOf(PLUG_INS, config).find(({ plugIn }) => plugIn.name === name) ?? null;
}

/** The payment service that sells, unless another one is given; nothing of others is loaded. */
export async function openPayment(
  loaded: Loaded,
  deps: PaymentDeps,
  service: ConfiguredPayment = paymentsOf(PLUG_INS, loaded.config)[0],
): Promise<PaymentService> {
  const { open } = await service.plugIn.load();
  return await open(paymentSite(loaded, service), deps);
}

/** The payment services of a kiosk, open. */
export interface OpenPayments {
  readonly selling: PaymentService;
  readonly retired: readonly PaymentService[];
  /** That of the name in a sale's terms or record; null when it is not configured. */
  of(provider: string | undefined): PaymentService | null;
  close(): Promise<void>;
}

/** Rejects with none left open when one of them cannot be used as it is configured. */
export async function openPayments(loaded: Loaded, deps: PaymentDeps): Promise<OpenPayments> {
  const [first, ...others] = paymentsOf(PLUG_INS, loaded.config);
  const selling = await openPayment(loaded, deps, first);
  const retired: PaymentService[] = [];
  const all = (): readonly PaymentService[] => [selling, ...retired];
  const close = async (): Promise<void> => {
    await Promise.all(all().map((each) => each.close()));
  };
  try {
    for (const each of others) retired.push(await openPayment(loaded, deps, each));
  } catch (error) {
    await close();
    throw error;
  }
  const of = (provider = UNNAMED): PaymentService | null =>
    all().find(({ provider: { traits } }) => traits.name === provider) ?? null;
  return { selling, retired, of, close };
}

/** Whether a sale is at the service of this name, by the name in its terms or record. */
export function isOfService(name: string): (provider?: string) => boolean {
  return (provider = UNNAMED) => provider === name;
}

/** The name of a sale's payment service, where its record says none too. */
export function serviceNameOf({ provider = UNNAMED }: { readonly provider?: string }): string {
  return provider;
}
