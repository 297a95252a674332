import type { Origin } from "./address.ts";

export interface PlaceLimits {
  readonly most: number;
  /** Of one origin beyond this machine. */
  readonly mostOfOrigin: number;
  /** Connections from beyond this machine never take these. */
  readonly keptForLoopback: number;
}

/** A connection, from the moment at which it is accepted. */
export interface Place {
  readonly origin: Origin;
  /** Ends the connection at once. */
  readonly end: () => void;
  /** What its newest request has shown: the token, the secret, or that none is asked for. */
  isKnown: boolean;
  /** In progress. */
  requests: number;
  isFollower: boolean;
  /** No request on it has begun. */
  isUnread: boolean;
  /** When it was opened, or a request on it began or ended last. */
  sinceMs: number;
}

/** Of each limit, what those that are known may hold while others come: whoever is known was new once. */
const KNOWN_SHARE = 7 / 8;

/**
 * A connection comes before its request, by as long as the way takes. For so long it stands beside the limits, so that a
 * crowd that keeps coming does not push it out.
 */
export const UNREAD_MS = 300;
/** How many may stand there: as many as the kernel hands over at once. */
export const MOST_UNREAD = 512;

/** Why a place was taken away. */
type Lost = "displaced" | "share";

/**
 * The connections of a listener. A new one always gets a place, because nobody knows yet whether it brings a press of
 * STOP: when there are too many, those go that have the least to lose.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #lost: (why: Lost) => void;
  readonly #places = new Set<Place>();

  constructor(limits: PlaceLimits, lost: (why: Lost) => void) {
    this.#limits = limits;
    this.#lost = lost;
  }

  get size(): number {
    return this.#places.size;
  }

  [Symbol.iterator](): Iterator<Place> {
    return [...this.#places].values();
  }

  take(origin: Origin, nowMs: number, end: () => void): Place {
    const none = { isKnown: false, requests: 0, isFollower: false, isUnread: true };
    const place: Place = { origin, end, ...none, sinceMs: nowMs };
    this.#places.add(place);
    return place;
  }

  /** Until then there are more than the limits say. True when there are some whose request may be on its way. */
  trim(nowMs: number): boolean {
    const { most, mostOfOrigin, keptForLoopback } = this.#limits;
    const awaited = [...this.#places].filter((place) => isAwaited(place, nowMs));
    const beyond = [...this.#places].filter((place) => !place.origin.isLoopback && !isAwaited(place, nowMs));
    for (const places of byOrigin(beyond).values()) this.#displace(places, mostOfOrigin, "share");
    this.#displace(this.#left(beyond), most - keptForLoopback, "displaced");
    this.#displace(
      [...this.#places].filter((place) => !isAwaited(place, nowMs)),
      most,
      "displaced",
    );
    this.#end(leastOf(awaited, awaited.length - MOST_UNREAD), "displaced");
    return awaited.length > 0;
  }

  leave(place: Place): void {
    this.#places.delete(place);
  }

  #left(among: readonly Place[]): Place[] {
    return among.filter((place) => this.#places.has(place));
  }

  #displace(among: readonly Place[], most: number, why: Lost): void {
    const excess = among.length - most;
    const known = among.filter(({ isKnown }) => isKnown);
    const gone = leastOf(known, Math.min(excess, known.length - Math.floor(most * KNOWN_SHARE)));
    const others = among.filter((place) => !gone.includes(place));
    this.#end([...gone, ...leastOf(others, excess - gone.length)], why);
  }

  #end(places: readonly Place[], why: Lost): void {
    for (const place of places) {
      this.#places.delete(place);
      place.end();
      this.#lost(why);
    }
  }
}

function isAwaited({ isUnread, sinceMs }: Place, nowMs: number): boolean {
  return isUnread && nowMs - sinceMs < UNREAD_MS;
}

function byOrigin(places: readonly Place[]): Map<string, Place[]> {
  const all = new Map<string, Place[]>();
  for (const place of places) {
    const alike = all.get(place.origin.name);
    if (alike === undefined) all.set(place.origin.name, [place]);
    else alike.push(place);
  }
  return all;
}

/** Strangers go first, then idle connections; among these one of the origin that has most of them; then the oldest. */
function leastOf(among: readonly Place[], count: number): Place[] {
  const least: Place[] = [];
  if (count <= 0) return least;
  for (const rank of STANDINGS) {
    const groups = [...byOrigin(among.filter((place) => standing(place) === rank)).values()];
    for (const group of groups) group.sort((one, other) => one.sinceMs - other.sinceMs);
    while (least.length < count) {
      const place = groups.reduce<Place[]>(larger, []).shift();
      if (place === undefined) break;
      least.push(place);
    }
  }
  return least;
}

/** Of two lists that begin with their oldest: the longer, or else the one whose oldest is older. */
function larger(one: Place[], other: Place[]): Place[] {
  if (one.length !== other.length) return one.length > other.length ? one : other;
  return (one[0]?.sinceMs ?? 0) <= (other[0]?.sinceMs ?? 0) ? one : other;
}

const STANDINGS = [0, 1, 2, 3] as const;

function standing({ isKnown, isFollower, requests }: Place): (typeof STANDINGS)[number] {
  if (!isKnown) return 0;
  if (isFollower) return 3;
  return requests > 0 ? 2 : 1;
}
