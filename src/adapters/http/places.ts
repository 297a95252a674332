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
  /** When it was opened, or a request on it began or ended last. */
  sinceMs: number;
}

/** Why a place was taken away. */
type Lost = "displaced" | "share";

/**
 * The connections of a listener. A new one always gets a place, because nobody knows yet whether it brings a press of
 * STOP: when there is none left, the one goes that has the least to lose.
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
    const place: Place = { origin, end, isKnown: false, requests: 0, isFollower: false, sinceMs: nowMs };
    const { most, mostOfOrigin, keptForLoopback } = this.#limits;
    const ofOrigin = [...this.#places].filter((other) => other.origin.name === origin.name);
    const ofOthers = [...this.#places].filter((other) => !other.origin.isLoopback);
    if (!origin.isLoopback && ofOrigin.length >= mostOfOrigin) this.#displace(ofOrigin, "share");
    else if (!origin.isLoopback && ofOthers.length >= most - keptForLoopback) this.#displace(ofOthers, "displaced");
    else if (this.#places.size >= most) this.#displace([...this.#places], "displaced");
    this.#places.add(place);
    return place;
  }

  leave(place: Place): void {
    this.#places.delete(place);
  }

  #displace(among: readonly Place[], why: Lost): void {
    const least = leastOf(among);
    if (least === undefined) return;
    this.#places.delete(least);
    least.end();
    this.#lost(why);
  }
}

/** Strangers go first, then idle connections; among these one of the origin that has most of them; then the oldest. */
function leastOf(among: readonly Place[]): Place | undefined {
  const lowest = Math.min(...among.map(standing));
  const alike = among.filter((place) => standing(place) === lowest);
  const counts = new Map<string, number>();
  for (const { origin } of alike) counts.set(origin.name, (counts.get(origin.name) ?? 0) + 1);
  const largest = Math.max(...counts.values());
  return alike
    .filter(({ origin }) => counts.get(origin.name) === largest)
    .reduce<Place | undefined>(
      (oldest, place) => (oldest && oldest.sinceMs <= place.sinceMs ? oldest : place),
      undefined,
    );
}

function standing({ isKnown, isFollower, requests }: Place): number {
  if (!isKnown) return 0;
  if (isFollower) return 3;
  return requests > 0 ? 2 : 1;
}
