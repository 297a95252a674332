import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTRACT_DELIVERY, contractSale } from "../contract/payment.ts";
import { type Call, MISHAPS, type Mishap, type PaymentRig } from "../contract/payment-rig.ts";
import { FREE } from "../support/sale-fixtures.ts";
import { sample } from "../support/sample.ts";
import { type Aim, type Ending, OFFERS_MAX, offered, resolved } from "./sale-drive.ts";
import { seqrRig } from "./seqr/rig.ts";
import { stripeRig } from "./stripe/rig.ts";
import { vippsRig } from "./vipps/rig.ts";

interface Row {
  readonly call: Exclude<Call, "probe">;
  readonly aim: Aim;
  readonly mishap: Mishap;
  readonly count: number;
  readonly ending: Ending;
}

const WRITES: readonly Pick<Row, "call" | "aim">[] = [
  { call: "offer", aim: "commit" },
  { call: "offer", aim: "release" },
  { call: "query", aim: "commit" },
  { call: "query", aim: "release" },
  { call: "settle", aim: "commit" },
  // Where the rest is freed by itself this is the request for it; elsewhere nothing meets the mishap.
  { call: "release", aim: "commit" },
  { call: "release", aim: "release" },
];

const ROWS: readonly Row[] = WRITES.flatMap(({ call, aim }) =>
  MISHAPS.flatMap((mishap) => {
    const row = { call, aim, mishap, ending: aim === "commit" ? ("paid" as const) : ("released" as const) };
    const never = { ...row, count: OFFERS_MAX, ending: mishap === "slow" ? row.ending : ("released" as const) };
    return [{ ...row, count: 1 }, { ...row, count: 2 }, ...(call === "offer" ? [never] : [])];
  }),
);

const SERVICES: readonly (readonly [name: string, currency: string, make: () => Promise<PaymentRig>])[] = [
  ["SEQR", "SEK", seqrRig],
  ["Vipps MobilePay", "NOK", vippsRig],
  ["Stripe", "SEK", stripeRig],
];

describe.each(SERVICES)("a sale at %s with one call going wrong", (name, currency, make) => {
  let rig: PaymentRig;
  beforeAll(async () => {
    rig = await make();
  });
  afterAll(async () => {
    await rig.provider.close();
    await rig.close();
  });

  it.each(sample(`sale table ${name}`, ROWS, 24))(
    "$call for a $aim, $mishap, $count times: $ending",
    async ({ call, aim, mishap, count, ending }) => {
      const sale = contractSale(currency);
      const order = async (): Promise<void> => {
        for (let times = 0; times < count; times++) await rig.mishap(call, mishap);
      };
      if (call === "offer") await order();
      const reference = await offered(rig.provider, sale);
      if (reference !== null) {
        expect(reference).not.toBe("declined");
        await rig.confirm(reference);
        if (call !== "offer") await order();
      }
      expect(await resolved(rig.provider, sale, reference, reference === null ? "release" : aim)).toBe(ending);
      // The books' own duty, until nothing is left of it.
      const remainders = rig.books?.remainders ?? null;
      for (let times = 0; times <= count && remainders !== null && reference !== null; times++)
        await remainders.freeRest(sale.id, sale.position, reference, { ...FREE, number: 2 + times });
      expect({
        charged: await rig.charged(sale.id),
        held: await rig.held(sale.id),
        payable: await rig.payable(sale.id),
      }).toEqual({ charged: ending === "paid" ? CONTRACT_DELIVERY.amountMinor : 0, held: 0, payable: 0 });
      await rig.noFaults();
    },
  );
});
