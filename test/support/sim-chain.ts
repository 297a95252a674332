import { beginning, type Head, link } from "../../src/platform/journal/sqlite/chain/chain.ts";
import type { Chained } from "../../src/platform/journal/sqlite/chain/trust.ts";

/** A row as a simulated disk has it, in its stream. */
export interface ChainedText {
  readonly stream: string;
  readonly body: string;
}

/** The chain over rows that were written in this order; reckoned when it is asked for, as most lives never do. */
export function chainOf(id: string, rows: readonly ChainedText[]): Chained {
  const streams = new Map<string, Head[]>();
  const of = (stream: string): Head[] => streams.get(stream) ?? [beginning(id, stream)];
  for (const { stream, body } of rows) {
    const heads = of(stream);
    const seq = heads.length;
    const before = heads.at(-1) ?? beginning(id, stream);
    heads.push({ seq, hash: link(before.hash, stream, seq, [body]) });
    streams.set(stream, heads);
  }
  return {
    id,
    head: (stream) => of(stream).at(-1) ?? beginning(id, stream),
    at: (stream, seq) => of(stream)[seq]?.hash ?? null,
    archived: (stream) => beginning(id, stream),
  };
}
