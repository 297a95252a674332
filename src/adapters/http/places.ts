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

/** Of each limit, what those that are known may hold while others come: whoever is known was new once. */
const KNOWN_SHARE = 7 / 8;

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
    const place: Place = { origin, end, isKnown: false, requests: 0, isFollower: false, sinceMs: nowMs };
    this.#places.add(place);
    return place;
  }

  /** Until then there are more than the limits say. */
  trim(): void {
    const { most, mostOfOrigin, keptForLoopback } = this.#limits;
    const beyond = [...this.#places].filter(({ origin }) => !origin.isLoopback);
    for (const name of new Set(beyond.map(({ origin }) => origin.name))) {
      this.#displace(
        beyond.filter(({ origin }) => origin.name === name),
        mostOfOrigin,
        "share",
      );
    }
    this.#displace(
      beyond.filter((place) => this.#places.has(place)),
      most - keptForLoopback,
      "displaced",
    );
    this.#displace([...this.#places], most, "displaced");
  }

  leave(place: Place): void {
    this.#places.delete(place);
  }

  #displace(among: readonly Place[], most: number, why: Lost): void {
    const left = new Set(among);
    while (left.size > most) {
      const known = [...left].filter(({ isKnown }) => isKnown);
      const least = leastOf(known.length > most * KNOWN_SHARE ? known : [...left]);
      if (least === undefined) return;
      left.delete(least);
      this.#places.delete(least);
      least.end();
      this.#lost(why);
    }
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
