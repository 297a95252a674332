#!/usr/bin/env -S node --max-semi-space-size=1
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SeqrBooksSettings } from "./adapters/payment/seqr/books.ts";
import type { SeqrCalls } from "./adapters/payment/seqr/calls.ts";
import type { Daemon, StartOptions } from "./cli/daemon.ts";
import { runCli } from "./cli/program.ts";
import { seqrSettings } from "./cli/seqr-settings.ts";
import { goodsOf, timingOf } from "./config/goods.ts";
import type { Loaded } from "./config/load.ts";
import { openDisplay } from "./displays.ts";
import { openDispenser, Shared } from "./drivers.ts";
import type { PositionSetup } from "./engine/admission.ts";
import type { Kiosk } from "./engine/kiosk.ts";
import type { Clock } from "./ports/clock.ts";
import type { Display, KioskView } from "./ports/display.ts";
import type { Journal } from "./ports/journal.ts";
import type { Log } from "./ports/log.ts";
import type { Telemetry } from "./ports/telemetry.ts";

/** No clock of a machine that runs this program can honestly show an earlier time. */
const EARLIEST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1);

/**
 * The composition root: every part that the configuration names, wired together and serving. Only those are
 * loaded. Rejects with nothing left open when one of them cannot start.
 */
async function startDaemon(loaded: Loaded, { log, onFatal }: StartOptions): Promise<Daemon> {
  const { config } = loaded;
  const { openJournalThread } = await import("./adapters/journal/sqlite/thread.ts");
  const opening = openJournalThread(config.journal.path);
  // It opens beside all that is loaded here; what comes of it is heard below.
  opening.catch(() => undefined);
  const { systemClock } = await import("./adapters/clock/system/clock.ts");
  const seqr = await import("./adapters/payment/seqr/calls.ts");
  const { createSeqrProvider } = await import("./adapters/payment/seqr/provider.ts");
  const { createPrometheus } = await import("./adapters/metrics/prometheus/metrics.ts");
  const { systemdService } = await import("./adapters/service/systemd/systemd.ts");
  const engine = await import("./engine/kiosk.ts");
  const clock = systemClock();
  const undo: (() => Promise<void>)[] = [];
  try {
    const journal = await failingOnPurpose(await opening);
    undo.push(() => journal.close());
    const settings = seqrSettings(loaded);
    const calls = await seqr.SeqrCalls.create(settings, clock, log);
    const payment = await createSeqrProvider(settings, clock, log, calls);
    undo.push(() => payment.close());
    const telemetry = await startTelemetry(loaded, clock, log);
    undo.push(() => telemetry.close());
    const shared = new Shared();
    undo.push(() => shared.close());
    const positions = await openPositions(loaded, { clock, log, shared }, undo);
    let show = (_view: KioskView): void => {};
    let saleClosed = (): void => {};
    const kiosk = new engine.Kiosk({
      positions,
      payment,
      journal,
      telemetry,
      clock,
      log,
      earliestPlausibleMs: EARLIEST_PLAUSIBLE_MS,
      newSaleId: () => newSaleId(clock),
      show: (view) => show(view),
      saleClosed: () => saleClosed(),
      fatal: onFatal,
    });
    const metrics = createPrometheus(async () => ({
      ...(await kiosk.metrics()),
      residentBytes: process.memoryUsage.rss(),
    }));
    const display = await openDisplay(loaded, { input: kiosk, health: () => kiosk.health(), metrics, clock, log });
    undo.push(() => display.close());
    show = (view) => display.show(view);
    if (config.display.required) reportTo(kiosk, display);
    display.show(kiosk.view());
    const service = await systemdService(process.env, clock, log);
    undo.push(async () => service.close());
    await kiosk.start();
    service.watch(() => kiosk.isWell());
    const unattended = await takeRemoteOffers(loaded, kiosk, clock, log);
    const bookkeeper = await keepBooks(loaded, settings, { kiosk, journal, clock, log, calls });
    saleClosed = () => bookkeeper.saleClosed();
    service.ready();
    const close = async (): Promise<void> => {
      service.stopping();
      bookkeeper.close();
      await unattended?.close();
      await kiosk.close();
      await shared.close();
      await display.close();
      service.close();
    };
    return { displayUrl: display.url, close };
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
}

/** Nobody is sold anything that they cannot read the price of. */
function reportTo({ faults }: Kiosk, display: Display): void {
  display.watch((problem) => {
    if (problem === null) faults.clear("display-silent", null);
    else faults.raise("display-silent", null, problem);
  });
}

async function openPositions(
  { config }: Loaded,
  given: { clock: Clock; log: Log; shared: Shared },
  undo: (() => Promise<void>)[],
): Promise<PositionSetup[]> {
  const positions = [];
  const around = { config, folder: dirname(config.journal.path), ...given };
  for (const position of config.positions) {
    const dispenser = await openDispenser(position, around);
    undo.push(() => dispenser.close());
    const { noFlowTimeout: noFlowTimeoutMs } = position;
    positions.push({ goods: goodsOf(config, position), dispenser, noFlowTimeoutMs, timing: timingOf(config) });
  }
  return positions;
}

/** Only the tests of the whole daemon name a failpoint. */
async function failingOnPurpose(journal: Journal): Promise<Journal> {
  const failpoint = process.env["KIOSKD_FAILPOINT"];
  if (failpoint === undefined) return journal;
  const { withFailpoint } = await import("./adapters/journal/failpoint/failpoint.ts");
  return withFailpoint(journal, failpoint);
}

async function startTelemetry({ config, secrets }: Loaded, clock: Clock, log: Log): Promise<Telemetry> {
  const { mqtt, kiosk } = config;
  if (mqtt === undefined) {
    const { noTelemetry } = await import("./adapters/telemetry/none/none.ts");
    return noTelemetry();
  }
  const { connectMqtt } = await import("./adapters/telemetry/mqtt/mqtt.ts");
  const { version } = await import("./cli/version.ts");
  const settings = {
    url: mqtt.url,
    topicPrefix: mqtt.topicPrefix,
    kioskId: kiosk.id,
    username: mqtt.username ?? null,
    password: secrets.mqttPassword,
    deliverTimeoutMs: 10_000,
    version,
  };
  return connectMqtt(settings, clock, log);
}

/** For customers who scan the machine's own printed code; off unless it is configured. */
async function takeRemoteOffers(
  { file, config, secrets }: Loaded,
  kiosk: Kiosk,
  clock: Clock,
  log: Log,
): Promise<{ close(): Promise<void> } | null> {
  const { unattended } = config.payment.seqr;
  if (unattended === undefined || secrets.unattendedSecret === null) return null;
  const { startUnattendedListener } = await import("./adapters/unattended/seqr/listener.ts");
  const { certFile, keyFile, listen, merchantId, requestsPerMinute, publicUrl } = unattended;
  const pem = (name: string): string => readFileSync(resolve(dirname(file), name), "utf8");
  const tls = certFile === undefined || keyFile === undefined ? null : { cert: pem(certFile), key: pem(keyFile) };
  const settings = {
    ...listen,
    merchantId,
    secret: secrets.unattendedSecret,
    tls,
    requestsPerMinute,
    publicUrl: publicUrl ?? null,
    currency: config.kiosk.currency,
    positions: config.positions.map(({ id }) => id),
  };
  return await startUnattendedListener(settings, kiosk, clock, log);
}

/** What goes on beside the sales: receipts, reconciliation, housekeeping. Loaded last, for nobody waits for it. */
async function keepBooks(
  { config }: Loaded,
  settings: SeqrBooksSettings,
  { kiosk, journal, clock, log, calls }: { kiosk: Kiosk; journal: Journal; clock: Clock; log: Log; calls: SeqrCalls },
): Promise<{ saleClosed(): void; close(): void }> {
  const { systemCalendar } = await import("./adapters/clock/system/calendar.ts");
  const { createSeqrBooks } = await import("./adapters/payment/seqr/books.ts");
  const { Bookkeeper } = await import("./engine/bookkeeper.ts");
  const { schedule, kiosk: identity } = config;
  const { timezone } = identity;
  const calendar = systemCalendar();
  const books = await createSeqrBooks(settings, clock, log, calls);
  const bookkeeper = new Bookkeeper({
    positions: config.positions.map(({ id }) => id),
    schedule: schedule.reconcile === undefined ? null : { cron: schedule.reconcile, timezone },
    books,
    receipts: settings.receipt !== null,
    journal,
    faults: kiosk.faults,
    clock,
    calendar,
    log,
    noted: () => kiosk.wakeOutbox(),
  });
  bookkeeper.start();
  const unschedule = calendar.schedule(schedule.housekeeping, timezone, () => {
    journal.tidy().catch((error: unknown) => log.error({ error: String(error) }, "housekeeping failed"));
  });
  const close = (): void => {
    unschedule();
    bookkeeper.close();
    books.close();
  };
  return { saleClosed: () => bookkeeper.saleClosed(), close };
}

/** Time first, so that ids sort; then chance, so that two kiosks or a clock set back never make the same one. */
function newSaleId(clock: Clock): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const chance = Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${clock.wallMs().toString(36)}-${chance}`;
}

process.exit(await runCli(process.argv, startDaemon));
