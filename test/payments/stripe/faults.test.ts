import { afterEach, describe, expect, it } from "vitest";
import type { Sale } from "../../../src/core/sale/state.ts";
import type { Call, Fault, FaultMode } from "../../../src/payments/stripe/simulator/faults.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../../support/sale-fixtures.ts";
import { sample } from "../../support/sample.ts";
import { memoryLog } from "../seqr/rig.ts";
import { CARD, phone, type StripeRig, shown, stripeRig } from "./rig.ts";

let rig: StripeRig | null = null;

afterEach(async () => {
  await rig?.provider.close();
  await rig?.close();
  rig = null;
});

type Deed = "offer" | "query" | "settle" | "release" | "free";

/** From where a deed begins: an offer for `query` and `release`, a hold for `settle` and `free`. */
async function done(made: StripeRig, deed: Deed, sale: Sale, reference: string): Promise<string> {
  const { provider } = made;
  switch (deed) {
    case "offer":
      return shown(await provider.offer(sale, ALWAYS, OFFER));
    case "query":
      return shown(await provider.query(sale, reference));
    case "settle":
      return shown(await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE));
    case "release":
    case "free":
      return shown(await provider.release(sale, reference, ALWAYS, OURS, FREE));
  }
}

async function begun(deed: Deed, timeoutMs = 5000): Promise<{ made: StripeRig; sale: Sale; reference: string }> {
  const made = await stripeRig({ api: { timeoutMs } });
  rig = made;
  const sale = contractSale();
  const reference = deed === "offer" ? "" : await made.offered(sale);
  if (deed === "settle" || deed === "free") await made.confirm(reference);
  return { made, sale, reference };
}

type Row = readonly [
  deed: Deed,
  call: Call,
  mode: FaultMode,
  first: string,
  /** The same again, when nothing is wrong any more. */
  then: string,
  /** What the service holds and has taken in the end. */
  money: readonly [heldMinor: number, chargedMinor: number],
  more?: Partial<Fault>,
];

const MAXIMUM = 30_000;
const DUE = CONTRACT_DELIVERY.amountMinor;

const NO_ANSWER = ["lost-before", "html", "portal", "redirect", "cut", "huge", "late", "error", "rate-limit"] as const;

const ROWS: readonly Row[] = [
  ...[...NO_ANSWER, "lost-after", "lock-timeout", "key-in-use"].flatMap((mode): Row[] => [
    ["offer", "create", mode as FaultMode, "unknown", "done", [0, 0]],
    ["query", "retrieve", mode as FaultMode, "unknown", "open", [0, 0]],
    ["release", "expire", mode as FaultMode, "unknown", "ended", [0, 0]],
    ["free", "cancel", mode as FaultMode, "unknown", "ended", [0, 0]],
  ]),
  // What was lost before it arrived was not done. What was done is seen at the next look.
  ...(["lost-before", "html", "portal", "redirect", "error", "rate-limit", "lock-timeout", "key-in-use"] as const).map(
    (mode): Row => ["settle", "capture", mode, "unknown", "captured", [0, DUE]],
  ),
  ...(["lost-after", "cut", "huge", "late", "error-after"] as const).map(
    (mode): Row => ["settle", "capture", mode, "captured", "captured", [0, DUE]],
  ),

  // A failure that the service keeps under its key.
  ["offer", "create", "error-kept", "unknown", "unknown", [0, 0]],
  ["settle", "capture", "error-kept", "unknown", "captured", [0, DUE]],
  ["release", "expire", "error-kept", "unknown", "open", [0, 0]],
  ["free", "cancel", "error-kept", "unknown", "held", [MAXIMUM, 0]],
  ["release", "expire", "error-after", "unknown", "ended", [0, 0]],
  ["free", "cancel", "error-after", "unknown", "ended", [0, 0]],

  // Somebody was quicker.
  ["release", "expire", "pays", "ended", "ended", [0, 0]],
  ["release", "retrieve", "pays", "ended", "ended", [0, 0]],
  ["release", "expire", "ends", "ended", "ended", [0, 0]],
  ["free", "cancel", "lapses", "ended", "ended", [0, 0]],
  ["settle", "capture", "lapses", "ended", "ended", [0, 0]],
  ["settle", "retrieve", "lapses", "ended", "ended", [0, 0]],

  // Neither yes nor no: it is about something else.
  ...(["other-currency", "other-amount", "other-mode", "other-sale"] as const).flatMap((mode): Row[] => [
    ["offer", "create", mode, "unknown", "done", [0, 0]],
    ["query", "retrieve", mode, "different", "open", [0, 0]],
    ["release", "retrieve", mode, "different", "ended", [0, 0]],
    ["settle", "retrieve", mode, "different", "captured", [0, DUE]],
    ["settle", "capture", mode, "different", "captured", [0, DUE]],
  ]),
  ...(["no-sale", "odd-status"] as const).flatMap((mode): Row[] => [
    ["query", "retrieve", mode, "unclear", "open", [0, 0]],
    ["settle", "retrieve", mode, "unclear", "captured", [0, DUE]],
    ["settle", "capture", mode, "unclear", "captured", [0, DUE]],
    ["free", "cancel", mode, "unclear", "ended", [0, 0]],
  ]),
  ["offer", "create", "no-sale", "unknown", "done", [0, 0]],

  // The key is not let in.
  ["offer", "create", "error", "declined rejected", "done", [0, 0], { status: 401 }],
  ["query", "retrieve", "error", "declined rejected", "open", [0, 0], { status: 403 }],
  ["settle", "capture", "error", "declined rejected", "captured", [0, DUE], { status: 403 }],
  ["release", "expire", "error", "declined rejected", "ended", [0, 0], { status: 401 }],
];

describe("a fault, and what comes of it", () => {
  it.each(sample("stripe faults", ROWS, 30).map((row) => [row.slice(0, 5).join(", "), row] as const))(
    "%s",
    async (_name, row) => {
      const [deed, call, mode, first, then, money, more = {}] = row;
      const { made, sale, reference } = await begun(deed, mode === "late" ? 400 : undefined);
      made.fault(call, mode, { lateMs: 800, ...more });
      expect(await done(made, deed, sale, reference)).toBe(first);
      expect(await done(made, deed, sale, reference)).toBe(then);
      expect([await made.held(sale.id), await made.charged(sale.id)]).toEqual(money);
      const taken = made.sessionsOf(sale.id).map(({ intent }) => intent?.captures ?? 0);
      expect(Math.max(0, ...taken)).toBeLessThanOrEqual(1);
      expect(taken.length).toBeLessThanOrEqual(1);
    },
  );
});

describe("an offer whose answer was lost", () => {
  const lost = (made: StripeRig, sale: Sale) => made.provider.release(sale, null, ALWAYS, OURS, FREE);

  it.each(["lost-before", "lost-after", "error-kept", "error-after", "cut"] as const)(
    "%s: nothing stays open",
    async (mode) => {
      const { made, sale } = await begun("offer");
      made.fault("create", mode);
      await made.provider.offer(sale, ALWAYS, OFFER);
      expect(shown(await lost(made, sale))).toBe("ended");
      expect(made.sessionsOf(sale.id).filter(({ status }) => status !== "expired")).toEqual([]);
    },
  );

  it("is found by its sale when the service has forgotten its key and it is too late for another", async () => {
    const { made, sale } = await begun("offer");
    made.fault("create", "lost-after");
    await made.provider.offer(sale, ALWAYS, OFFER);
    const [session] = made.sessionsOf(sale.id);
    await phone(made.simulator, "pay", { session: session?.id, card: CARD });
    expect(await made.held(sale.id)).toBe(MAXIMUM);
    made.simulator.service.keys.forgetAll();
    made.clock.aheadMs += 10 * 60_000;
    expect(shown(await lost(made, sale))).toBe("ended");
    expect([await made.held(sale.id), made.sessionsOf(sale.id).length]).toEqual([0, 1]);
  });

  it("is found by its sale when the configuration has changed meanwhile", async () => {
    const { made, sale } = await begun("offer");
    const reference = await made.offered(sale);
    const log = memoryLog();
    const provider = made.another({ thanksUrl: "https://example.com/other" }, log);
    expect(shown(await provider.offer(sale, ALWAYS, OFFER))).toBe("unknown");
    expect(log.text()).toContain("not the same");
    expect(shown(await provider.release(sale, null, ALWAYS, OURS, FREE))).toBe("ended");
    expect(shown(await made.provider.query(sale, reference))).toBe("ended");
    await provider.close();
  });

  it("is not over while the service does not say so", async () => {
    const { made, sale } = await begun("offer");
    made.clock.aheadMs += 10 * 60_000;
    made.fault("list", "lost-before");
    expect(shown(await lost(made, sale))).toBe("unknown");
    expect(shown(await lost(made, sale))).toBe("ended");
  });
});

describe("with all keys forgotten between two sendings", () => {
  it.each(["settle", "release", "free"] as const)("%s has one effect", async (deed) => {
    const { made, sale, reference } = await begun(deed);
    const first = await done(made, deed, sale, reference);
    made.simulator.service.keys.forgetAll();
    expect(await done(made, deed, sale, reference)).toBe(first);
    const [session] = made.sessionsOf(sale.id);
    expect([session?.intent?.captures ?? 0, await made.held(sale.id)]).toEqual([deed === "settle" ? 1 : 0, 0]);
  });
});
