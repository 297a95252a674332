import type { Fault, FaultCode } from "../core/faults.ts";
import type { CommandName, CommandRefusal, HealthMessage } from "../core/operator/messages.ts";
import type { SaleRecord } from "../core/sale/record.ts";
import type { Outcome } from "./outcome.ts";

/** What the kiosk counts or is, for a monitoring system to collect. */
export interface Metrics {
  /** Events that matched no current sale, since the daemon started. */
  readonly ignoredEvents: number;
  readonly outbox: HealthMessage["outbox"];
  readonly faults: readonly Fault[];
  /** Null when no broker is configured. */
  readonly brokerConnected: boolean | null;
  readonly residentBytes: number;
}

/** Why somebody was not let begin a sale: a fault, or what the sale itself would have been. */
export type SaleRefusal =
  | FaultCode
  | "in-use"
  | "too-little"
  | "too-much"
  | "no-step"
  | "currency"
  | "frozen"
  | "not-serving";

/** Where this program listens. */
export type ListenerName = "display" | "remote-offers" | "operator";

/**
 * Why a connection was ended: it took too long (`slow`), its origin had more than its share (`share`), a new one needed
 * its place (`displaced`), it sent requests without waiting for answers (`pipelined`), or it followed events and did
 * not read them (`not-reading`), gave its place to another (`follower-displaced`) or found none (`follower-refused`).
 */
export type DropReason =
  | "slow"
  | "share"
  | "displaced"
  | "pipelined"
  | "not-reading"
  | "follower-displaced"
  | "follower-refused";

/** Is told what happens when it happens, to count it. Returns at once and never throws. */
export interface Observer {
  saleClosed(record: SaleRecord): void;
  refused(reason: SaleRefusal): void;
  /** The dispenser is armed, so long after the payment service was seen to hold the money. */
  armed(latencyMs: number): void;
  /** `declined` is every answer that does not say success; `unknown` is none that could be understood. */
  paymentCall(operation: string, outcome: Outcome<unknown>["kind"], durationMs: number): void;
  /** An event is durable, so long after it was handed to the journal. */
  journaled(durationMs: number): void;
  /** A name that is no command comes as `unknown`. Otherwise a stranger at the broker could fill the memory with names. */
  commanded(name: CommandName | "unknown", result: "ok" | CommandRefusal): void;
  connectionDropped(listener: ListenerName, reason: DropReason): void;
}
