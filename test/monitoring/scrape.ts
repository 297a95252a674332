import { createPrometheus } from "../../src/platform/metrics/metrics.ts";
import type { Metrics } from "../../src/ports/metrics.ts";
import { PAID } from "../support/sale-fixtures.ts";

export const QUIET: Metrics = {
  ignoredEvents: 0,
  outbox: { sales: 0, refunds: 0, reconciliations: 0, unaccounted: 0 },
  faults: [],
  brokerConnected: true,
  residentBytes: 100_000_000,
};

export function prometheus() {
  return createPrometheus({ version: "1.2.3", positions: ["1", "2"], currency: "SEK" });
}

/** The text of a kiosk to which everything has happened that can be counted, at its second scrape. */
export async function fullScrape(): Promise<string> {
  const { observer, render } = prometheus();
  observer.saleClosed(PAID);
  observer.refused("payment-unreachable");
  observer.armed(40);
  observer.paymentCall("getPaymentStatus", "done", 80);
  observer.journaled(4);
  observer.commanded("stop", "ok");
  await render(QUIET);
  return await render({ ...QUIET, faults: [{ code: "overrun", position: "1", sinceMs: 0, detail: 'a "detail"' }] });
}
