import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";

/** `KIOSKD_SAMPLE=all` takes everything; any other value is a seed in place of the commit's hash. */
const WANTED = process.env["KIOSKD_SAMPLE"] ?? "";
const TAKES_ALL = WANTED === "all";

export function takesAll(): boolean {
  return TAKES_ALL;
}

let seed: string | undefined;

function sampleSeed(): string {
  seed ??= WANTED !== "" ? WANTED : commitHash();
  return seed;
}

/** Outside a checkout there is no commit, and every run takes the same sample. */
function commitHash(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  } catch {
    return "no commit";
  }
}

/**
 * `count` of `all`, in their order: those that this commit's turn it is to try, so that over many commits each is
 * tried. All of them with `KIOSKD_SAMPLE=all`. `name` keeps two samples of one run apart.
 */
export function sample<T>(name: string, all: readonly T[], count: number): readonly T[] {
  if (TAKES_ALL || count >= all.length) return all;
  const drawn = inDrawnOrder(name, all).slice(0, count);
  const taken = new Set(drawn);
  return all.filter((_, at) => taken.has(at));
}

/**
 * A few of `all` in which every value of every axis occurs that occurs in `all`; which of them, it is this commit's
 * turn to say. All of them with `KIOSKD_SAMPLE=all`.
 */
export function covering<T>(name: string, all: readonly T[], axes: readonly ((one: T) => string)[]): readonly T[] {
  if (TAKES_ALL) return all;
  const values = all.map((one) => axes.map((axis, which) => `${which} ${axis(one)}`));
  const left = new Set(values.flat());
  const drawn = inDrawnOrder(name, all);
  const taken = new Set<number>();
  const newIn = (at: number): number => values[at]?.filter((value) => left.has(value)).length ?? 0;
  while (left.size > 0) {
    const next = drawn.reduce((best, at) => (newIn(at) > newIn(best) ? at : best));
    taken.add(next);
    for (const value of values[next] ?? []) left.delete(value);
  }
  return all.filter((_, at) => taken.has(at));
}

/** The places in `all`, as this commit draws them. */
function inDrawnOrder(name: string, all: readonly unknown[]): readonly number[] {
  return all
    .map((_, at) => ({ at, rank: createHash("sha256").update(`${sampleSeed()} ${name} ${at}`).digest("hex") }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .map(({ at }) => at);
}

/** So many seeds of a chance: this commit's own in the gate, the first numbers with `KIOSKD_SAMPLE=all`. */
export function seeds(name: string, count: number): readonly number[] {
  const own = (at: number): number =>
    createHash("sha256").update(`${sampleSeed()} ${name} ${at}`).digest().readUInt32BE();
  return Array.from({ length: count }, (_, at) => (TAKES_ALL ? at + 1 : own(at)));
}

/** Whether it is the turn of one of many things of a kind: of one in `oneIn` in the gate, of each with `KIOSKD_SAMPLE=all`. */
export function isDrawn(name: string, oneIn: number): boolean {
  return TAKES_ALL || createHash("sha256").update(`${sampleSeed()} ${name}`).digest().readUInt32BE() % oneIn === 0;
}

/** How many runs of something: `inGate`, or `inAll` with `KIOSKD_SAMPLE=all`. */
export function runs(inGate: number, inAll: number): number {
  return TAKES_ALL ? inAll : inGate;
}
