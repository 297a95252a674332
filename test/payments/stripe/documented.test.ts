import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessionForm } from "../../../src/payments/stripe/requests.ts";
import { DEMO_KEY, type StripeSimulator, startStripeSimulator } from "../../../src/payments/stripe/simulator/server.ts";
import { contractSale } from "../../contract/payment.ts";
import { answerProblems, requestProblems } from "./openapi/published.ts";

/** Of an account for tests, never of real money: `npm run verify:stripe` asks the service itself with it. */
const REAL_KEY = process.env["STRIPE_TEST_KEY"];

type SessionAsked = Stripe.Checkout.SessionCreateParams;
const HOLD = 30_000;

/** What the documents say, as a judge from outside sees it: the official client, which knows nothing of this program. */
const DOCUMENTED: readonly (readonly [
  number: number,
  name: string,
  holds: (client: Stripe, id: string) => Promise<void>,
])[] = [
  [
    1,
    "a session is made open, unpaid, with a page and without a payment",
    async (client, id) => {
      const made = await client.checkout.sessions.create(session(id));
      expect(made).toMatchObject({
        status: "open",
        payment_status: "unpaid",
        payment_intent: null,
        amount_total: HOLD,
      });
      expect(made.url).toMatch(/^https?:\/\/.*cs_(test|live)_/);
      const again = await client.checkout.sessions.retrieve(made.id, { expand: ["payment_intent.latest_charge"] });
      expect(again).toMatchObject({ id: made.id, client_reference_id: id, metadata: { sale: id } });
    },
  ],
  [
    2,
    "a page cannot end in 29 minutes",
    async (client, id) => {
      await expectRefusal(client.checkout.sessions.create({ ...session(id), expires_at: inS(29 * 60) }), 400);
    },
  ],
  [
    3,
    "the same key with the same body gives the same session, and says that it is a replay",
    async (client, id) => {
      const [body, options] = [session(id), { idempotencyKey: `${id}-offer` }];
      const first = await client.checkout.sessions.create(body, options);
      const second = await client.checkout.sessions.create(body, options);
      expect(second.id).toBe(first.id);
      expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
    },
  ],
  [
    4,
    "the same key with another amount is refused",
    async (client, id) => {
      const options = { idempotencyKey: `${id}-offer` };
      await client.checkout.sessions.create(session(id), options);
      const refused = client.checkout.sessions.create(session(id, "sek", HOLD + 1), options);
      expect((await expectRefusal(refused, 400)).rawType).toBe("idempotency_error");
    },
  ],
  [
    5,
    "an unknown parameter is refused by name",
    async (client, id) => {
      const odd = { ...session(id), tea: "yes" } as SessionAsked;
      expect(await expectRefusal(client.checkout.sessions.create(odd), 400)).toMatchObject({
        code: "parameter_unknown",
        param: "tea",
      });
    },
  ],
  [
    6,
    "a session that nobody made is missing",
    async (client) => {
      const error = await expectRefusal(client.checkout.sessions.retrieve("cs_test_none"), 404);
      expect(error.code).toBe("resource_missing");
    },
  ],
  [
    7,
    "a key that is none is not let in",
    async (client) => {
      const stranger = { apiKey: "rk_test_nobodyKnowsThisOne0000" };
      await expectRefusal(client.checkout.sessions.list({ limit: 1 }, stranger), 401);
    },
  ],
  [
    8,
    "an open session can be ended, and has no page then",
    async (client, id) => {
      const { id: made } = await client.checkout.sessions.create(session(id));
      expect(await client.checkout.sessions.expire(made)).toMatchObject({ status: "expired", url: null });
    },
  ],
  [
    9,
    "it can be ended once",
    async (client, id) => {
      const { id: made } = await client.checkout.sessions.create(session(id));
      await client.checkout.sessions.expire(made);
      await expectRefusal(client.checkout.sessions.expire(made), 400);
    },
  ],
  [
    10,
    "a card that is taken holds all of it, for 6 to 7 days",
    async (client, id) => {
      const held = await authorised(client, id);
      expect(held).toMatchObject({ status: "requires_capture", amount_capturable: HOLD, amount_received: 0 });
      const charge = held.latest_charge as Stripe.Charge;
      const before = charge.payment_method_details?.card?.capture_before ?? 0;
      const days = (before - held.created) / 86_400;
      expect(days).toBeGreaterThan(5.9);
      expect(days).toBeLessThanOrEqual(7.1);
    },
  ],
  [
    11,
    "of a hold a part is taken, and the rest looks like a refund",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      const taken = await client.paymentIntents.capture(intent, { amount_to_capture: 9945, expand: ["latest_charge"] });
      expect(taken).toMatchObject({ status: "succeeded", amount: HOLD, amount_received: 9945, amount_capturable: 0 });
      expect(taken.latest_charge).toMatchObject({
        amount_captured: 9945,
        amount_refunded: HOLD - 9945,
        captured: true,
      });
    },
  ],
  [
    12,
    "it is taken once",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await client.paymentIntents.capture(intent, { amount_to_capture: 9945 });
      const error = await expectRefusal(client.paymentIntents.capture(intent, { amount_to_capture: 9945 }), 400);
      expect(error).toMatchObject({ code: "payment_intent_unexpected_state", payment_intent: { status: "succeeded" } });
    },
  ],
  [
    13,
    "more than is held cannot be taken",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await expectRefusal(client.paymentIntents.capture(intent, { amount_to_capture: HOLD + 1 }), 400);
    },
  ],
  [
    14,
    "a hold can be cancelled, and nothing is held then",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      const ended = await client.paymentIntents.cancel(intent, { cancellation_reason: "abandoned" });
      expect(ended).toMatchObject({ status: "canceled", amount_capturable: 0, cancellation_reason: "abandoned" });
    },
  ],
  [
    15,
    "it is cancelled once",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await client.paymentIntents.cancel(intent);
      await expectRefusal(client.paymentIntents.cancel(intent), 400);
    },
  ],
  [
    16,
    "a cancelled hold cannot be taken",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await client.paymentIntents.cancel(intent);
      const error = await expectRefusal(client.paymentIntents.capture(intent), 400);
      expect(error.code).toBe("payment_intent_unexpected_state");
    },
  ],
  [
    17,
    "what was taken can be given back, and is found by its metadata",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await client.paymentIntents.capture(intent, { amount_to_capture: 9945 });
      const made = await client.refunds.create({ payment_intent: intent, amount: 9945, metadata: { refund: id } });
      expect(["succeeded", "pending"]).toContain(made.status);
      const { data } = await client.refunds.list({ payment_intent: intent, limit: 100 });
      expect(data.filter(({ metadata }) => metadata?.["refund"] === id)).toHaveLength(1);
    },
  ],
  [
    18,
    "no more than was taken can be given back",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await client.paymentIntents.capture(intent, { amount_to_capture: 9945 });
      const error = await expectRefusal(client.refunds.create({ payment_intent: intent, amount: 9946 }), 400);
      expect(error.param).toBe("amount");
    },
  ],
  [
    19,
    "two refunds with the same metadata and different keys are two refunds",
    async (client, id) => {
      const { id: intent } = await authorised(client, id);
      await client.paymentIntents.capture(intent, { amount_to_capture: 9945 });
      const asked = { payment_intent: intent, amount: 500, metadata: { refund: id } };
      const first = await client.refunds.create(asked, { idempotencyKey: `${id}-1` });
      const second = await client.refunds.create(asked, { idempotencyKey: `${id}-2` });
      expect(second.id).not.toBe(first.id);
    },
  ],
  [
    20,
    "currencies are said in small letters",
    async (client, id) => {
      expect((await client.checkout.sessions.create(session(id, "eur", 5000))).currency).toBe("eur");
    },
  ],
  [
    21,
    "yen are whole",
    async (client, id) => {
      expect((await client.checkout.sessions.create(session(id, "jpy", 500))).amount_total).toBe(500);
    },
  ],
  [
    22,
    "less than the least charge is refused",
    async (client, id) => {
      const error = await expectRefusal(client.checkout.sessions.create(session(id, "eur", 49)), 400);
      expect(error.code).toBe("amount_too_small");
    },
  ],
];

describe("the simulator is as the documents say, for the official client", () => {
  let simulator: StripeSimulator;

  beforeAll(async () => {
    simulator = await startStripeSimulator({ host: "127.0.0.1", port: 0 });
  });
  afterAll(() => simulator.close());

  it.each(DOCUMENTED)("%i. %s", async (number, _name, holds) => {
    const { hostname, port } = new URL(simulator.endpoint);
    const local = { host: hostname, port, protocol: "http" as const };
    await holds(new Stripe(DEMO_KEY.key, { ...PLAIN, ...local }), idOf(number));
  });

  it("the adapter's offer has the fields of the client's own types, and no others", async () => {
    const [made] = simulator.service.exchanges.filter(({ call }) => call === "create");
    const sent = sessionForm(contractSale(), HOLD, "https://example.com/thanks").map(([name]) => name);
    expect(new Set(sent)).toEqual(new Set(made?.form.keys()));
  });

  it("what the client sent, and what it got, is as the published description has it", () => {
    const { exchanges } = simulator.service;
    const asked = exchanges.filter(({ form, call }) => !form.has("tea") && call !== "pay-intent");
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.flatMap(requestProblems)).toEqual([]);
    expect(exchanges.flatMap(answerProblems)).toEqual([]);
    expect(new Set(exchanges.map(({ answer }) => answer.status))).toEqual(new Set([200, 400, 401, 404]));
  });
});

/** Without a key of an account for tests these are named, and not run. */
describe.skipIf(REAL_KEY === undefined)("the service itself is as the documents say", () => {
  it.each(DOCUMENTED)("%i. %s", async (number, _name, holds) => {
    const key = REAL_KEY ?? "";
    if (!/^(rk|sk)_test_/.test(key)) throw new Error("STRIPE_TEST_KEY: expected a key for tests, rk_test_…");
    await holds(new Stripe(key, PLAIN), idOf(number));
  });
});

const PLAIN = { maxNetworkRetries: 0, telemetry: false, timeout: 30_000 } as const;

function idOf(number: number): string {
  return `doc-${number}-${Date.now().toString(36)}`;
}

function inS(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

function session(id: string, currency = "sek", amount = HOLD): SessionAsked {
  return {
    mode: "payment",
    client_reference_id: id,
    success_url: "https://example.com/thanks",
    expires_at: inS(33 * 60),
    locale: "auto",
    allowed_payment_method_types: ["card"],
    line_items: [{ quantity: 1, price_data: { currency, unit_amount: amount, product_data: { name: "Diesel" } } }],
    payment_intent_data: { capture_method: "manual", metadata: { sale: id } },
    metadata: { sale: id },
    adaptive_pricing: { enabled: false },
  };
}

/** A hold without a page: nobody is needed to type a card. */
function authorised(client: Stripe, id: string): Promise<Stripe.PaymentIntent> {
  return client.paymentIntents.create({
    ...{ amount: HOLD, currency: "sek", payment_method: "pm_card_visa" },
    ...{
      allowed_payment_method_types: ["card"],
      capture_method: "manual",
      confirm: true,
      metadata: { sale: id },
      expand: ["latest_charge"],
    },
  });
}

async function expectRefusal(call: Promise<unknown>, status: number): Promise<Stripe.errors.StripeError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Stripe.errors.StripeError)) throw new Error(`expected a refusal, not ${String(error)}`);
  expect(error.statusCode).toBe(status);
  return error;
}
