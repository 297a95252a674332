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
    ({ saleId, reference: name }) => saleId !== bill.saleId && isKnown({ kind: "offer", name }),
  );
  return (others.findLast(({ state }) => state === "held" || state === "open") ?? others.at(-1))?.reference ?? null;
}

/** Now and then a payment is told by the name of another sale's, which the daemon has seen. */
export function paymentReference({ bills, world }: Told, bill: Bill): string {
  const { chaos, isKnown } = world;
  const own = `paid-${bill.reference}`;
  if (!chaos.strikes("payment-reused")) return own;
  const others = [...bills.values()].filter(({ saleId }) => saleId !== bill.saleId);
  const names = others.map(({ reference }) => `paid-${reference}`);
  return names.findLast((name) => isKnown({ kind: "payment", name })) ?? own;
}
