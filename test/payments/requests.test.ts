import { channel } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Sale } from "../../src/core/sale/state.ts";
import { done, type Outcome } from "../../src/ports/outcome.ts";
import type { PaymentProvider, PublishedOffer } from "../../src/ports/payment.ts";
import { contractSale } from "../contract/payment.ts";
import type { PaymentRig } from "../contract/payment-rig.ts";
import { scene } from "../engine/scene.ts";
import { CLOCK, seqrRig } from "./seqr/rig.ts";
import { stripeRig } from "./stripe/rig.ts";
import { vippsRig } from "./vipps/rig.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** What an owner may order in the configuration, at what it is without their word. */
const POLL_MS = { seqr: 1_000, stripe: 4_000 };
/** What is asked of a simulator by hand, or by a test. */
const NO_SERVICE = /^\/(?:phone|faults|audit)/;

interface Service {
  readonly currency: string;
  /** Its own time, and that of its provider, when the kiosk begins. */
  readonly startMs: () => number;
  make(ahead: { readonly ms: number }): Promise<PaymentRig>;
}

const SERVICES: Readonly<Record<string, Service>> = {
  SEQR: {
    ...{ currency: "SEK", startMs: () => Date.now() },
    make: () => seqrRig({ pollIntervalMs: POLL_MS.seqr }),
  },
  "Vipps MobilePay": {
    ...{ currency: "NOK", startMs: () => Date.now() },
    make: (ahead) => vippsRig({ clock: { ...CLOCK, monotonicMs: () => CLOCK.monotonicMs() + ahead.ms } }),
  },
  Stripe: {
    ...{ currency: "SEK", startMs: () => contractSale().selectedAtMs },
    make: () => stripeRig({ settings: { pollIntervalMs: POLL_MS.stripe } }),
  },
};

/** The real engine in virtual time, which stands still while a request is under way. */
async function kioskAt({ currency, startMs, make }: Service, offerTimeoutMs: number) {
  const ahead = { ms: 0 };
  const rig = await make(ahead);
  let underWay = 0;
  const offers: [Sale, Outcome<PublishedOffer>][] = [];
  const provider = new Proxy(rig.provider, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found !== "function") return found;
      return (...given: unknown[]): unknown => {
        const result: unknown = found.apply(target, given);
        if (!(result instanceof Promise)) return result;
        if (name === "offer")
          void result.then((outcome) => offers.push([given[0] as Sale, outcome as Outcome<PublishedOffer>]));
        underWay++;
        return result.finally(() => {
          underWay--;
        });
      };
    },
  }) as PaymentProvider;
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const settled = async (elapsedMs: number): Promise<void> => {
    // What follows from an answer may be written down, and lead to the next request.
    for (let idle = 0; idle < 4; idle = underWay > 0 ? 0 : idle + 1) await turn();
    await rig.pass(elapsedMs - ahead.ms);
    ahead.ms = elapsedMs;
  };
  let requests = 0;
  const count = (message: unknown): void => {
    const { request } = message as { readonly request: IncomingMessage };
    if (!NO_SERVICE.test(request.url ?? "")) requests++;
  };
  const heard = channel("http.server.request.start");
  heard.subscribe(count);
  onTestFinished(async () => {
    heard.unsubscribe(count);
    await rig.provider.close();
    await rig.close();
  });
  const made = await scene({ provider, settled, currency, offerTimeoutMs, startMs: startMs() });
  await made.pass(5_000);
  const since = (): number => {
    const before = requests;
    requests = 0;
    return before;
  };
  const confirm = async (): Promise<string> => {
    const [sale, outcome] = offers.at(-1) ?? [];
    if (outcome?.kind !== "done") throw new Error("no offer");
    await rig.confirm(outcome.value.reference);
    return sale?.id ?? "";
  };
  since();
  return { ...made, rig, since, confirm };
}

/** Within a few of the figures in docs/payments.md: when a probe falls due beside them is by chance. */
const WITHIN = 4;

describe.each([
  ["SEQR", { unpaid: 122, idleHour: 60, sale: 14 }],
  ["Vipps MobilePay", { unpaid: 53, idleHour: 61, sale: 10 }],
  ["Stripe", { unpaid: 26, idleHour: 2, sale: 5 }],
])("requests that %s hears", (name, told) => {
  const service = SERVICES[name] as Service;

  it("about an offer of two minutes that nobody takes", async () => {
    const { kiosk, pass, view, since } = await kioskAt(service, 2 * MINUTE_MS);
    await Promise.all([kiosk.customers.select("1", "20.00", "1.00"), pass(1_000)]);
    expect(view().state).toBe("offered");
    await pass(2 * MINUTE_MS + 30_000);
    expect(view().state).toBe("idle");
    expect(Math.abs(since() - told.unpaid), "so far from the document").toBeLessThanOrEqual(WITHIN);
  });

  it("in hours in which nobody comes", async () => {
    const { pass, since } = await kioskAt(service, 2 * MINUTE_MS);
    await pass(4 * HOUR_MS);
    expect(Math.abs(since() - 4 * told.idleHour)).toBeLessThanOrEqual(WITHIN);
  });

  it("about a sale that is confirmed after ten seconds and takes a minute", async () => {
    const { kiosk, pass, view, since, confirm, machine, rig } = await kioskAt(service, 2 * MINUTE_MS);
    await Promise.all([kiosk.customers.select("1", "20.00", "1.00"), pass(10_000)]);
    const saleId = await confirm();
    for (let second = 0; second < 15 && view().state !== "dispensing"; second++) await pass(1_000);
    // Its meter tells each second how it stands.
    for (let second = 1; second <= 60; second++) {
      machine.meter = done(10 * second);
      machine.tell({ type: "reading", totaliserBase: 10 * second });
      await pass(1_000);
    }
    machine.tell({ type: "finished" });
    await pass(3_000);
    expect([await rig.charged(saleId), await rig.held(saleId)]).toEqual([600, 0]);
    expect(Math.abs(since() - told.sale), "so far from the document").toBeLessThanOrEqual(WITHIN);
  });
});
