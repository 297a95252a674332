import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE, type State } from "../../src/core/sale/state.ts";
import { Kiosk } from "../../src/engine/kiosk.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Dispenser } from "../../src/ports/dispenser.ts";
import { done } from "../../src/ports/outcome.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";
import { noTelemetry } from "../../src/telemetry/none/none.ts";
import { MemoryPayment } from "../support/memory-payment.ts";
import { SILENT } from "../support/silent-log.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../support/silent-observer.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";

/** From the newest event in the journal to the restart. */
const DOWN_MS = 30_000;
const SETTLED_WITHIN_MS = 120_000;
/** What has flowed since the meter was last read. */
const SINCE_BASE = 1_000;
const GOODS = {
  productName: "Diesel",
  sku: "DSL",
  tariff: {
    currency: "SEK",
    unit: "L",
    unitPriceE6: 19_890_000,
    taxRateBps: 2_500,
    rounding: "half-up",
    minimumMinor: 0,
  },
  reserveMinor: [30_000],
} as const;
const TIMING = {
  offerTimeoutMs: 120_000,
  commitTimeoutMs: 3_600_000,
  settleMarginMs: 600_000,
  handoverMarginMs: 60_000,
};

/** Starts a kiosk on the journal, with a payment service and meters that are where its states say they are. */
export async function resumed(path: string, states: Readonly<Record<string, State>>) {
  const journal = openJournal({ path });
  const time = new VirtualTime(((await journal.newestAtMs()) ?? 0) + DOWN_MS);
  const memory = new MemoryPayment(() => time.trueMs);
  const armed: string[] = [];
  const payment = await serviceAfter(memory, Object.values(states));
  const kiosk = new Kiosk({
    positions: Object.entries(states).map(([position, state]) => ({
      goods: { ...GOODS, position },
      dispenser: meterAfter(state, () => armed.push(position)),
      noFlowTimeoutMs: 30_000,
      timing: TIMING,
      configuredPrice: "19.89",
      priceProblem: () => null,
    })),
    payment,
    providerOf: () => payment,
    ...{ journal, telemetry: noTelemetry(), clock: clockOf(time, { number: 1, alive: true }), log: SILENT },
    ...{ observer: SILENT_OBSERVER, machine: SILENT_MACHINE, commands: [], earliestPlausibleMs: 0 },
    newSaleId: () => "none",
    show: () => {},
    saleClosed: () => {},
    reconcile: async () => {},
    settleBooks: async () => 0,
    fatal: (reason) => {
      throw new Error(reason);
    },
  });
  time.after(0, () => void kiosk.start());
  let over = false;
  time.after(SETTLED_WITHIN_MS, () => {
    over = true;
  });
  while (!over) await time.step();
  const closed = new Map<string, Closed>();
  for (const [position, { phase }] of Object.entries(states)) {
    const state = replay(IDLE, await journal.lastSale(position));
    if (phase !== "closed" && state.phase === "closed") closed.set(state.sale.id, state);
  }
  await journal.close();
  const { heldMinor, chargedMinor } = memory;
  return { armed, closed, heldMinor: heldMinor.bind(memory), chargedMinor: chargedMinor.bind(memory) };
}

function meterAfter(state: State, onArm: () => void): Dispenser {
  const totalBase = state.phase === "dispensing" ? state.metering.lastBase + SINCE_BASE : 0;
  return {
    readingStepMs: null,
    mostBasePerS: null,
    arm: async () => {
      onArm();
      return done(null);
    },
    stop: async () => done(null),
    totaliser: async () => done(totalBase),
    listen: () => {},
    close: async () => {},
  };
}

/** The service knows these sales by the references that stand in the journal. */
async function serviceAfter(memory: MemoryPayment, states: readonly State[]): Promise<PaymentProvider> {
  const references = new Map<string, string>();
  for (const state of states) {
    if (!("offer" in state) || state.offer === null || state.phase === "closed") continue;
    const made = await memory.offer(state.sale, () => true);
    if (made.kind !== "done") throw new Error("the memory refuses an offer");
    references.set(state.sale.id, made.value.reference);
    if ("hold" in state && state.hold !== null) memory.confirm(made.value.reference);
  }
  const known = (saleId: string): string => references.get(saleId) ?? "none";
  return {
    traits: memory.traits,
    rulesFor: () => memory.rulesFor(),
    offer: (sale, mayGoOn) => memory.offer(sale, mayGoOn),
    query: (sale) => memory.query(sale, known(sale.id)),
    settle: (sale, _reference, delivery, mayGoOn) => memory.settle(sale, known(sale.id), delivery, mayGoOn),
    release: (sale, reference, mayGoOn) => memory.release(sale, reference === null ? null : known(sale.id), mayGoOn),
    probe: (position) => memory.probe(position),
    close: () => memory.close(),
  };
}
