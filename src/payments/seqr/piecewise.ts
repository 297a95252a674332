import { setImmediate as breath } from "node:timers/promises";
import type { SAXParser } from "sax";

const PIECE_CHARS = 4 * 1024;
/** Longer than this nobody else waits for what is being read here; a piece more may come to it. */
const TURN_MS = 5;

/** Gives the parser the text in pieces. All that waits has its turn between them, so a large text holds up nobody. */
export async function parsed(parser: SAXParser, text: string, looked: (pieceChars: number) => void): Promise<void> {
  const turn = new Turn();
  for (let at = 0; at < text.length; at += PIECE_CHARS) {
    const piece = text.slice(at, at + PIECE_CHARS);
    parser.write(piece);
    // What it has read of a text so far, so that it keeps no more than a piece.
    parser.flush();
    looked(piece.length);
    await turn.end();
  }
  parser.close();
}

/**
 * The text in one piece of memory. What the parser puts together of single characters is a tree of as many parts, which
 * the collector of garbage moves about for as long as somebody keeps it; asking for a character makes it flat.
 */
export function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

/** The time that a long piece of work may take before others have theirs. */
export class Turn {
  #sinceMs = performance.now();

  /** Goes on at once until the turn is over. */
  async end(): Promise<void> {
    if (performance.now() - this.#sinceMs < TURN_MS) return;
    await breath();
    this.#sinceMs = performance.now();
  }
}
