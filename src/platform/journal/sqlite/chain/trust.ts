import { type Chain, nameOf, STREAMS } from "./chain.ts";
import type { Reached, ReadMark } from "./outside-mark.ts";

/** What tells how far a journal has come, and what it was like before. */
export type Chained = Pick<Chain, "id" | "head" | "at" | "archived">;

/** How far a journal has come, as the mark outside of it says it. */
export function reachedBy(chain: Chained, closed: Reached["closed"]): Reached {
  const streams = STREAMS.map((stream) => [stream, chain.head(stream)] as const);
  const written = streams.filter(([, { seq }]) => seq > 0);
  return {
    journal: chain.id,
    streams: Object.fromEntries(written.map(([stream, { seq, hash }]) => [stream, [seq, hash.toString("hex")]])),
    closed,
  };
}

export type Distrust =
  | { readonly kind: "behind"; readonly missing: readonly string[] }
  | { readonly kind: "other-journal" }
  | { readonly kind: "other-history"; readonly stream: string; readonly seq: number }
  /** A stream that this version does not know. */
  | { readonly kind: "newer"; readonly stream: string }
  | { readonly kind: "no-mark" }
  | { readonly kind: "unreadable-mark" };

/** Holds a journal against the mark outside of it; null when it is the one, and has come as far at least. */
export function distrust(chain: Chained, mark: ReadMark): Distrust | null {
  if (mark.kind === "none") return { kind: "no-mark" };
  if (mark.kind === "unreadable") return { kind: "unreadable-mark" };
  const { journal, streams } = mark.reached;
  if (journal !== chain.id) return { kind: "other-journal" };
  const missing = [];
  for (const [stream, [seq, hash]] of Object.entries(streams)) {
    if (!STREAMS.includes(stream)) return { kind: "newer", stream };
    const own = chain.head(stream);
    if (own.seq < seq) missing.push(`${stream}: it ends at ${own.seq}, there were ${seq}`);
    else {
      const known = own.seq === seq ? own.hash : chain.at(stream, seq);
      // Where the mark lags far behind, the row may be in an archive.
      const isArchived = known === null && seq < chain.archived(stream).seq;
      if (!isArchived && known?.toString("hex") !== hash) return { kind: "other-history", stream, seq };
    }
  }
  return missing.length > 0 ? { kind: "behind", missing } : null;
}

/** In the middle of a sentence. */
export function distrustText(found: Distrust): string {
  switch (found.kind) {
    case "behind":
      return `the journal lost its end: ${found.missing.join("; ")}`;
    case "other-history":
      return `${nameOf(found.stream)} ${found.seq} is not the one that it knows`;
    case "other-journal":
      return "it is another journal's";
    case "no-mark":
      return "it is not there";
    case "unreadable-mark":
      return "it cannot be read";
    case "newer":
      return `it tells of "${found.stream}", which this version does not know`;
  }
}
