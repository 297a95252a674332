import type { Machine } from "../../src/ports/machine.ts";
import type { Observer } from "../../src/ports/metrics.ts";

/** Counts nothing. */
export const SILENT_OBSERVER: Observer = {
  saleClosed: () => {},
  refused: () => {},
  armed: () => {},
  paymentCall: () => {},
  journaled: () => {},
  commanded: () => {},
  connectionDropped: () => {},
};

/** A machine that nothing can be told of. */
export const SILENT_MACHINE: Machine = {
  read: async () => ({ uptimeS: 0, residentBytes: 0, loopLagMs: 0, diskFreeBytes: null, temperatureC: null }),
  clockIsSynchronised: async () => false,
};
