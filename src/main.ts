#!/usr/bin/env -S node --max-semi-space-size=1
import { randomInt } from "node:crypto";
import { dirname, join } from "node:path";
import type { Daemon, StartOptions } from "./cli/daemon.ts";
import { runCli } from "./cli/program.ts";
import { goodsOf, timingOf } from "./config/goods.ts";
import type { Loaded } from "./config/load.ts";
import type { PositionConfig } from "./config/schema.ts";
import { parseQuantity } from "./core/quantity.ts";
import type { Clock } from "./ports/clock.ts";
import type { Dispenser } from "./ports/dispenser.ts";
import type { KioskView } from "./ports/display.ts";
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
  const { config, secrets } = loaded;
  const { systemClock } = await import("./adapters/clock/system/clock.ts");
  const { openJournal } = await import("./adapters/journal/sqlite/journal.ts");
  const { createSeqrProvider } = await import("./adapters/payment/seqr/provider.ts");
  const { startWebDisplay } = await import("./adapters/display/web/server.ts");
  const { createPrometheus } = await import("./adapters/metrics/prometheus/metrics.ts");
  const { Kiosk } = await import("./engine/kiosk.ts");
  const clock = systemClock();
  const undo: (() => Promise<void>)[] = [];
  try {
    const journal = await failingOnPurpose(openJournal(config.journal.path));
    undo.push(() => journal.close());
    const { endpoint, requestTimeout, pollInterval, clientId, footer } = config.payment.seqr;
    const payment = await createSeqrProvider(
      {
        endpoint,
        requestTimeoutMs: requestTimeout,
        pollIntervalMs: pollInterval,
        clientId,
        title: config.kiosk.name,
        footer,
        terminals: secrets.terminals,
      },
      clock,
      log,
    );
    undo.push(() => payment.close());
    const telemetry = await startTelemetry(loaded, clock, log);
    undo.push(() => telemetry.close());
    const positions = [];
    for (const position of config.positions) {
      const dispenser = await openDispenser(loaded, position, clock);
      undo.push(() => dispenser.close());
      const { noFlowTimeout: noFlowTimeoutMs } = position;
      positions.push({ goods: goodsOf(config, position), dispenser, noFlowTimeoutMs, timing: timingOf(config) });
    }
    let show = (_view: KioskView): void => {};
    const kiosk = new Kiosk({
      positions,
      payment,
      journal,
      telemetry,
      clock,
      log,
      earliestPlausibleMs: EARLIEST_PLAUSIBLE_MS,
      newSaleId: () => newSaleId(clock),
      show: (view) => show(view),
      fatal: onFatal,
    });
    const { listen } = config.display;
    const display = await startWebDisplay(
      { ...listen, token: secrets.displayToken, locales: config.kiosk.locales, kioskName: config.kiosk.name },
      {
        input: kiosk,
        health: () => kiosk.health(),
        metrics: createPrometheus(async () => ({
          ...(await kiosk.metrics()),
          residentBytes: process.memoryUsage.rss(),
        })),
        log,
      },
    );
    undo.push(() => display.close());
    show = (view) => display.show(view);
    display.show(kiosk.view());
    await kiosk.start();
    const unschedule = scheduleHousekeeping(loaded, clock, log, () => journal.tidy());
    const close = async (): Promise<void> => {
      unschedule();
      await kiosk.close();
      await display.close();
    };
    return { displayUrl: display.url, close };
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
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

/** One line a driver. */
async function openDispenser({ config }: Loaded, position: PositionConfig, clock: Clock): Promise<Dispenser> {
  const { dispenser, product, id } = position;
  const { createSimulatedDispenser } = await import("./adapters/dispenser/simulated/simulated.ts");
  return createSimulatedDispenser(
    {
      quantityBase: parseQuantity(dispenser.quantity, product.unit) ?? 0,
      rateBasePerMinute: parseQuantity(dispenser.rate, product.unit) ?? 0,
      registerPath: dispenser.register ?? join(dirname(config.journal.path), `simulated-${id}.register`),
    },
    clock,
  );
}

function scheduleHousekeeping({ config }: Loaded, clock: Clock, log: Log, tidy: () => Promise<void>): () => void {
  const { schedule, kiosk } = config;
  if (schedule.reconcile !== undefined) {
    log.warn({}, "schedule.reconcile is set, but this version does not reconcile with the payment service yet");
  }
  return clock.schedule(schedule.housekeeping, kiosk.timezone, () => {
    tidy().catch((error: unknown) => log.error({ error: String(error) }, "housekeeping failed"));
  });
}

/** Time first, so that ids sort; then chance, so that two kiosks or a clock set back never make the same one. */
function newSaleId(clock: Clock): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const chance = Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${clock.wallMs().toString(36)}-${chance}`;
}

process.exit(await runCli(process.argv, startDaemon));
