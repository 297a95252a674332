import type { Cancel } from "../ports/clock.ts";
import type { BrokerLimits, ProtocolVersion } from "./limits.ts";
import type { PacketSizes } from "./sizes.ts";

export interface BrokerSettings {
  /** Tried in turn: after each failure the next one. */
  readonly urls: readonly string[];
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Read anew for every attempt, as files are exchanged while the kiosk runs. Throws when one cannot be read. */
  readonly tls: () => Pems;
  /** Calls back when the files have changed. */
  readonly onTlsChange: (changed: () => void) => Cancel;
  readonly keepaliveS: number;
  /** How long the broker keeps commands for a kiosk that is away. MQTT 5 only; 0 is not at all. */
  readonly sessionExpiryS: number;
}

/** PEM texts. Without `ca` the machine's own authorities count; `cert` and `key` are the kiosk's. */
export interface Pems {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** What the broker publishes when the kiosk goes without a word. */
export interface Will {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
}

export interface PublishOptions {
  readonly retain: boolean;
  /** Goes before what is not, such as states. */
  readonly isUrgent?: boolean;
  /**
   * The connection is dropped when the message was sent so long ago and is not acknowledged. While it waits for its
   * turn, that is when the broker has acknowledged nothing for so long.
   */
  readonly ackTimeoutMs?: number;
  /** Called when it goes out: before that it may wait for its turn. */
  readonly onSent?: () => void;
  /** Dropped in MQTT 3.1.1, which has none. */
  readonly properties?: { readonly correlationData: Buffer };
}

export interface Message {
  readonly topic: string;
  /** Empty when it was larger than anything that is read. */
  readonly payload: Uint8Array;
  /** For a command. */
  readonly tooLarge: boolean;
  /** In MQTT 5 also of a message that came at once; in 3.1.1 only of one that was there before the subscription. */
  readonly retain: boolean;
  readonly duplicate: boolean;
  /** What is left of its lifetime; null when it has no end. These three are null in MQTT 3.1.1. */
  readonly expiryS: number | null;
  readonly responseTopic: string | null;
  readonly correlation: Uint8Array | null;
}

/**
 * `unheard`: the broker took it and says that nobody is subscribed. `refused`: the broker said no, or takes nothing that
 * large. `lost`: no answer can come any more.
 */
export type Acknowledgement =
  | { readonly kind: "acknowledged"; readonly unheard?: true }
  | { readonly kind: "refused"; readonly reasonCode: number; readonly detail: string }
  | { readonly kind: "lost" };

/** One connection to the broker, used until it ends and never again. */
export interface Session {
  readonly limits: BrokerLimits;
  /** Whether the broker takes a message that large. */
  fits(topic: string, payload: string): boolean;
  /**
   * With QoS 1, retained only where the broker keeps such messages; where it takes QoS 0 only, acknowledged means sent.
   * Always resolves, at the latest when the session ends.
   */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Acknowledgement>;
  /** With QoS 0; acknowledged means sent, lost that the network does not keep up. */
  send(topic: string, payload: string | Uint8Array): Acknowledgement;
  /** With QoS 1; what the broker says to each filter. Always resolves, at the latest when the session ends. */
  subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Acknowledgement>>;
  unsubscribe(filters: readonly string[]): void;
  /** Ends at once; the broker publishes the will. */
  drop(detail: string): void;
  /** Ends orderly, within half a second; the broker forgets the will. */
  leave(): Promise<void>;
}

/**
 * `version`: the broker says that it does not speak this protocol version. `unanswered`: it cut the connection without
 * any answer, as a network does too. `will-retain` and `will-qos`: it does not take a will that is retained, or that has
 * QoS 1. `unsaid`: the session was up, and the other side ended it without a reason.
 */
export interface Ending {
  readonly cause: "version" | "unanswered" | "will-retain" | "will-qos" | "unsaid" | "other";
  readonly detail: string;
}

export interface SessionListener {
  up(): void;
  message(message: Message): void;
  /** Comes exactly once, also when the session never was up. */
  down(ending: Ending): void;
}

export interface Attempt {
  readonly url: string;
  readonly version: ProtocolVersion;
  readonly will: Will;
  readonly willQos: 0 | 1;
  /** What is known of the broker at this address from sessions before. */
  readonly sizes: PacketSizes;
}
