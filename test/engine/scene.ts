import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CommandName } from "../../src/core/operator/messages.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import type { Identity } from "../../src/engine/belongings.ts";
import { Kiosk } from "../../src/engine/kiosk.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import type { KioskView } from "../../src/ports/display.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { done, type Outcome } from "../../src/ports/outcome.ts";
import type { PaymentProvider, ProviderOf } from "../../src/ports/payment.ts";
import { noTelemetry } from "../../src/telemetry/none/none.ts";
import { MemoryPayment } from "../support/memory-payment.ts";
import { T0_MS } from "../support/sale-fixtures.ts";
import { SILENT } from "../support/silent-log.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../support/silent-observer.ts";
import { tempFolder } from "../support/temp.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";

const TARIFF = { currency: "SEK", unit: "credit", unitPriceE6: 1_000_000, taxRateBps: 2_500 } as const;
const TIMING = {
  offerTimeoutMs: 60_000,
  commitTimeoutMs: 3_600_000,
  settleMarginMs: 600_000,
  handoverMarginMs: 60_000,
};

/** A machine that does what the test says, with a meter that says what the test says. */
class Puppet implements Dispenser {
  readonly readingStepMs = null;
  mostBasePerS: number | null = null;
  readonly orders: string[] = [];
  meter: Outcome<number> = done(0);
  tell: (event: DispenserEvent) => void = () => {};
  /** Told as soon as somebody listens. */
  tellAtOnce: DispenserEvent | null = null;

  async arm(limitBase: number): Promise<Outcome<null>> {
    this.orders.push(`arm ${limitBase}`);
    return done(null);
  }
  async stop(): Promise<Outcome<null>> {
    this.orders.push("stop");
    return done(null);
  }
  async totaliser(): Promise<Outcome<number>> {
    return this.meter;
  }
  listen(listener: (event: DispenserEvent) => void): void {
    this.tell = listener;
    if (this.tellAtOnce !== null) listener(this.tellAtOnce);
  }
  async close(): Promise<void> {}
}

interface SceneSetup {
  /** Of a kiosk that was there before. */
  readonly journal?: Journal;
  readonly commands?: readonly CommandName[];
  readonly configuredPrice?: string;
  readonly payment?: MemoryPayment;
  /** In place of the payment service in memory. */
  readonly provider?: PaymentProvider;
  /** What lies outside of virtual time, such as a request, has come to its end when this is over. */
  readonly settled?: (elapsedMs: number) => Promise<void>;
  readonly currency?: string;
  readonly offerTimeoutMs?: number;
  readonly providerOf?: ProviderOf;
  /** What its clock shows at first. */
  readonly startMs?: number;
  /** Position 1 unless told. */
  readonly position?: string;
  readonly formerly?: readonly string[];
  readonly retired?: readonly string[];
  readonly identity?: Identity;
  /** Sets the machine before the kiosk starts. */
  readonly ready?: (machine: Puppet) => void;
}

/** A kiosk of one position in virtual time, on a real journal. */
export async function scene(setup: SceneSetup = {}) {
  const journal = setup.journal ?? openJournal({ path: join(tempFolder(), "journal.db") });
  const time = new VirtualTime(setup.startMs ?? T0_MS);
  const clock = clockOf(time, { number: 1, alive: true });
  const payment = setup.payment ?? new MemoryPayment(() => time.trueMs);
  const machine = new Puppet();
  setup.ready?.(machine);
  let shown: KioskView = { positions: [] };
  const { currency = TARIFF.currency, offerTimeoutMs = TIMING.offerTimeoutMs, settled } = setup;
  const timing = { ...TIMING, offerTimeoutMs };
  const tariff = { ...TARIFF, currency, rounding: "half-up", minimumMinor: 0 } as const;
  const configuredPrice = setup.configuredPrice ?? "1.00";
  const priceProblem = (unitPrice: string): string | null =>
    Number(unitPrice) > 0 ? null : "expected a price above 0";
  const { position = "1", formerly = [], retired = [] } = setup;
  const goods = { position, productName: "Snacks", sku: "S", tariff, reserveMinor: [2_000, 5_000] };
  const kiosk = new Kiosk({
    positions: [
      {
        goods,
        formerly,
        identity: setup.identity ?? {},
        dispenser: machine,
        noFlowTimeoutMs: 30_000,
        timing,
        configuredPrice,
        priceProblem,
      },
    ],
    retired,
    ...(setup.providerOf === undefined ? {} : { providerOf: setup.providerOf }),
    ...{
      payment: setup.provider ?? payment,
      journal,
      telemetry: noTelemetry(),
      clock,
      log: SILENT,
      earliestPlausibleMs: 0,
    },
    newSaleId: () => `sale-${time.elapsedMs}`,
    show: (view) => {
      shown = view;
    },
    saleClosed: () => {},
    observer: SILENT_OBSERVER,
    machine: SILENT_MACHINE,
    commands: setup.commands ?? [],
    reconcile: async () => {},
    settleBooks: async () => 0,
    fatal: () => {},
  });
  if (setup.journal === undefined) onTestFinished(() => journal.close());
  async function pass(ms: number): Promise<void> {
    let passed = false;
    time.after(ms, () => {
      passed = true;
    });
    while (!passed) {
      await settled?.(time.elapsedMs);
      await time.step();
    }
  }
  await Promise.all([kiosk.start(), pass(10)]);
  machine.orders.length = 0;
  const view = (): PositionView => kiosk.view().positions[0] as PositionView;
  const confirm = async (): Promise<void> => {
    payment.confirm((view().qr ?? "").replace("MEMORY:", ""));
    await pass(2_000);
  };
  const faults = (): string[] => kiosk.faults.all.map(({ code, detail }) => `${code}: ${detail}`);
  const setClockBack = (ms: number): void => {
    time.wallErrorMs -= ms;
  };
  return { journal, kiosk, machine, payment, pass, view, confirm, faults, setClockBack, shown: () => shown };
}
