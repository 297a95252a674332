import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import type Registry from "prom-client/lib/registry.js";
import { severity } from "../../core/faults.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { loopLag } from "./loop-lag.ts";

/** What is read at the scrape itself. */
export function polled(registry: Registry, version: string): (metrics: Metrics) => void {
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
  const labelled = <T extends string>(name: string, help: string, labelNames: T[]): Gauge<T> =>
    new Gauge({ name, help, labelNames, registers: [registry] });

  labelled("kioskd_build_info", "1, with the daemon's version", ["version"]).set({ version }, 1);
  const started = gauge("process_start_time_seconds", "When the daemon started, in Unix time");
  const outbox = labelled("kioskd_outbox_records", "Records that the broker has not acknowledged", ["stream"]);
  const faults = labelled("kioskd_fault", "1 for each raised fault", ["code", "position", "severity"]);
  const broker = gauge("kioskd_broker_connected", "1 while the broker is there; absent when none is configured");
  const resident = gauge("kioskd_resident_bytes", "Resident memory of the daemon");
  const lagMax = gauge(
    "kioskd_event_loop_lag_max_seconds",
    "The longest that others had to wait, since the last scrape",
  );
  const lagP99 = gauge("kioskd_event_loop_lag_p99_seconds", "What 99 of 100 waits stayed below, since the last scrape");
  const ignored = new Counter({
    name: "kioskd_events_ignored_total",
    help: "Events that matched no current sale, since the daemon started",
    registers: [registry],
  });
  const readLag = loopLag();
  const startSeconds = startTime();

  return (metrics) => {
    started.set(startSeconds());
    for (const [stream, records] of Object.entries(metrics.outbox)) outbox.set({ stream }, records);
    faults.reset();
    for (const { code, position } of metrics.faults) {
      faults.set({ code, position: position ?? "", severity: severity(code) }, 1);
    }
    show(broker, metrics.brokerConnected === null ? null : Number(metrics.brokerConnected));
    resident.set(metrics.residentBytes);
    const lag = readLag();
    show(lagMax, lag?.maxSeconds ?? null);
    show(lagP99, lag?.p99Seconds ?? null);
    ignored.reset();
    ignored.inc(metrics.ignoredEvents);
  };
}

function show(gauge: Gauge, value: number | null): void {
  if (value === null) gauge.remove();
  else gauge.set(value);
}

/** Follows a clock that is set after the start, as on a board without one of its own, and not the jitter of reading it. */
function startTime(): () => number {
  let kept = 0;
  return () => {
    const now = Date.now() / 1000 - process.uptime();
    if (Math.abs(now - kept) > 1) kept = now;
    return kept;
  };
}
