import type { SaleEvent } from "../core/sale/event.ts";
import type { SaleRecord } from "../core/sale/record.ts";

/**
 * The durable record. What `append` resolved survives a power cut; one that rejects has left nothing behind.
 * A closing event and its sale record become durable together.
 */
export interface Journal {
  append(position: string, event: SaleEvent, record: SaleRecord | null): Promise<void>;
  /** The events of the position's last sale, oldest first; empty when it never sold anything. */
  lastSale(position: string): Promise<readonly SaleEvent[]>;
  /** The newest event's time, by which an implausible clock is recognised; null in an empty journal. */
  newestAtMs(): Promise<number | null>;
  /** The outbox: closed sales that the broker has not acknowledged, in order, at most `limit`. */
  undelivered(limit: number): Promise<readonly OutboxEntry[]>;
  /** Rejects nothing: an entry that was acknowledged before stays so. */
  acknowledge(seq: number): Promise<void>;
  undeliveredCount(): Promise<number>;
  /** Writes something of no meaning as durably as an event; rejects when an append would fail now. */
  check(): Promise<void>;
  /** Nightly housekeeping: nothing that was written gets lost or changes. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

export interface OutboxEntry {
  /** Rises by one with every closed sale, for ever. */
  readonly seq: number;
  readonly record: SaleRecord;
}
