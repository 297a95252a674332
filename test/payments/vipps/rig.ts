import { VippsBooks } from "../../../src/payments/vipps/books.ts";
import { VippsCalls, type VippsSettings } from "../../../src/payments/vipps/calls.ts";
import { vipps as plugIn } from "../../../src/payments/vipps/plug-in.ts";
import { VippsProvider } from "../../../src/payments/vipps/provider.ts";
import type { Fault } from "../../../src/payments/vipps/simulator/faults.ts";
import {
  DEMO_UNIT,
  type SeenExchange,
  startVippsSimulator,
  type VippsSimulator,
  type VippsSimulatorOptions,
} from "../../../src/payments/vipps/simulator/server.ts";
import type { SimulatedPayment } from "../../../src/payments/vipps/simulator/service.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Log, LogFields } from "../../../src/ports/log.ts";
import type { Call, Mishap, PaymentRig } from "../../contract/payment-rig.ts";
import { TERMS } from "../../support/sale-fixtures.ts";

const CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Everything that was logged, as one text. */
function memoryLog(): Log & { text(): string } {
  const lines: string[] = [];
  const write = (fields: LogFields, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: write, info: write, warn: write, error: write, text: () => lines.join("\n") };
}

/** The request in which each call does what it is for. */
const CALLS: Readonly<Record<Call | "refund", Fault["call"]>> = {
  ...{ offer: "create", query: "payment", settle: "capture", release: "cancel", probe: "payment", refund: "refund" },
};

const MODES: Readonly<Record<Mishap, Partial<Fault> & Pick<Fault, "mode">>> = {
  "lost-before": { mode: "drop-request" },
  "lost-after": { mode: "drop-answer" },
  "cut-off": { mode: "truncate" },
  "server-error": { mode: "status", status: 500 },
  busy: { mode: "status", status: 429, retryAfter: "1" },
  slow: { mode: "delay" },
};

export interface VippsRig extends PaymentRig {
  readonly provider: VippsProvider;
  readonly books: VippsBooks;
  readonly simulator: VippsSimulator;
  /** All that went over the wire unharmed, in its order. */
  readonly seen: SeenExchange[];
  fault(fault: Partial<Fault> & Pick<Fault, "call" | "mode">): void;
  payment(saleId: string): SimulatedPayment;
  /** Another daemon with the same sales unit. */
  restarted(changes?: Partial<VippsSettings>): { readonly provider: VippsProvider; readonly books: VippsBooks };
}

export async function vippsRig(
  changes: Partial<VippsSettings> = {},
  options: Partial<VippsSimulatorOptions> = {},
  log: Log = memoryLog(),
): Promise<VippsRig> {
  let aheadMs = 0;
  const seen: SeenExchange[] = [];
  const simulator = await startVippsSimulator({
    ...{ host: "127.0.0.1", port: 0, now: () => Date.now() + aheadMs, onExchange: (each) => void seen.push(each) },
    ...options,
    switches: { holdMs: TERMS.commitTimeoutMs, ...options.switches },
  });
  const settings: VippsSettings = {
    origin: simulator.origin,
    timeoutMs: 5_000,
    clock: CLOCK,
    log,
    ...DEMO_UNIT,
    ...changes,
  };
  const restarted = (more: Partial<VippsSettings> = {}) => {
    const calls = new VippsCalls({ ...settings, ...more });
    return { provider: new VippsProvider(calls), books: new VippsBooks(calls) };
  };
  const payment = (saleId: string): SimulatedPayment => {
    const found = simulator.service.find(saleId);
    if (found === undefined) throw new Error(`the service has no payment ${saleId}`);
    return found;
  };
  return {
    ...restarted(),
    ...{ simulator, seen, payment, restarted, freesHeldBills: true },
    named: plugIn.name,
    endsOpenOffers: true,
    foreignCurrency: "SEK",
    mishap: async (call, kind) =>
      void simulator.faults.add({ ...{ count: 1, status: 500, delayMs: 300 }, ...MODES[kind], call: CALLS[call] }),
    noFaults: async () => simulator.faults.clear(),
    forget: async () => simulator.service.forgetKeys(),
    reconfigured: async () => restarted({ timeoutMs: 4_000 }).provider,
    payable: async (saleId) =>
      simulator.service.payments().filter(({ reference, state }) => reference.startsWith(saleId) && state === "CREATED")
        .length,
    fault: (fault) => void simulator.faults.add({ ...{ count: 1, status: 500, delayMs: 1_000 }, ...fault }),
    confirm: async (reference) => void simulator.service.choose("confirm", reference),
    decline: async (reference) => void simulator.service.choose("decline", reference),
    charged: async (saleId) => {
      const found = simulator.service.find(saleId);
      return found === undefined ? 0 : found.capturedMinor - found.refundedMinor;
    },
    held: async (saleId) => {
      const found = simulator.service.find(saleId);
      return found?.state !== "AUTHORIZED" ? 0 : found.authorisedMinor - found.cancelledMinor - found.capturedMinor;
    },
    pass: async (durationMs) => {
      aheadMs += durationMs;
    },
    close: () => simulator.close(),
  };
}
