import type { Fault, FaultCode } from "../core/faults.ts";
import type { Command, HealthMessage } from "../core/operator/messages.ts";
import type { PositionView } from "../core/sale/view.ts";
import type { Entry, OutboxStream, Readers } from "./journal.ts";
import type { OrderAnswer } from "./operator.ts";

/** What is true of the kiosk at one moment. */
export interface Snapshot {
  readonly positions: readonly PositionView[];
  readonly faults: readonly Fault[];
}

/** Trouble with the broker or the receiver while there is a connection. */
export type TelemetryTrouble = Extract<FaultCode, "broker-refuses" | "receiver-silent">;

/** The way to the operator. Nothing throws. */
export interface Telemetry {
  /**
   * Begins to connect, once. Called when everything that may hear of it is in place: the other side may hand over orders
   * that waited for the connection.
   */
  start(): void;
  /** Never blocks and never queues: what cannot be sent now is sent fresh on the next connection. */
  publish(snapshot: Snapshot): void;
  /** Sent now or never. */
  report(health: HealthMessage): void;
  /**
   * Resolves true when the other side has acknowledged the record, false when it did not in time. A record that was
   * sent more than once bears the same number each time.
   */
  deliver(stream: OutboxStream, entry: Entry<Readers[OutboxStream]>): Promise<boolean>;
  /** Who carries out what operators order. Said before `start`. */
  onOrder(take: (command: Command) => Promise<OrderAnswer>): void;
  /** Called with every change; the current state is told at once. */
  onConnection(listener: (connected: boolean, detail: string) => void): void;
  /** Called with the trouble and what to do about it, and with null when it is over; the present trouble is told at once. */
  onTrouble(listener: (trouble: TelemetryTrouble, detail: string | null) => void): void;
  close(): Promise<void>;
}
