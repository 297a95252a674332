import type { Clock } from "../../src/ports/clock.ts";
import type { Dispenser } from "../../src/ports/dispenser.ts";
import type { KioskView } from "../../src/ports/display.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { done } from "../../src/ports/outcome.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import type { World } from "./world.ts";

/** A planted mistake between the daemon and its surroundings, and the rules one of which must catch it. */
export interface Mutant {
  readonly name: string;
  readonly caughtBy: readonly string[];
  readonly payment?: (port: PaymentProvider, world: World) => PaymentProvider;
  readonly dispenser?: (port: Dispenser, world: World) => Dispenser;
  readonly journal?: (port: Journal, world: World) => Journal;
  readonly telemetry?: (port: Telemetry, world: World) => Telemetry;
  readonly clock?: (port: Clock, world: World) => Clock;
  readonly show?: (show: (view: KioskView) => void, world: World) => (view: KioskView) => void;
}

const RECEIPT = { paymentReference: "invented", paidAt: null, details: {} };

export const MUTANTS: readonly Mutant[] = [
  {
    name: "the journal forgets what it said it wrote",
    caughtBy: ["10 replay", "1 armed"],
    journal: (port) => ({
      ...port,
      append: async (position, event, record) => {
        if (event.type !== "meter-started") await port.append(position, event, record);
      },
    }),
  },
  {
    name: "the journal says written before it is",
    caughtBy: ["10 replay", "1 armed"],
    journal: (port) => ({
      ...port,
      append: async (position, event, record) => {
        port.append(position, event, record).catch(() => undefined);
      },
    }),
  },
  {
    name: "the outbox comes newest first",
    caughtBy: ["9 outbox"],
    journal: (port) => ({
      ...port,
      pending: async (reader, limit) => (await port.pending(reader, limit)).toReversed(),
    }),
  },
  {
    name: "the reserved maximum is committed, not the delivery",
    caughtBy: ["2 amount"],
    payment: (port) => ({
      ...port,
      settle: (sale, reference, delivery) =>
        port.settle(sale, reference, { ...delivery, amountMinor: sale.terms.maximumMinor }),
    }),
  },
  {
    name: "a repeated commit takes money again",
    caughtBy: ["3 exactly once"],
    payment: (port, world) => ({
      ...port,
      settle: async (sale, reference, delivery) => {
        const first = await port.settle(sale, reference, delivery);
        if (first.kind === "done") world.service.bills.get(reference)?.captures.push(1);
        return first;
      },
    }),
  },
  {
    name: "a commit is reported that was never sent",
    caughtBy: ["2 amount", "3 resolved"],
    payment: (port) => ({
      ...port,
      settle: async (_sale, _reference, delivery) =>
        done({ state: "captured", capturedMinor: delivery.amountMinor, receipt: RECEIPT }),
    }),
  },
  {
    name: "a release does nothing",
    caughtBy: ["3 resolved"],
    payment: (port) => ({ ...port, release: async () => done({ state: "ended", how: "canceled" }) }),
  },
  {
    name: "a scan counts as confirmed",
    caughtBy: ["1 armed"],
    payment: (port) => ({
      ...port,
      query: async (sale, reference) => {
        const seen = await port.query(sale, reference);
        const isOpen = seen.kind === "done" && seen.value.state === "open";
        return isOpen ? done({ state: "held", authorisedMinor: sale.terms.maximumMinor, holdUntilMs: null }) : seen;
      },
    }),
  },
  {
    name: "the limit is three times what was reserved",
    caughtBy: ["1 limit"],
    dispenser: (port) => ({ ...port, arm: (limitBase) => port.arm(limitBase * 3) }),
  },
  {
    name: "a stop is confirmed but not done",
    caughtBy: ["1 armed", "8 restart", "7 deadline", "2 amount", "4 billed"],
    dispenser: (port) => ({ ...port, stop: async () => done(null) }),
  },
  {
    name: "a restart arms what was interrupted",
    caughtBy: ["1 armed", "8 restart"],
    dispenser: (port, world) => ({
      ...port,
      listen: (listener) => {
        port.listen(listener);
        if (world.rules.anyOpen) void port.arm(1_000);
      },
    }),
  },
  {
    name: "the meter counts double",
    caughtBy: ["2 amount"],
    dispenser: (port) => ({
      ...port,
      totaliser: async () => {
        const reading = await port.totaliser();
        return reading.kind === "done" ? done(reading.value * 2) : reading;
      },
    }),
  },
  {
    name: "the broker acknowledges what it never got",
    caughtBy: ["9 outbox"],
    telemetry: (port) => ({ ...port, deliver: async () => true }),
  },
  {
    name: "a code stays on display",
    caughtBy: ["6 code"],
    show: (show) => {
      let shown: string | null = null;
      return (view) => {
        shown = view.positions[0]?.qr ?? shown;
        show({ positions: view.positions.map((each, at) => (at === 0 ? { ...each, qr: shown } : each)) });
      };
    },
  },
  {
    name: "timers run ten times too slow",
    caughtBy: ["1 armed", "7 deadline", "3 resolved"],
    clock: (port) => ({ ...port, after: (delayMs, run) => port.after(delayMs > 60_000 ? delayMs * 10 : delayMs, run) }),
  },
];
