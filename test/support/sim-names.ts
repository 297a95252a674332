import type { Bill } from "./sim-bill.ts";
import type { FaultKind } from "./sim-chaos.ts";
import type { PaymentWorld } from "./sim-payment-world.ts";

interface Told {
  readonly bills: ReadonlyMap<string, Bill>;
  readonly world: PaymentWorld;
}

/** Now and then a bill is told by the name of another sale's, which the daemon has seen. */
export function namedLike({ bills, world }: Told, bill: Bill, kind: FaultKind): string | null {
  const { chaos, isKnown } = world;
  if (!chaos.strikes(kind)) return null;
  const others = [...bills.values()].filter(
    ({ saleId, service, reference: name }) =>
      saleId !== bill.saleId && service === bill.service && isKnown({ kind: "offer", name, service }),
  );
  return (others.findLast(({ state }) => state === "held" || state === "open") ?? others.at(-1))?.reference ?? null;
}

/** Now and then a payment is told by the name of another sale's, which the daemon has seen. */
export function paymentReference({ bills, world }: Told, bill: Bill): string {
  const { chaos, isKnown } = world;
  const own = `paid-${bill.reference}`;
  if (!chaos.strikes("payment-reused")) return own;
  const { service } = bill;
  const others = [...bills.values()].filter((each) => each.saleId !== bill.saleId && each.service === service);
  const names = others.map(({ reference }) => `paid-${reference}`);
  return names.findLast((name) => isKnown({ kind: "payment", name, service })) ?? own;
}
