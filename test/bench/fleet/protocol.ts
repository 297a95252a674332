/** What the kiosks of one process, or plain clients in their place, are to do. */
export interface LoadSetup {
  readonly role: "kiosks" | "plain";
  readonly url: string;
  /** The authority that vouches for the broker; null without TLS. */
  readonly ca: string | null;
  readonly topicPrefix: string;
  /** Number of the first one. */
  readonly from: number;
  readonly count: number;
  readonly sells: boolean;
  /** What each plain client publishes. */
  readonly traffic: Traffic;
}

export interface SubscriberSetup {
  readonly role: "subscriber";
  readonly url: string;
  readonly topicPrefix: string;
}

export type Setup = LoadSetup | SubscriberSetup;

export const KINDS = ["state", "meter", "sales"] as const;
/** The kinds of messages that selling makes; the rest is rare. */
export type Kind = (typeof KINDS)[number];
/** Of one kiosk. */
export type Traffic = Readonly<Record<Kind, { readonly perSecond: number; readonly bytes: number }>>;

interface LoadCounts {
  /** TCP connections begun. */
  readonly attempts: number;
  /** Records that a subscriber is owed. */
  readonly sold: number;
}

export interface SubscriberCounts {
  readonly byKind: Readonly<Record<Kind, { readonly messages: number; readonly bytes: number }>>;
  readonly messages: number;
  /** Since the last mark; so is the rest, where nothing else is said. */
  readonly tookMs: number;
  /** Different records, over all time. */
  readonly records: number;
  readonly duplicates: number;
  /** From the closing of a sale to here. */
  readonly delaysMs: Percentiles;
  /** Who has come online since the mark, and when the last one did, by the wall clock. */
  readonly online: number;
  readonly lastOnlineMs: number;
  /** By the broker's own count, since its start. */
  readonly dropped: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What a process of the bench can be asked. */
export interface Requests {
  readonly counts: LoadCounts;
  readonly quiet: null;
  readonly mark: null;
  readonly heard: SubscriberCounts;
  /** How many kiosks a new subscriber is told of as online. */
  readonly retained: number;
}

export type Handlers = { readonly [R in keyof Requests]?: () => Requests[R] | Promise<Requests[R]> };

export function kioskName(number: number): string {
  return `k${number}`;
}
