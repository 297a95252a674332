import type { KioskView } from "./display.ts";
import type { Entry, OutboxStream, Readers } from "./journal.ts";

/** The way to the operator. */
export interface Telemetry {
  /** Never blocks and never queues: what cannot be sent now is sent fresh on the next connection. */
  publish(view: KioskView): void;
  /** Resolves true when the other side has acknowledged the record, false when it did not in time. */
  deliver(stream: OutboxStream, entry: Entry<Readers[OutboxStream]>): Promise<boolean>;
  /** Called with every change; the current state is told at once. */
  onConnection(listener: (connected: boolean, detail: string) => void): void;
  close(): Promise<void>;
}
