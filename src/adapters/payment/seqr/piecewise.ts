import { setImmediate as breath } from "node:timers/promises";

const PIECE_CHARS = 4 * 1024;
/** Longer than this nobody else waits for what is being read here; a piece more may come to it. */
const TURN_MS = 5;

/** Gives `read` the text in pieces. All that waits has its turn between them, so a large text holds up nobody. */
export async function piecewise(text: string, read: (piece: string) => void): Promise<void> {
  const turn = new Turn();
  for (let at = 0; at < text.length; at += PIECE_CHARS) {
    read(text.slice(at, at + PIECE_CHARS));
    await turn.end();
  }
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
