import type { FaultCode, Severity } from "../faults.ts";
import type { ReconciliationEvent } from "../reconcile.ts";
import type { RefundEvent } from "../refund.ts";
import type { SaleRecord } from "../sale/record.ts";
import type { PositionView } from "../sale/view.ts";
import type { Unaccounted } from "../unaccounted.ts";

/** Whether the kiosk is there. */
export type StatusMessage =
  | {
      readonly state: "online";
      /** Of the daemon. */
      readonly version: string;
      /** When it connected. */
      readonly since: string;
    }
  | {
      readonly state: "offline";
      /** `shutdown`: it was told to end. `lost`: the broker hears of it no more. */
      readonly reason: "lost" | "shutdown";
    };

/** A position as its customer sees it, but for the code's text: whoever reads the broker could pay or show it. */
export type StateMessage = Omit<PositionView, "qr"> & {
  /** Whether a code to scan is on the display. */
  readonly qrShown: boolean;
};

/** What has flowed so far in a delivery: live, for the eye. What counts is in the sale's record. */
export interface MeterMessage {
  readonly saleId: string | null;
  readonly quantity: string;
  readonly unit: string;
  readonly amount: string;
  readonly currency: string;
}

/** What the sales of a position come to that reached the broker today, by the day of UTC. */
export interface TodayMessage {
  readonly charged: string;
  readonly currency: string;
  readonly quantity: string;
  readonly unit: string;
  /** How many were closed, whatever their outcome. */
  readonly sales: number;
  /** Counted from here on: the beginning of the day, or of the daemon when it came later. */
  readonly since: string;
}

/** All faults that are raised now. */
export interface FaultsMessage {
  readonly faults: readonly {
    readonly code: FaultCode;
    /** `blocking`: nothing is sold at its place until it is cleared. */
    readonly severity: Severity;
    /** Null when it concerns the whole kiosk. */
    readonly position: string | null;
    /** When it was raised. */
    readonly since: string;
    /** The part of the kiosk that raises and clears it. */
    readonly owner: string;
    /** What was seen, in words. */
    readonly detail: string;
    /** What an operator can do about it. */
    readonly advice: string;
  }[];
}

/** How the machine is, once a minute. What it cannot tell is null. */
export interface HealthMessage {
  /** When it was measured. */
  readonly at: string;
  /** Since the daemon's start, in whole seconds. */
  readonly uptimeS: number;
  /** Memory of the daemon. */
  readonly residentBytes: number;
  /** The longest time in the last minute that nothing else could run. */
  readonly loopLagMs: number;
  /** Free space where the journal stands. */
  readonly diskFreeBytes: number | null;
  /** Of the processor. */
  readonly temperatureC: number | null;
  /** Records that wait for their acknowledgement, by stream. */
  readonly outbox: Readonly<Record<"sales" | "refunds" | "reconciliations" | "unaccounted", number>>;
}

/** A record of the outbox, with its number in its stream: without gaps, and the same in every repetition. */
export type Numbered<T> = {
  /** The record's number in its stream. */
  readonly seq: number;
} & T;

/** A closed sale: what was delivered, what was charged, and why not when nothing was. */
export type SaleMessage = Numbered<SaleRecord>;
/** A step of a refund: asked for, then made, refused, or without a clear answer. */
export type RefundMessage = Numbered<RefundEvent>;
/** A step of holding the payment service's books against the journal. */
export type ReconciliationMessage = Numbered<ReconciliationEvent>;
/** What flowed, or may have, without a sale that it could be charged to. */
export type UnaccountedMessage = Numbered<Unaccounted>;

/** The receiver has a sale for good; needed only with `mqtt.applicationAck`. */
export interface SaleAckMessage {
  /** Of the sale; it stands for all before it too. */
  readonly seq: number;
}

interface Identified {
  /**
   * Chosen by the sender; a second command with the same id is refused.
   * @minLength 1
   * @maxLength 64
   */
  readonly id?: string;
}

/** Ends the delivery at a position; what has flowed is charged. */
export interface StopCommand extends Identified {
  readonly position: string;
}
/** Takes a position, or the whole kiosk, out of service until it is unblocked, across restarts. */
export interface BlockCommand extends Identified {
  /** Left out: the whole kiosk. */
  readonly position?: string;
  /**
   * Stands in the fault `operator-block`.
   * @minLength 1
   * @maxLength 200
   */
  readonly reason?: string;
}
/** Takes back a block of the same place: one of the whole kiosk is not taken back position by position. */
export interface UnblockCommand extends Identified {
  /** Left out: the whole kiosk. */
  readonly position?: string;
}
/** A new unit price, from the next sale on. */
export interface SetPriceCommand extends Identified {
  readonly position: string;
  /**
   * With tax, in the kiosk's currency, for one unit.
   * @pattern ^[0-9]{1,9}([.][0-9]{1,6})?$
   */
  readonly unitPrice: string;
}
/** Compares the books now instead of at their time. */
export interface ReconcileCommand extends Identified {
  /** Left out: every position. */
  readonly position?: string;
}
/** Sends the records of a stream again, from this number on. */
export interface RepublishCommand extends Identified {
  /**
   * The first `seq` to send again.
   * @minimum 1
   */
  readonly from: number;
  /** `sales` when left out. */
  readonly stream?: "sales" | "refunds" | "reconciliations" | "unaccounted";
}

/** `block` and `unblock` for a switch that has a single topic; allowed where the one that it stands for is. */
export interface SetBlockCommand extends Identified {
  /** Left out: the whole kiosk. */
  readonly position?: string;
  /** True is `block`, false is `unblock`. */
  readonly blocked: boolean;
}

export interface Commands {
  readonly stop: StopCommand;
  readonly block: BlockCommand;
  readonly unblock: UnblockCommand;
  readonly "set-price": SetPriceCommand;
  readonly reconcile: ReconcileCommand;
  readonly republish: RepublishCommand;
}

export type CommandName = keyof Commands;
export type Command = { readonly [N in CommandName]: { readonly name: N; readonly body: Commands[N] } }[CommandName];

/** Why a command was not carried out. */
export type CommandRefusal =
  | "not-allowed"
  | "unknown-command"
  | "unknown-position"
  | "malformed"
  | "too-large"
  | "retained"
  | "expired"
  | "repeated"
  | "conflict"
  | "failed";

/** The answer to a command. */
export type CommandReply = {
  readonly command: string;
  /** The command's own, null when it had none. */
  readonly id: string | null;
} & (
  | {
      /** It was carried out; an order that holds is on disk. */
      readonly ok: true;
    }
  | {
      /** Nothing was changed. */
      readonly ok: false;
      readonly refusal: CommandRefusal;
      /** In words, for people. */
      readonly detail: string;
    }
);
