import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, connectAsync } from "mqtt";
import { type Handlers, KINDS, type Kind, type Percentiles, type SubscriberSetup } from "./protocol.ts";

const DROPPED = "$SYS/broker/publish/messages/dropped";
const RETAINED_WITHIN_MS = 30_000;
const RECONNECT_MS = 20;

/** The operator's side: one client that hears everything of all kiosks. */
export async function subscribe({ url, topicPrefix }: SubscriberSetup): Promise<Handlers> {
  const heard = new Heard();
  const client = connect(url, {
    clientId: `${topicPrefix}-subscriber`,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3_600 },
    reconnectPeriod: RECONNECT_MS,
  });
  client.on("error", () => {});
  client.on("message", (topic, payload) => {
    if (topic === DROPPED) heard.dropped = Number(payload);
    else heard.message(topic.split("/"), payload);
  });
  await client.subscribeAsync([`${topicPrefix}/#`, DROPPED], { qos: 1 });
  return {
    mark: () => {
      heard.mark();
      return null;
    },
    heard: () => heard.counts(),
    retained: () => retainedOnline(url, topicPrefix),
  };
}

class Heard {
  dropped = 0;
  #markMs = 0;
  #markedAtMs = performance.now();
  #delaysMs: number[] = [];
  #byKind = noneYet();
  #messages = 0;
  #duplicates = 0;
  #records = 0;
  #lastOnlineMs = 0;
  readonly #online = new Set<string>();
  readonly #seqs = new Map<string, Set<number>>();

  mark(): void {
    this.#markMs = Date.now();
    this.#markedAtMs = performance.now();
    this.#delaysMs = [];
    this.#byKind = noneYet();
    this.#messages = 0;
    this.#duplicates = 0;
    this.#online.clear();
  }

  message([, kiosk = "", second = "", , fourth]: readonly string[], payload: Buffer): void {
    this.#messages += 1;
    const kind = KINDS.find((each) => each === (fourth ?? second));
    if (kind !== undefined) {
      this.#byKind[kind].messages += 1;
      this.#byKind[kind].bytes += payload.length;
    }
    if (second === "sales") this.#record(kiosk, JSON.parse(payload.toString()));
    if (second === "status") this.#status(kiosk, JSON.parse(payload.toString()));
  }

  counts() {
    return {
      tookMs: performance.now() - this.#markedAtMs,
      ...{ byKind: this.#byKind, messages: this.#messages, records: this.#records, duplicates: this.#duplicates },
      ...{ online: this.#online.size, lastOnlineMs: this.#lastOnlineMs, dropped: this.dropped },
      delaysMs: percentiles(this.#delaysMs),
    };
  }

  #record(kiosk: string, { seq, closedAt }: { seq: number; closedAt: string }): void {
    const seqs = this.#seqs.get(kiosk) ?? new Set();
    this.#seqs.set(kiosk, seqs);
    if (seqs.has(seq)) {
      this.#duplicates += 1;
      return;
    }
    seqs.add(seq);
    this.#records += 1;
    this.#delaysMs.push(Date.now() - Date.parse(closedAt));
  }

  /** What the broker had kept from before the mark does not count. */
  #status(kiosk: string, { state, since }: { state: string; since: string }): void {
    if (state !== "online" || Date.parse(since) < this.#markMs) return;
    this.#online.add(kiosk);
    this.#lastOnlineMs = Date.now();
  }
}

function noneYet(): Record<Kind, { messages: number; bytes: number }> {
  const none = () => ({ messages: 0, bytes: 0 });
  return { state: none(), meter: none(), sales: none() };
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** The broker tells a new subscriber of all that it has kept before anything that is published later. */
async function retainedOnline(url: string, topicPrefix: string): Promise<number> {
  const online = new Set<string>();
  const client = await connectAsync(url, { protocolVersion: 5 }).catch(() => null);
  if (client === null) return 0;
  const end = `retained/${randomUUID()}`;
  let ended = false;
  client.on("message", (topic, payload, { retain }) => {
    if (topic === end) ended = true;
    else if (retain && JSON.parse(payload.toString()).state === "online") online.add(topic);
  });
  await client.subscribeAsync(end, { qos: 1 });
  await client.subscribeAsync(`${topicPrefix}/+/status`, { qos: 1, rap: true });
  await client.publishAsync(end, "", { qos: 1 });
  const endMs = performance.now() + RETAINED_WITHIN_MS;
  while (!ended && performance.now() < endMs) await sleep(50);
  await client.endAsync(true);
  return online.size;
}
