import fc from "fast-check";
import { vi } from "vitest";
import { runs as sampled } from "../support/sample.ts";

vi.setConfig({ testTimeout: sampled(60_000, 600_000) });

/**
 * A third of the usual runs in the gate, ten times as many with `KIOSKD_SAMPLE=all`.
 * On failure fast-check prints seed and path: given to `fc.assert` beside this, they replay the one input.
 */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: sampled(Math.ceil(usual / 3), 10 * usual) };
}

/** Where in a text or in bytes something is done, as a share of its length: it means the same while that shrinks. */
const place = fc.double({ min: 0, max: 1, noNaN: true });

interface Edit {
  readonly from: number;
  readonly length: number;
  readonly text: string;
}

const edit = (texts: fc.Arbitrary<string>): fc.Arbitrary<Edit> =>
  fc.record({
    from: place,
    length: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200), fc.constant(Number.MAX_SAFE_INTEGER)),
    text: texts,
  });

/** The text with a few places cut out, filled in, or both; `texts` is what is filled in. */
export function mutated(text: string, texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(edit(texts), { minLength: 1, maxLength: 3 })
    .map((edits) => edits.reduce((whole, one) => edited(whole, one), text));
}

function edited(whole: string, { from, length, text }: Edit): string {
  const at = Math.floor(from * whole.length);
  return whole.slice(0, at) + text + whole.slice(at + length);
}

/** The bytes with a few of them changed, dropped, doubled, or strange ones between them. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const latin1 = fc.uint8Array({ maxLength: 4 }).map((some) => Buffer.from(some).toString("latin1"));
  return bytes
    .chain((whole) => mutated(Buffer.from(whole).toString("latin1"), latin1))
    .map((text) => Uint8Array.from(Buffer.from(text, "latin1")));
}

/** Mostly what a protocol gives a meaning to, so that random bytes get further than its first check. */
export function bytesOf(special: readonly number[], maxLength: number): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...special) }, fc.nat(255));
  return fc.array(byte, { maxLength }).map((bytes) => Uint8Array.from(bytes));
}

/** Lengths of pieces in which bytes may arrive; over and over. */
export const pieces = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });

export function inPieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}
