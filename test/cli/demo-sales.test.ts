import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { openBenches } from "../../src/cli/benches.ts";
import { PAYMENTS } from "../../src/payments/registry.ts";
import type { PaymentSimulator } from "../../src/ports/payment-plug-in.ts";

const sold = z.object({ product: z.object({ unitPrice: z.string() }) });

let services: readonly { readonly name: string; readonly simulator: PaymentSimulator; readonly leastMinor: number }[];

beforeAll(async () => {
  services = await Promise.all(
    PAYMENTS.map(async ({ name, startSimulator, limits }) => {
      const simulator = await startSimulator({ host: "127.0.0.1", port: 0, phoneHost: undefined });
      const { section } = simulator.configuration((secret) => secret);
      const rules = limits({ section, positions: [] } as never).rulesFor(simulator.currency);
      return { name, simulator, leastMinor: rules?.leastCaptureMinor ?? Number.POSITIVE_INFINITY };
    }),
  );
});
afterAll(async () => {
  for (const { simulator } of services) await simulator.close();
});

it("no customer of a demo leaves before there is enough for every payment service to charge", async () => {
  const { kinds } = await openBenches();
  const ended = kinds.flatMap(({ kind, part, position }) => {
    if (part.end === null) return [];
    const { unitPrice } = sold.parse(position("/dev/null", 1)).product;
    return [{ kind, minor: Math.floor(part.end.quantity * Number(unitPrice) * 100) }];
  });
  expect(ended.map(({ kind }) => kind)).toEqual(["timer", "fuel", "charger", "ocpp"]);
  const given = ended.flatMap(({ kind, minor }) =>
    services.filter(({ leastMinor }) => minor < leastMinor).map(({ name }) => `${kind} by ${name}: ${minor}`),
  );
  expect(services.map(({ leastMinor }) => leastMinor)).toContain(50);
  expect(given).toEqual([]);
});
