import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import { MemoryPayment } from "../../support/memory-payment.ts";
import { T0_MS } from "../../support/sale-fixtures.ts";
import { tempFolder } from "../../support/temp.ts";
import { scene } from "../scene.ts";

type Scene = Awaited<ReturnType<typeof scene>>;

/** Brings a kiosk so far, and no further: then it is killed. */
const PHASES: Readonly<Record<string, (kiosk: Scene) => Promise<void>>> = {
  offering: async ({ payment, kiosk, pass }) => {
    payment.mishaps.push({ call: "offer", kind: "lost-after" });
    await Promise.all([kiosk.customers.select("1", "20.00", "1.00"), pass(100)]);
  },
  offered: async ({ kiosk, pass }) => {
    await Promise.all([kiosk.customers.select("1", "20.00", "1.00"), pass(500)]);
  },
  reserved: async (given) => {
    await PHASES["offered"]?.(given);
    given.machine.meter = { kind: "unknown", detail: "no answer" };
    await given.confirm();
  },
  dispensing: async (given) => {
    await PHASES["offered"]?.(given);
    await given.confirm();
    given.machine.meter = { kind: "done", value: 700 };
    given.machine.tell({ type: "reading", totaliserBase: 700 });
    await given.pass(100);
  },
  settling: async (given) => {
    await PHASES["dispensing"]?.(given);
    for (let call = 0; call < 20; call++) given.payment.mishaps.push({ call: "settle", kind: "lost-before" });
    given.machine.tell({ type: "finished" });
    await given.pass(100);
  },
  releasing: async (given) => {
    await PHASES["offered"]?.(given);
    for (let call = 0; call < 20; call++) given.payment.mishaps.push({ call: "release", kind: "lost-before" });
    await Promise.all([given.kiosk.customers.cancel("1"), given.pass(100)]);
  },
};

const CHARGED: Readonly<Record<string, number>> = { dispensing: 700, settling: 700 };

/** Each sale began at a service that is not the one that sells now. */
async function switched(phase: string, isKept: boolean) {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  const former = new MemoryPayment(() => T0_MS, {}, null, "former");
  const before = await scene({ journal, payment: former, identity: { terminal: "t-former", meter: "m" } });
  await PHASES[phase]?.(before);
  expect(before.view().state).toBe(phase === "releasing" ? "settling" : phase);
  // A bill is the sale's: the offer's number is not known where its answer was lost.
  former.mishaps.length = 0;
  const payment = new MemoryPayment(() => T0_MS, {}, null, "new");
  const known: readonly PaymentProvider[] = isKept ? [payment, former] : [payment];
  const after = await scene({
    ...{ journal, payment, startMs: T0_MS + 10_000 },
    providerOf: (name) => known.find(({ traits }) => traits.name === name) ?? null,
    identity: {
      terminal: "t-new",
      terminalAt: (provider) => (provider === "new" ? "t-new" : isKept ? "t-former" : undefined),
      meter: "m",
    },
    ready: (machine) => {
      machine.meter = { kind: "done", value: CHARGED[phase] ?? 0 };
    },
  });
  await after.pass(60_000);
  const [sale] = (await journal.salesAfter(0, 10)).map(({ body }) => body);
  return { former, payment, after, sale };
}

it.each(Object.keys(PHASES))("a sale that was %s is finished at the service that is retired", async (phase) => {
  const { former, payment, after, sale } = await switched(phase, true);
  const chargedMinor = CHARGED[phase] ?? 0;
  expect(sale).toMatchObject(
    chargedMinor > 0
      ? { outcome: "paid", charged: (chargedMinor / 100).toFixed(2), provider: "former" }
      : { outcome: "released", charged: "0.00" },
  );
  // An offer whose answer was lost is replaced, to be taken back.
  expect(new Set(former.bills.map(({ state }) => state))).toEqual(new Set([chargedMinor > 0 ? "captured" : "ended"]));
  expect(payment.bills).toEqual([]);
  expect(after.faults()).toEqual([]);
  // And the new one sells.
  const [answer] = await Promise.all([after.kiosk.customers.select("1", "20.00", "1.00"), after.pass(500)]);
  expect(answer).toMatchObject({ kind: "taken" });
  expect(after.view().state).toBe("offered");
  expect(payment.bills).toHaveLength(1);
});

it.each(Object.keys(PHASES))("a sale that was %s goes to a person when it is not kept", async (phase) => {
  const { former, payment, sale, after } = await switched(phase, false);
  expect(sale).toMatchObject({ outcome: "needs-attention", reason: "provider-gone", charged: "0.00" });
  expect(after.faults().join()).toContain("neither payment.provider nor in payment.retired");
  expect(former.bills.every(({ state }) => state !== "captured" && state !== "ended")).toBe(true);
  expect(payment.bills).toEqual([]);
});

it("a retired service that is silent shows, and takes no fault of the one that sells away", async () => {
  const { journal, former, payment } = await (async () => {
    const given = openJournal({ path: join(tempFolder(), "journal.db") });
    onTestFinished(() => given.close());
    const old = new MemoryPayment(() => T0_MS, {}, null, "former");
    const before = await scene({ journal: given, payment: old });
    await PHASES["settling"]?.(before);
    return { journal: given, former: old, payment: new MemoryPayment(() => T0_MS, {}, null, "new") };
  })();
  const after = await scene({
    ...{ journal, payment },
    providerOf: (name) => [payment, former].find(({ traits }) => traits.name === name) ?? null,
    ready: (machine) => {
      machine.meter = { kind: "done", value: 700 };
    },
  });
  former.mishaps.length = 0;
  for (let call = 0; call < 40; call++) former.mishaps.push({ call: "query", kind: "lost-before" });
  await after.pass(20_000);
  expect(after.faults().join()).toMatch(/payment-unreachable/);
  // The one that sells is shut out meanwhile, which only its own probe may take back.
  payment.known = false;
  former.mishaps.length = 0;
  await after.pass(90_000);
  expect((await journal.salesAfter(0, 10)).map(({ body }) => body.outcome)).toEqual(["paid"]);
  expect(after.faults().join()).toMatch(/payment-rejected/);
  payment.known = true;
  await after.pass(30_000);
  expect(after.faults()).toEqual([]);
});
