import Counter from "prom-client/lib/counter.js";
import Histogram from "prom-client/lib/histogram.js";
import type Registry from "prom-client/lib/registry.js";
import { minorDigits, parseAmount } from "../../core/money.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import type { Outcome } from "../../core/sale/state.ts";
import type { DropReason, ListenerName, Observer } from "../../ports/metrics.ts";

export interface Sold {
  /** The ids of all positions. */
  readonly positions: readonly string[];
  readonly currency: string;
}

const OUTCOMES: readonly Outcome[] = ["paid", "released", "needs-attention"];
const LISTENERS: readonly ListenerName[] = ["display", "remote-offers", "operator"];
const DROP_REASONS: readonly DropReason[] = [
  "slow",
  "share",
  "displaced",
  "pipelined",
  "not-reading",
  "follower-displaced",
  "follower-refused",
];
const PAYMENT_CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const ARMED_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const JOURNAL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Counts what happens, from zero at each start of the daemon. */
export function observed(registry: Registry, sold: Sold): Observer {
  const registers = [registry];
  const refusals = new Counter({
    name: "kioskd_refusals_total",
    help: "Sales that were not let begin, since the daemon started",
    labelNames: ["reason"],
    registers,
  });
  const paymentCalls = new Histogram({
    name: "kioskd_payment_call_duration_seconds",
    help: "SOAP calls to the payment service, until answered or given up",
    labelNames: ["operation", "outcome"],
    buckets: PAYMENT_CALL_SECONDS,
    registers,
  });
  const armed = new Histogram({
    name: "kioskd_poll_to_armed_seconds",
    help: "From RESERVED seen at the payment service to the armed dispenser",
    buckets: ARMED_SECONDS,
    registers,
  });
  const journaled = new Histogram({
    name: "kioskd_journal_append_duration_seconds",
    help: "Events until they are durable: the way to the journal's thread, its queue and the fsync",
    buckets: JOURNAL_SECONDS,
    registers,
  });
  const commands = new Counter({
    name: "kioskd_commands_total",
    help: "Operators' commands by what came of them, since the daemon started",
    labelNames: ["command", "result"],
    registers,
  });
  const drops = dropsIn(registry);
  const countSale = salesIn(registry, sold);
  const countCharged = chargedIn(registry, sold);
  return {
    saleClosed: (record) => {
      // What takes the place of an earlier record was counted then, as what it was taken for; its charge was not known.
      if (record.amends !== true) countSale(record);
      countCharged(record);
    },
    refused: (reason) => refusals.inc({ reason }),
    armed: (latencyMs) => armed.observe(latencyMs / 1000),
    paymentCall: (operation, outcome, durationMs) => paymentCalls.observe({ operation, outcome }, durationMs / 1000),
    journaled: (durationMs) => journaled.observe(durationMs / 1000),
    commanded: (command, result) => commands.inc({ command, result }),
    connectionDropped: (listener, reason) => drops.inc({ listener, reason }),
  };
}

function dropsIn(registry: Registry): Counter<"listener" | "reason"> {
  const drops = new Counter({
    name: "kioskd_connections_dropped_total",
    help: "Connections to a listener that were ended so that others are served, since the daemon started",
    labelNames: ["listener", "reason"],
    registers: [registry],
  });
  for (const listener of LISTENERS) for (const reason of DROP_REASONS) drops.inc({ listener, reason }, 0);
  return drops;
}

/** Every series is there from the start, or the first sale of each kind would not show in a rate. */
function salesIn(registry: Registry, { positions }: Sold): (record: SaleRecord) => void {
  const sales = new Counter({
    name: "kioskd_sales_total",
    help: "Sales closed since the daemon started",
    labelNames: ["position", "outcome"],
    registers: [registry],
  });
  for (const position of positions) for (const outcome of OUTCOMES) sales.inc({ position, outcome }, 0);
  return ({ position, outcome }) => sales.inc({ position, outcome });
}

/** Summed in minor units, so that it stays exact, and told in the currency's own. */
function chargedIn(registry: Registry, { positions, currency }: Sold): (record: SaleRecord) => void {
  const sums = new Map<string, { readonly labels: { position: string; currency: string }; amountMinor: number }>();
  const sumOf = (labels: { position: string; currency: string }) => {
    const key = `${labels.currency} ${labels.position}`;
    const sum = sums.get(key) ?? { labels, amountMinor: 0 };
    sums.set(key, sum);
    return sum;
  };
  for (const position of positions) sumOf({ position, currency });
  new Counter({
    name: "kioskd_charged_total",
    help: "Amounts charged since the daemon started, in units of the currency",
    labelNames: ["position", "currency"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, amountMinor } of sums.values()) {
        this.inc(labels, amountMinor / 10 ** minorDigits(labels.currency));
      }
    },
  });
  return (record) => {
    const { position, charged } = record;
    sumOf({ position, currency: record.currency }).amountMinor += parseAmount(charged, record.currency) ?? 0;
  };
}
