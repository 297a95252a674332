import { randomInt } from "node:crypto";
import { dirname } from "node:path";
import { priceProblem } from "../config/checks.ts";
import { goodsOf } from "../config/goods.ts";
import type { Loaded } from "../config/load.ts";
import { factsOf } from "../config/plug-ins.ts";
import { EARLIEST_PLAUSIBLE_MS } from "../core/clock.ts";
import type { Kiosk } from "../engine/kiosk.ts";
import { RunningParts } from "../engine/running-parts.ts";
import type { PositionSetup } from "../engine/sale/admission.ts";
import type { Prometheus } from "../platform/metrics/metrics.ts";
import type { Clock } from "../ports/clock.ts";
import type { Dispenser } from "../ports/dispenser.ts";
import type { Display, KioskView } from "../ports/display.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { SaleTiming } from "../ports/payment-plug-in.ts";
import { withAlerts } from "./alerts.ts";
import { type Books, keepBooks } from "./books.ts";
import { meterOf, openDispenser, Shared } from "./devices.ts";
import { openDisplay } from "./displays.ts";
import { openOperator } from "./operator.ts";
import { type OpenPayments, openPayments, paymentSite } from "./payment.ts";
import { PLUG_INS } from "./plug-ins.ts";
import type { Daemon, StartOptions } from "./served.ts";
import { type OpenSignals, openSignals } from "./signals.ts";
import { openTelemetry } from "./telemetry.ts";

/**
 * The composition root: every part that the configuration names, wired together and serving. Only those are
 * loaded. Rejects with nothing left open when one of them cannot start.
 */
export async function startDaemon(
  loaded: Loaded,
  { log, emergencyStop, onFatal, gpio }: StartOptions,
): Promise<Daemon> {
  const { config } = loaded;
  const prometheus = await openMetrics(loaded);
  const { observer } = prometheus;
  const { openJournalThread } = await import("../platform/journal/sqlite/thread.ts");
  const opening = openJournalThread(config.journal, observer.journaled);
  // It opens beside all that is loaded here; what comes of it is heard below.
  opening.catch(() => undefined);
  const { systemClock } = await import("../platform/clock/clock.ts");
  const { systemdService } = await import("../platform/service/systemd.ts");
  const { linuxMachine } = await import("../platform/machine/linux.ts");
  const engine = await import("../engine/kiosk.ts");
  const clock = systemClock();
  const open = new RunningParts();
  try {
    const service = open.add(await systemdService(process.env, clock, log));
    const opened = service.patience(opening).catch((error: unknown) => standIn(error, log));
    const journal = open.add(await failingOnPurpose(await opened));
    const site = paymentSite(loaded);
    const payments = open.add(await openPayments(loaded, { clock, log, observe: observer.paymentCall }));
    const payment = payments.selling;
    const telemetry = open.add(
      await withAlerts(await openTelemetry(loaded, { clock, log, observer }), loaded, { clock, log }),
    );
    const shared = open.add(new Shared(gpio));
    emergencyStop.guard(shared);
    const positions = await openPositions(
      loaded,
      { clock, log, shared, payments, timing: site.timing },
      (dispenser) => {
        emergencyStop.guard(dispenser);
        open.add(dispenser);
      },
    );
    const later = new Later();
    const kiosk = new engine.Kiosk({
      ...{ positions, journal, telemetry, observer, clock, log, earliestPlausibleMs: EARLIEST_PLAUSIBLE_MS },
      payment: payment.provider,
      providerOf: (name) => payments.of(name)?.provider ?? null,
      retired: config.retired,
      machine: linuxMachine(dirname(config.journal.path)),
      commands: config.mqtt?.commands ?? [],
      newSaleId: () => newSaleId(clock),
      show: (view) => later.show(view),
      saleClosed: () => later.books?.saleClosed(),
      reconcile: async (position) => {
        await later.openBooks().request(position);
      },
      settleBooks: async (position, acknowledgement) => await later.openBooks().settle(position, acknowledgement),
      fatal: onFatal,
    });
    const metrics = async (): Promise<string> => prometheus.render(await metricsOf(kiosk, config.mqtt !== undefined));
    const dropped = observer.connectionDropped;
    const served = { input: kiosk.customers, health: () => kiosk.health(), metrics };
    const display = open.add(await openDisplay(loaded, { ...served, dropped, clock, log }));
    emergencyStop.guard(display);
    later.display = display;
    if (config.display.required) reportTo(kiosk, display);
    later.signals = open.add(await openSignals({ config, shared, clock, log }, reportSignals(kiosk)));
    later.show(kiosk.view());
    const books = await keepBooks(loaded, payments, { kiosk, journal, clock, log });
    later.books = books;
    // Everything is wired from here on; now it starts.
    await kiosk.start([books]);
    open.add(kiosk);
    service.watch(() => kiosk.isWell());
    const operator = await openOperator(loaded, { kiosk, journal, payments, dropped, clock, log, open });
    if (payment.takeOffers !== null) open.add(await payment.takeOffers(kiosk.customers, dropped));
    service.ready();
    const close = async (): Promise<void> => {
      service.stopping();
      await open.close();
    };
    return { displayUrl: display.url, operatorUrl: operator?.url ?? null, finish: () => kiosk.finish(), close };
  } catch (error) {
    await open.close().catch(() => undefined);
    throw error;
  }
}

/** They need the kiosk, and it needs them: in place before it starts. */
class Later {
  display: Display | null = null;
  signals: OpenSignals | null = null;
  books: Books | null = null;

  show(view: KioskView): void {
    this.display?.show(view);
    this.signals?.show(view);
  }

  /** @throws Error before they are open */
  openBooks(): Books {
    if (this.books === null) throw new Error("the books are not open");
    return this.books;
  }
}

async function openMetrics({ config }: Loaded): Promise<Prometheus> {
  const { createPrometheus } = await import("../platform/metrics/metrics.ts");
  const { version } = await import("../platform/version.ts");
  return createPrometheus({
    version,
    positions: config.positions.map(({ id }) => id),
    currency: config.kiosk.currency,
  });
}

async function metricsOf(kiosk: Kiosk, hasBroker: boolean): Promise<Metrics> {
  const metrics = await kiosk.metrics();
  const isAway = metrics.faults.some(({ code }) => code === "broker-unreachable");
  return { ...metrics, brokerConnected: hasBroker ? !isAway : null, residentBytes: process.memoryUsage.rss() };
}

/** Nobody is sold anything that they cannot read the price of. */
function reportTo({ faults }: Kiosk, display: Display): void {
  display.watch((problem) => {
    if (problem === null) faults.clear("display-silent", null);
    else faults.raise("display-silent", null, problem);
  });
}

/** They help; no sale depends on them. */
function reportSignals({ faults }: Kiosk): (position: string, problem: string | null) => void {
  return (position, problem) => {
    if (problem === null) faults.clear("signal-failed", position);
    else faults.raise("signal-failed", position, problem);
  };
}

interface PositionParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly shared: Shared;
  readonly payments: OpenPayments;
  readonly timing: SaleTiming;
}

async function openPositions(
  { file, config }: Loaded,
  { payments, timing, ...given }: PositionParts,
  opened: (dispenser: Dispenser) => void,
): Promise<PositionSetup[]> {
  const positions = [];
  const around = { file, config, folder: dirname(config.journal.path), ...given };
  for (const position of config.positions) {
    const dispenser = await openDispenser(position, around);
    opened(dispenser);
    positions.push({
      goods: goodsOf(config, position, factsOf(PLUG_INS, position.dispenser).areGoodsChosenFirst),
      formerly: position.formerly,
      identity: {
        terminal: payments.selling.accountOf(position.id),
        terminalAt: (provider?: string) => payments.of(provider)?.accountOf(position.id),
        meter: meterOf(position, around),
      },
      dispenser,
      noFlowTimeoutMs: position.noFlowTimeout,
      timing,
      configuredPrice: position.product.unitPrice,
      priceProblem: (unitPrice: string) => priceProblem(config, position, unitPrice, PLUG_INS),
    });
  }
  return positions;
}

/** For a journal that is gone: the kiosk starts and sells nothing. Any other trouble keeps it from starting. */
async function standIn(error: unknown, log: Log): Promise<Journal> {
  const { JournalGoneError } = await import("../platform/journal/sqlite/errors.ts");
  if (!(error instanceof JournalGoneError)) throw error;
  log.error({}, error.message);
  const { goneJournal } = await import("../platform/journal/gone/gone.ts");
  return goneJournal(error);
}

/** Only the tests of the whole daemon name a failpoint. */
async function failingOnPurpose(journal: Journal): Promise<Journal> {
  const failpoint = process.env["KIOSKD_FAILPOINT"];
  if (failpoint === undefined) return journal;
  const { withFailpoint } = await import("../platform/journal/failpoint/failpoint.ts");
  return withFailpoint(journal, failpoint);
}

/** Time first, so that ids sort; then chance, so that two kiosks or a clock set back never make the same one. */
function newSaleId(clock: Clock): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const chance = Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${clock.wallMs().toString(36)}-${chance}`;
}
