import type { Telemetry } from "../../ports/telemetry.ts";

/** For a kiosk without a broker: records stay in the outbox until one is configured. */
export function noTelemetry(): Telemetry {
  return {
    start: () => {},
    publish: () => {},
    report: () => {},
    deliver: async () => false,
    onOrder: () => {},
    onConnection: () => {},
    onTrouble: () => {},
    close: async () => {},
  };
}
