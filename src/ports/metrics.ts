import type { Fault } from "../core/faults.ts";
import type { Outcome } from "../core/sale/state.ts";

/** What the kiosk counts, for a monitoring system to collect. */
export interface Metrics {
  readonly sales: Readonly<Record<Outcome, number>>;
  readonly ignoredEvents: number;
  readonly outboxRecords: number;
  readonly residentBytes: number;
  readonly faults: readonly Fault[];
}
