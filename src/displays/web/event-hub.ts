import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../ports/clock.ts";
import type { DropReason } from "../../ports/metrics.ts";

interface Limits {
  readonly followers: number;
  readonly bufferBytes: number;
  readonly heartbeatMs: number;
}

const LIMITS: Limits = { followers: 16, bufferBytes: 256 * 1024, heartbeatMs: 1_000 };
/** A page whose line stands still for so long has opened another. */
const STUCK_AFTER_MS = 10_000;
/** A page that is looked at sends a heartbeat every two seconds. */
const SILENT_AFTER_MS = 10_000;

/** Who asks for the events. */
export interface Who {
  /** The name by which its heartbeats are known; null for what is no page of ours. */
  readonly page: string | null;
  /** The name of where it comes from. */
  readonly origin: string;
  /** On this machine, and not passed on by a proxy that says so. */
  readonly isOwn: boolean;
}

interface Follower extends Who {
  readonly openedMs: number;
  /** Its last heartbeat. The kernel takes what nobody reads for hours, so only this tells that somebody is there. */
  heardMs: number | null;
  /** When it was seen to have read all that was written. */
  drainedMs: number;
}

/** The open server-sent-event streams; each gets every state, and a heartbeat by which it knows the line is alive. */
export interface EventHub {
  /** Sends the current state at once; the hub owns the response from then on. */
  add(response: ServerResponse, who: Who): void;
  /**
   * Whether there is a place. An older line of the same page has lost its own then, which a change of network leaves
   * behind; or else, when all are taken, the one that is silent longest.
   */
  makeRoom(who: Who): boolean;
  /** A page has told that it is looked at; that keeps its newest line. */
  heard(page: string): void;
  push(json: string): void;
  close(): void;
}

/** `dropped` is called for each that does not read as fast as we write, gives its place to another, or finds none. */
export function eventHub(
  initialJson: string,
  pageHash: string,
  clock: Pick<Clock, "monotonicMs">,
  dropped: (reason: DropReason) => void,
  limits: Limits = LIMITS,
): EventHub {
  const followers = new Map<ServerResponse, Follower>();
  const bootId = randomUUID();
  let lastJson = initialJson;

  const drop = (response: ServerResponse, reason: DropReason): void => {
    followers.delete(response);
    response.destroy();
    dropped(reason);
  };
  const send = (response: ServerResponse, event: string, data: string): void => {
    const follower = followers.get(response);
    if (response.destroyed || follower === undefined) return;
    const nowMs = clock.monotonicMs();
    if (response.writableLength === 0) follower.drainedMs = nowMs;
    response.write(`event: ${event}\ndata: ${data}\n\n`);
    const isStuck = response.writableLength > 0 && nowMs - follower.drainedMs > STUCK_AFTER_MS;
    if (isStuck || response.writableLength > limits.bufferBytes) drop(response, "not-reading");
  };
  const sendAll = (event: string, data: string): void => {
    for (const response of [...followers.keys()]) send(response, event, data);
  };

  const timer = setInterval(() => sendAll("heartbeat", heartbeat(bootId, pageHash)), limits.heartbeatMs);
  timer.unref();

  return {
    makeRoom: (who) => {
      for (const [response, follower] of followers) {
        if (isSamePage(follower, who)) drop(response, "follower-displaced");
      }
      if (followers.size < limits.followers) return true;
      const least = leastOf(followers, who, clock.monotonicMs());
      if (least === null) dropped("follower-refused");
      else drop(least, "follower-displaced");
      return least !== null;
    },
    add: (response, who) => {
      const nowMs = clock.monotonicMs();
      followers.set(response, { ...who, openedMs: nowMs, heardMs: null, drainedMs: nowMs });
      response.on("close", () => followers.delete(response));
      response.on("error", () => followers.delete(response));
      send(response, "heartbeat", heartbeat(bootId, pageHash));
      send(response, "state", lastJson);
    },
    heard: (page) => {
      const newest = [...followers.values()].findLast((follower) => follower.page === page);
      if (newest !== undefined) newest.heardMs = clock.monotonicMs();
    },
    push: (json) => {
      if (json === lastJson) return;
      lastJson = json;
      sendAll("state", json);
    },
    close: () => {
      clearInterval(timer);
      for (const response of followers.keys()) response.end();
      followers.clear();
    },
  };
}

function isSamePage(one: Who, other: Who): boolean {
  return one.page !== null && one.page === other.page && one.origin === other.origin && one.isOwn === other.isOwn;
}

/**
 * Whose place a new follower gets: of the one that has not read for longest, or else of the one that was not heard of
 * for longest. A page that is looked at keeps its place, except that the kiosk's own goes before those of others.
 */
function leastOf(followers: ReadonlyMap<ServerResponse, Follower>, who: Who, nowMs: number): ServerResponse | null {
  let least: { readonly response: ServerResponse; readonly rank: number; readonly sinceMs: number } | null = null;
  for (const [response, follower] of followers) {
    const rank = rankOf(follower, response.writableLength > 0, nowMs);
    if (rank === 3 || (rank === 2 && !who.isOwn)) continue;
    const sinceMs = rank === 0 ? follower.drainedMs : (follower.heardMs ?? follower.openedMs);
    if (least === null || rank < least.rank || (rank === least.rank && sinceMs < least.sinceMs)) {
      least = { response, rank, sinceMs };
    }
  }
  return least?.response ?? null;
}

function rankOf({ heardMs, isOwn }: Follower, isBehind: boolean, nowMs: number): 0 | 1 | 2 | 3 {
  if (isBehind) return 0;
  if (heardMs === null || nowMs - heardMs > SILENT_AFTER_MS) return 1;
  return isOwn ? 3 : 2;
}

/**
 * The page counts down by the kiosk's clock, because the browser's may be another machine's,
 * and loads itself anew when the kiosk has come to serve another version of it.
 */
function heartbeat(bootId: string, pageHash: string): string {
  return JSON.stringify({ nowMs: Date.now(), bootId, pageHash });
}
