import type { Metrics } from "../../../ports/metrics.ts";

/** The Prometheus text of what the kiosk counts; the library is loaded with the first scrape. */
export function createPrometheus(read: () => Promise<Metrics>): () => Promise<string> {
  return async () => {
    const { Gauge, Registry, Counter } = await import("prom-client");
    const metrics = await read();
    const registry = new Registry();
    const registers = [registry];
    const sales = new Counter({
      name: "kioskd_sales_total",
      help: "Sales closed since the daemon started",
      labelNames: ["outcome"],
      registers,
    });
    for (const [outcome, count] of Object.entries(metrics.sales)) sales.inc({ outcome }, count);
    new Counter({
      name: "kioskd_events_ignored_total",
      help: "Events that matched no current sale, since the daemon started",
      registers,
    }).inc(metrics.ignoredEvents);
    new Gauge({
      name: "kioskd_outbox_records",
      help: "Closed sales that the broker has not acknowledged",
      registers,
    }).set(metrics.outboxRecords);
    new Gauge({ name: "kioskd_resident_bytes", help: "Resident memory of the daemon", registers }).set(
      metrics.residentBytes,
    );
    const faults = new Gauge({
      name: "kioskd_fault",
      help: "1 for each raised fault",
      labelNames: ["code", "position"],
      registers,
    });
    for (const { code, position } of metrics.faults) faults.set({ code, position: position ?? "" }, 1);
    return await registry.metrics();
  };
}
