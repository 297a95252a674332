import type { Secrets } from "../ports/configured.ts";
import type { PaymentPart } from "../ports/payment-plug-in.ts";
import type { Payment, PlugIns } from "./plug-ins.ts";
import type { Found, Path } from "./problem.ts";
import type { Config } from "./schema.ts";

/** A payment service that a configuration names, with its part of it. */
export interface ConfiguredPayment {
  readonly plugIn: Payment;
  readonly part: PaymentPart<unknown, unknown>;
  /** The way to its section. */
  readonly at: Path;
}

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
export function partOf(config: Config): PaymentPart<unknown, unknown> {
  const sections: Readonly<Record<string, unknown>> = config.payment;
  return partWith(config, sections[config.payment.provider], false);
}

/** The service that sells, and behind it those that only finish what they began. */
export function paymentsOf(
  plugIns: Pick<PlugIns, "payments">,
  config: Config,
): readonly [ConfiguredPayment, ...ConfiguredPayment[]] {
  const plugIn = paymentOf(plugIns, config);
  const selling = { plugIn, part: partOf(config), at: ["payment", plugIn.name] };
  const sections: Readonly<Record<string, unknown>> = config.payment.retired ?? {};
  const retired = plugIns.payments.flatMap((each) => {
    const section = each.name === plugIn.name ? undefined : sections[each.name];
    if (section === undefined) return [];
    return [{ plugIn: each, part: partWith(config, section, true), at: ["payment", "retired", each.name] }];
  });
  return [selling, ...retired];
}

/** Of the services that a configuration names, those whose books have periods: the one whose books are compared first. */
export function comparedIn(plugIns: Pick<PlugIns, "payments">, config: Config): ConfiguredPayment | null {
  return paymentsOf(plugIns, config).find(({ plugIn, part }) => plugIn.limits(part).hasPeriods) ?? null;
}

/** A service names its keys as if it sold: where it does not, they stand elsewhere in the file. */
export function foundAt({ plugIn, at }: ConfiguredPayment, found: readonly Found[]): readonly Found[] {
  const placed = (path: Path): Path => (isOf(plugIn, path) ? [...at, ...path.slice(2)] : path);
  return found.map(({ path, other, ...rest }) => ({
    ...rest,
    path: placed(path),
    ...(other === undefined ? {} : { other: placed(other) }),
  }));
}

/** The way to a key as its service names it; the same for what is none of that service's. */
export function ownPath({ plugIn, at }: ConfiguredPayment, path: Path): Path {
  return at.every((key, index) => path[index] === key) ? ["payment", plugIn.name, ...path.slice(at.length)] : path;
}

export function secretsFor({ plugIn, at }: ConfiguredPayment, { all, at: valueAt }: Secrets): Secrets {
  return { all, at: (path) => valueAt(isOf(plugIn, path) ? [...at, ...path.slice(2)] : path) };
}

function isOf({ name }: Payment, path: Path): boolean {
  return path[0] === "payment" && path[1] === name;
}

function partWith(config: Config, section: unknown, isRetired: boolean): PaymentPart<unknown, unknown> {
  const { kiosk, journal, positions, schedule } = config;
  return {
    ...{ kiosk, journal, schedule, section, isRetired },
    positions: positions.map((position) => ({ id: position.id, formerly: position.formerly, own: position })),
  };
}
