import { afterEach, describe, expect, it } from "vitest";
import type { Truth } from "../../../src/core/sale/resolve.ts";
import { isCodeDown } from "../../../src/core/sale/timing.ts";
import type { FaultMode } from "../../../src/payments/stripe/simulator/faults.ts";
import { DEMO_KEY } from "../../../src/payments/stripe/simulator/server.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS, TERMS } from "../../support/sale-fixtures.ts";
import { memoryLog } from "../seqr/rig.ts";
import { answerProblems, requestProblems } from "./openapi/published.ts";
import { CARD, phone, type StripeRig, type StripeRigOptions, saleWith, shown, stripeRig } from "./rig.ts";

let rig: StripeRig | null = null;

afterEach(async () => {
  await rig?.provider.close();
  await rig?.close();
  rig = null;
});

async function rigged(options: StripeRigOptions = {}): Promise<StripeRig> {
  rig = await stripeRig(options);
  return rig;
}

const KWD = { ...TERMS.tariff, currency: "KWD" };
const ISK = { ...TERMS.tariff, currency: "ISK" };

describe("what is sent", () => {
  it("is, with what comes back, as the published description has it", async () => {
    const made = await rigged();
    const { provider, books, simulator } = made;
    for (const deed of ["settle", "free", "expire"] as const) {
      const sale = contractSale();
      const reference = await made.offered(sale);
      await provider.query(sale, reference);
      if (deed !== "expire") await made.confirm(reference);
      if (deed === "settle") {
        const settled = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
        const paymentReference = paidBy(settled.kind === "done" ? settled.value : null);
        await books.refunds.refund({ ...refundOf(sale.id, paymentReference), amountMinor: 500 });
      } else await provider.release(sale, reference, ALWAYS, OURS, FREE);
      await provider.query(sale, reference);
    }
    await provider.probe();
    const { exchanges } = simulator.service;
    const called = new Set(exchanges.map(({ call }) => call));
    const all = ["cancel", "capture", "create", "expire", "list", "refund", "refunds", "retrieve"];
    expect(called).toEqual(new Set(all));
    expect(exchanges.flatMap(requestProblems)).toEqual([]);
    expect(exchanges.flatMap(answerProblems)).toEqual([]);
  });

  it("is the same to the last byte when it is sent again, whenever that is", async () => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    made.clock.aheadMs += 60_000;
    expect(await made.offered(sale)).toBe(reference);
    const [first, second] = made.simulator.service.exchanges.filter(({ call }) => call === "create");
    expect(second?.key).toBe(first?.key);
    expect([...(second?.form ?? [])]).toEqual([...(first?.form ?? [])]);
    expect(first?.form.get("expires_at")).toBe(String(Math.floor(sale.selectedAtMs / 1000) + 33 * 60));
  });

  it("bears a key for each call and attempt", async () => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    await made.confirm(reference);
    made.fault("capture", "lost-before");
    await made.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    await made.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, { ...CAPTURE, number: 2 });
    await made.provider.release(contractSale(), await made.offered(contractSale()), ALWAYS, OURS, FREE);
    const keys = made.simulator.service.exchanges.flatMap(({ key }) =>
      key === null ? [] : [key.replace(/^.{36}/, "")],
    );
    expect(keys).toEqual(["-offer-1", "-capture-1", "-capture-2", "-offer-1"]);
  });

  it("never shows the key of the account in a log", async () => {
    const log = memoryLog();
    const made = await rigged({ log });
    made.fault("*", "cut", { count: 4 });
    const sale = contractSale();
    await made.provider.offer(sale, ALWAYS, OFFER);
    await made.provider.release(sale, null, ALWAYS, OURS, FREE);
    expect(log.text()).not.toContain(DEMO_KEY.key);
    expect(log.text()).not.toBe("");
  });
});

describe("the questions, which are rationed", () => {
  /** As the engine asks while an offer waits, and after it. */
  async function unpaid(made: StripeRig, offerTimeoutMs: number): Promise<number> {
    const sale = contractSale();
    const { provider, clock } = made;
    const { polls } = provider.traits;
    const before = made.calls().length;
    const reference = await made.offered(sale);
    let leftMs = offerTimeoutMs;
    for (
      let waitMs = polls.firstMs;
      leftMs - waitMs > 0;
      waitMs = isCodeDown(leftMs) ? polls.hiddenEveryMs : polls.everyMs
    ) {
      leftMs -= waitMs;
      clock.aheadMs += waitMs;
      expect(shown(await provider.query(sale, reference))).toBe("open");
    }
    clock.aheadMs += leftMs;
    expect(shown(await provider.release(sale, reference, ALWAYS, OURS, FREE))).toBe("ended");
    return made
      .calls()
      .slice(before)
      .filter((call) => call === "retrieve" || call === "list").length;
  }

  it.each([
    ["45s", 45_000, 3_000],
    ["3m", 180_000, 4_000],
    ["6m", 360_000, 3_000],
  ])("about an offer of %s that nobody pays are 60 at the most", async (_name, offerTimeoutMs, pollIntervalMs) => {
    const made = await rigged({ settings: { pollIntervalMs } });
    const reads = await unpaid(made, offerTimeoutMs);
    expect(reads).toBeGreaterThan(5);
    expect(reads).toBeLessThanOrEqual(60);
  });

  it("see a payment, also when they have become rare", async () => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    for (let asked = 0; asked < 60; asked++) await made.provider.query(sale, reference);
    await made.confirm(reference);
    made.clock.aheadMs += 15_000;
    expect(shown(await made.provider.query(sale, reference))).toBe("held");
    expect(shown(await made.provider.query(sale, reference))).toBe("held");
  });

  it("on an idle day are 48 at the most, however many positions ask", async () => {
    const made = await rigged();
    for (let minute = 0; minute < 24 * 60; minute++) {
      for (const _position of ["1", "2", "3"]) expect(shown(await made.provider.probe())).toBe("done");
      made.clock.aheadMs += 60_000;
    }
    expect(made.calls().filter((call) => call === "list").length).toBeLessThanOrEqual(48);
    // Whether the key may take money is asked once.
    expect(made.calls().filter((call) => call !== "list")).toEqual(["capture"]);
  });

  it.each<[string, FaultMode]>([
    ["is out of order", "error"],
    ["has too much to do", "rate-limit"],
    ["answers in half", "cut"],
  ])("on a day on which the service %s are 48 at the most, and soon at first", async (_what, mode) => {
    const made = await rigged();
    made.fault("list", mode, { count: 1_000 });
    for (let minute = 0; minute < 24 * 60; minute++) {
      expect(shown(await made.provider.probe())).not.toBe("done");
      if (minute === 10) expect(made.calls().length).toBeGreaterThan(3);
      made.clock.aheadMs += 60_000;
    }
    expect(made.calls().length).toBeLessThanOrEqual(48);
    made.simulator.faults.clear();
    made.clock.aheadMs += 30 * 60_000;
    expect(shown(await made.provider.probe())).toBe("done");
  });

  it("that got no answer cost nothing, and the first answer counts at once", async () => {
    const made = await rigged();
    made.fault("list", "lost-before", { count: 200 });
    for (let tenSeconds = 0; tenSeconds < 100; tenSeconds++) {
      expect(shown(await made.provider.probe())).toBe("unknown");
      made.clock.aheadMs += 10_000;
    }
    made.simulator.faults.clear();
    expect(shown(await made.provider.probe())).toBe("done");
  });

  it("find a key that may not take money before anything is sold, and one that may since", async () => {
    const weak = { ...DEMO_KEY, key: "rk_test_withoutCapture00000", rights: ["sessions:write", "intents:read"] };
    const made = await rigged({ keys: [weak], key: weak.key });
    expect(shown(await made.provider.probe())).toBe("declined rejected");
    expect(await made.provider.probe()).toMatchObject({ advice: expect.stringContaining("PaymentIntents") });
    Object.assign(weak, { rights: DEMO_KEY.rights });
    made.clock.aheadMs += 31 * 60_000;
    expect(shown(await made.provider.probe())).toBe("done");
  });

  it.each<["offer" | "query" | "settle" | "release"]>([["offer"], ["query"], ["settle"], ["release"]])(
    "say no more that all is well after a call to %s that was not let in, or got no answer",
    async (call) => {
      const made = await rigged();
      const { provider } = made;
      const sale = contractSale();
      const reference = await made.offered(sale);
      const calls = {
        offer: () => provider.offer(sale, ALWAYS, OFFER),
        query: () => provider.query(sale, reference),
        settle: () => provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE),
        release: () => provider.release(sale, reference, ALWAYS, OURS, FREE),
      };
      for (const [mode, expected] of [
        ["lost-before", "unknown"],
        ["error", "declined rejected"],
      ] as const) {
        expect(shown(await provider.probe())).toBe("done");
        made.fault("*", mode, { status: 401, count: 2 });
        expect(shown(await calls[call]())).toBe(expected);
        expect(shown(await provider.probe())).toBe(expected);
        made.simulator.faults.clear();
      }
    },
  );

  it("become rarer while the key is refused, and go on at once when there was no answer", async () => {
    const made = await rigged();
    made.fault("list", "error", { status: 401, count: 1000 });
    for (let second = 0; second < 3600; second += 10) {
      expect(shown(await made.provider.probe())).toBe("declined rejected");
      made.clock.aheadMs += 10_000;
    }
    expect(made.calls().length).toBeLessThan(12);
    made.simulator.faults.clear();
    made.clock.aheadMs += 30 * 60_000;
    made.fault("list", "lost-before");
    expect(shown(await made.provider.probe())).toBe("unknown");
    expect(shown(await made.provider.probe())).toBe("done");
  });
});

describe("a customer", () => {
  it.each([
    ["4000000000000002", "is declined"],
    ["4000000000009995", "has not enough money"],
    ["4000000000000069", "is too old"],
  ])("whose card %s %s may take another one", async (card) => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    await phone(made.simulator, "pay", { session: reference, card });
    const tried = { kind: "done", value: { state: "open", tried: "declined" } };
    expect(await made.provider.query(sale, reference)).toEqual(tried);
    await made.confirm(reference);
    expect(await made.provider.query(sale, reference)).toMatchObject({
      value: { state: "held", authorisedMinor: 30_000 },
    });
  });

  it("whose bank asks has paid when they have said yes", async () => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    await phone(made.simulator, "pay", { session: reference, card: "4000002500003155" });
    expect(shown(await made.provider.query(sale, reference))).toBe("open");
    await phone(made.simulator, "answer", { session: reference, yes: false });
    expect(shown(await made.provider.query(sale, reference))).toBe("open");
    await phone(made.simulator, "pay", { session: reference, card: "4000002500003155" });
    await phone(made.simulator, "answer", { session: reference, yes: true });
    expect(shown(await made.provider.query(sale, reference))).toBe("held");
  });

  it.each([CARD, "4000002500003155"])("who types %s while the sale is given up pays nothing", async (card) => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    if (card !== CARD) await phone(made.simulator, "pay", { session: reference, card });
    expect(shown(await made.provider.release(sale, reference, ALWAYS, OURS, FREE))).toBe("ended");
    await expect(phone(made.simulator, "pay", { session: reference, card })).rejects.toThrow("409");
    expect([await made.held(sale.id), shown(await made.provider.query(sale, reference))]).toEqual([0, "ended"]);
  });

  it("who was declined and went away leaves nothing open", async () => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    await phone(made.simulator, "pay", { session: reference, card: "4000000000000002" });
    expect(shown(await made.provider.release(sale, reference, ALWAYS, OURS, FREE))).toBe("ended");
  });

  it("whose money is held is told until when", async () => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    await made.confirm(reference);
    const held = await made.provider.query(sale, reference);
    const untilMs = held.kind === "done" && held.value.state === "held" ? (held.value.holdUntilMs ?? 0) : 0;
    expect((untilMs - made.clock.wallMs()) / 86_400_000).toBeCloseTo(7, 1);
  });
});

describe("an amount", () => {
  it.each([
    ["less than the least charge", { maximumMinor: 299 }],
    ["more than eight digits", { maximumMinor: 100_000_000 }],
    ["no multiple of ten in three decimals", { maximumMinor: 10_005, tariff: KWD }],
    ["a currency whose unit is not known", { maximumMinor: 10_000, tariff: { ...KWD, currency: "CLF" } }],
  ])("is refused before anything is sent: %s", async (_name, terms) => {
    const made = await rigged();
    expect(shown(await made.provider.offer(saleWith(terms), ALWAYS, OFFER))).toBe("declined amount");
    expect(made.calls()).toEqual([]);
  });

  it.each([
    ["ISK", ISK, 5000, 1234, 1234, 123_400],
    ["KWD", KWD, 5000, 1230, 1230, 1230],
  ] as const)("in %s is held and taken in the service's unit", async (_code, tariff, maximumMinor, due, taken, raw) => {
    const made = await rigged();
    const sale = saleWith({ tariff, maximumMinor });
    const reference = await made.offered(sale);
    await made.confirm(reference);
    expect(await made.provider.query(sale, reference)).toMatchObject({ value: { authorisedMinor: maximumMinor } });
    const delivery = { ...CONTRACT_DELIVERY, amountMinor: due };
    const settled = await made.provider.settle(sale, reference, delivery, ALWAYS, CAPTURE);
    expect(settled).toMatchObject({ value: { state: "captured", capturedMinor: taken } });
    expect(await made.charged(sale.id)).toBe(raw);
  });

  it.each([299, 0, 9945.5])("of %d is not asked for, for it may be refused for good", async (amountMinor) => {
    const made = await rigged();
    const sale = contractSale();
    const reference = await made.offered(sale);
    await made.confirm(reference);
    const delivery = { ...CONTRACT_DELIVERY, amountMinor };
    expect(shown(await made.provider.settle(sale, reference, delivery, ALWAYS, CAPTURE))).toBe("declined amount");
    expect(made.calls()).not.toContain("capture");
  });
});

describe("another account, another mode", () => {
  const live = { key: "rk_live_anotherMode000000", account: DEMO_KEY.account, livemode: true, rights: null };
  const stranger = { key: "rk_test_anotherAccount00000", account: "acct_1another", livemode: false, rights: null };

  it.each([live, stranger])("with $key a sale is neither open nor over", async (other) => {
    const made = await rigged({ keys: [live, stranger] });
    const sale = contractSale();
    const reference = await made.offered(sale);
    await made.confirm(reference);
    const provider = made.another({ livemode: other.livemode }, memoryLog(), other.key);
    expect(shown(await provider.query(sale, reference))).toBe("unknown");
    expect(shown(await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE))).toBe("unknown");
    expect(shown(await provider.release(sale, reference, ALWAYS, OURS, FREE))).toBe("unknown");
    expect(await made.held(sale.id)).toBe(30_000);
    await provider.close();
  });

  it("a key that lacks a right is refused, and says which", async () => {
    const poor = { ...stranger, account: DEMO_KEY.account, rights: ["sessions:write"] };
    const made = await rigged({ keys: [poor], key: poor.key });
    const sale = contractSale();
    const reference = await made.offered(sale);
    await made.confirm(reference);
    const settled = await made.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    expect(settled).toMatchObject({ kind: "declined", reason: "rejected", advice: expect.stringContaining("right") });
  });
});

describe("a clock that is wrong", () => {
  it.each([
    ["ahead of", 120_000],
    ["behind", -120_000],
  ])("is noticed by the service's own time: %s", async (word, kioskAheadMs) => {
    const made = await rigged();
    expect(shown(await made.provider.probe())).toBe("done");
    made.clock.kioskAheadMs = kioskAheadMs;
    const refused = { kind: "declined", reason: "rejected", detail: expect.stringContaining(word) };
    expect(await made.provider.offer(contractSale(), ALWAYS, OFFER)).toMatchObject(refused);
    expect(await made.provider.probe()).toMatchObject(refused);
    made.clock.kioskAheadMs = 0;
    expect(shown(await made.provider.offer(contractSale(), ALWAYS, OFFER))).toBe("done");
  });

  it("is what an end of the page that is too near says", async () => {
    const made = await rigged();
    const late = { ...contractSale(), selectedAtMs: contractSale().selectedAtMs - 10 * 60_000 };
    const outcome = await made.provider.offer(late, ALWAYS, OFFER);
    expect(outcome).toMatchObject({ kind: "declined", reason: "rejected", advice: expect.stringContaining("clock") });
  });
});

function paidBy(truth: Truth | null): string {
  return truth?.state === "captured" ? truth.receipt.paymentReference : "";
}

function refundOf(saleId: string, paymentReference: string) {
  return {
    refundId: `refund-${saleId}`,
    saleId,
    position: "1",
    paymentReference,
    productName: "Diesel",
    currency: "SEK",
  };
}
