import type { Truth } from "../../../src/core/sale/resolve.ts";
import type { Sale, Terms } from "../../../src/core/sale/state.ts";
import { Api, type ApiSettings } from "../../../src/payments/stripe/api.ts";
import { StripeRefunds } from "../../../src/payments/stripe/books.ts";
import { stripe as plugIn } from "../../../src/payments/stripe/plug-in.ts";
import { StripeProvider, type StripeSettings } from "../../../src/payments/stripe/provider.ts";
import type { Call, Fault, FaultMode } from "../../../src/payments/stripe/simulator/faults.ts";
import {
  DEMO_KEY,
  type StripeSimulator,
  type StripeSimulatorOptions,
  startStripeSimulator,
} from "../../../src/payments/stripe/simulator/server.ts";
import type { Session } from "../../../src/payments/stripe/simulator/state.ts";
import type { PaymentBooks } from "../../../src/ports/books.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Log } from "../../../src/ports/log.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { contractSale } from "../../contract/payment.ts";
import type { Mishap, PaymentRig } from "../../contract/payment-rig.ts";
import { ALWAYS, OFFER, TERMS } from "../../support/sale-fixtures.ts";
import { memoryLog } from "../seqr/rig.ts";

/** When the contract's sales begin, as the kiosk and the service see it. */
const NOW_MS = contractSale().selectedAtMs;
export const CARD = "4242424242424242";

export interface StripeRigOptions extends Partial<StripeSimulatorOptions> {
  readonly key?: string;
  readonly settings?: Partial<StripeSettings>;
  readonly api?: Partial<ApiSettings>;
  readonly log?: Log;
}

export interface StripeRig extends PaymentRig {
  readonly simulator: StripeSimulator;
  readonly provider: StripeProvider;
  readonly books: PaymentBooks;
  /** `aheadMs` lets time pass for both; by `kioskAheadMs` the kiosk's clock is wrong. */
  readonly clock: Clock & { aheadMs: number; kioskAheadMs: number };
  fault(call: Call | "*", mode: FaultMode, more?: Partial<Fault>): void;
  /** What the service has of a sale, newest first. */
  sessionsOf(saleId: string): readonly Session[];
  /** A kiosk at the same service, configured in another way. */
  another(settings: Partial<StripeSettings>, log?: Log, key?: string): StripeProvider;
  /** The reference of an offer that was made. */
  offered(sale: Sale): Promise<string>;
  /** The calls that the service heard. */
  calls(): readonly Call[];
}

/** In which of the service's calls it does what a call of the port is for, and what its faults are called. */
const CALLS: Readonly<Record<Parameters<PaymentRig["mishap"]>[0], Call>> = {
  ...{ offer: "create", query: "retrieve", settle: "capture", release: "cancel", probe: "list", refund: "refund" },
};
const MODES: Readonly<Record<Mishap, FaultMode>> = {
  ...{ "lost-before": "lost-before", "lost-after": "lost-after", "cut-off": "cut", "server-error": "error" },
  ...{ busy: "rate-limit", slow: "late" },
};

export async function stripeRig(options: StripeRigOptions = {}): Promise<StripeRig> {
  const { key = DEMO_KEY.key, settings = {}, api: apiOptions = {}, log = memoryLog(), ...simulated } = options;
  const startMs = performance.now();
  const clock = {
    aheadMs: 0,
    kioskAheadMs: 0,
    monotonicMs: () => performance.now() + clock.aheadMs,
    wallMs: () => NOW_MS + performance.now() - startMs + clock.aheadMs + clock.kioskAheadMs,
    after: (delayMs: number, run: () => void) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const now = (): number => NOW_MS + performance.now() - startMs + clock.aheadMs;
  const simulator = await startStripeSimulator({ host: "127.0.0.1", port: 0, now, ...simulated });
  const apiWith = (own: { key: string; log: Log }): Api =>
    new Api({ endpoint: simulator.endpoint, timeoutMs: 5000, clock, ...apiOptions, ...own });
  const own = { pollIntervalMs: 4000, livemode: false, thanksUrl: "https://example.com/thanks", ...settings };
  const api = apiWith({ key, log });
  const provider = new StripeProvider(own, api, clock, log);
  const sessionsOf = (saleId: string): readonly Session[] =>
    simulator.book
      .sessions(Math.floor(now() / 1000))
      .filter(({ clientReferenceId }) => clientReferenceId === saleId)
      .toReversed();
  return {
    ...{ simulator, provider, clock, sessionsOf, freesHeldBills: true, named: plugIn.name },
    ...{ endsOpenOffers: true, foreignCurrency: "CLF" },
    books: { refunds: new StripeRefunds(api), remainders: null, receipts: null, periods: null },
    mishap: async (call, kind) => void simulator.faults.add({ call: CALLS[call], mode: MODES[kind], lateMs: 200 }),
    noFaults: async () => simulator.faults.clear(),
    forget: async () => simulator.service.keys.forgetAll(),
    reconfigured: async () =>
      new StripeProvider({ ...own, thanksUrl: "https://example.com/other" }, apiWith({ key, log }), clock, log),
    payable: async (saleId) => sessionsOf(saleId).filter(({ status }) => status === "open").length,
    another: (changes, otherLog = log, otherKey = key) =>
      new StripeProvider({ ...own, ...changes }, apiWith({ key: otherKey, log: otherLog }), clock, otherLog),
    fault: (call, mode, more = {}) => void simulator.faults.add({ call, mode, ...more }),
    confirm: (reference) => phone(simulator, "pay", { session: reference, card: CARD }),
    // Nobody can decline a page: who leaves it lets it end with its time.
    decline: async () => {
      clock.aheadMs += 34 * 60_000;
    },
    charged: async (saleId) => sum(sessionsOf(saleId), ({ intent }) => (intent?.received ?? 0) - refunded(intent)),
    held: async (saleId) =>
      sum(sessionsOf(saleId), ({ intent }) => (intent?.status === "requires_capture" ? intent.amount : 0)),
    pass: async (durationMs) => {
      clock.aheadMs += durationMs;
    },
    offered: async (sale) => {
      const outcome = await provider.offer(sale, ALWAYS, OFFER);
      if (outcome.kind !== "done") throw new Error(`offer: ${outcome.kind} ${outcome.detail}`);
      return outcome.value.reference;
    },
    calls: () => simulator.service.exchanges.map(({ call }) => call),
    close: () => simulator.close(),
  };
}

export async function phone(simulator: StripeSimulator, what: "pay" | "answer", body: object): Promise<void> {
  const answer = await fetch(`${simulator.phoneUrl}/api/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
}

export function saleWith(terms: Partial<Terms>): Sale {
  return { ...contractSale(), terms: { ...TERMS, ...terms } };
}

/** An outcome as a table's cell has it. */
export function shown(outcome: Outcome<Truth | object | null>): string {
  if (outcome.kind === "declined") return `declined ${outcome.reason}`;
  if (outcome.kind === "unknown") return "unknown";
  const { value } = outcome;
  return value !== null && "state" in value ? String(value.state) : "done";
}

function refunded(intent: Session["intent"]): number {
  return sum(
    intent?.refunds.filter(({ key, status }) => key !== null && status !== "failed") ?? [],
    ({ amount }) => amount,
  );
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
