import type { Origin } from "../../platform/http/address.ts";

const WINDOW_MS = 15 * 60_000;
const OF_ORIGIN_MAX = 5;
const ALL_MAX = 40;

/**
 * Wrong passwords and codes of the last quarter of an hour. Where there were too many no further one is looked at, right
 * or wrong: of one address, or of all together. Whoever is at the machine itself is counted apart, so that strangers on
 * the network lock nobody out there.
 */
export class Guesses {
  /** Never more than `ALL_MAX` and the machine's own. */
  #wrong: { readonly origin: string; readonly atMs: number; readonly isLoopback: boolean }[] = [];

  /** How long to wait; 0 when a guess may be made. It then counts as wrong until `right` is called. */
  tryAt({ name, isLoopback }: Origin, nowMs: number): { readonly waitMs: number; readonly right: () => void } {
    this.#wrong = this.#wrong.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    const own = this.#wrong.filter(({ origin }) => origin === name);
    const beyond = isLoopback ? [] : this.#wrong.filter((each) => !each.isLoopback);
    const waitMs = Math.max(waitFor(own, OF_ORIGIN_MAX, nowMs), waitFor(beyond, ALL_MAX, nowMs));
    if (waitMs > 0) return { waitMs, right: () => undefined };
    const guess = { origin: name, atMs: nowMs, isLoopback };
    this.#wrong.push(guess);
    return {
      waitMs: 0,
      right: () => {
        this.#wrong = this.#wrong.filter((each) => each !== guess);
      },
    };
  }
}

function waitFor(wrong: readonly { readonly atMs: number }[], most: number, nowMs: number): number {
  const oldest = wrong.at(-most);
  return wrong.length < most || oldest === undefined ? 0 : oldest.atMs + WINDOW_MS - nowMs;
}
