import type { Cancel, Clock } from "../../ports/clock.ts";

export interface KeyListener {
  /** A character in lower case; `escape`, and `interrupt` for Ctrl-C, by name. */
  key(key: string): void;
  size(columns: number, rows: number): void;
}

/** The escape character alone is a key; followed by more within this time it begins a sequence. */
const ESCAPE_MS = 100;
/** No sequence that a key sends is longer. */
const LONGEST_SEQUENCE = 32;
/** What arrives at once beyond this is no customer's. */
const MOST_BYTES = 256;
const ESCAPE = "\x1b";
const SEQUENCE = new RegExp(`^${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|O.|[^[O${ESCAPE}])`);
const POSITION = new RegExp(`^${ESCAPE}\\[(\\d{1,4});(\\d{1,4})R$`);
const NAMES: Readonly<Record<string, string>> = { "\x03": "interrupt", [ESCAPE]: "escape" };

/** Tells keys from a terminal's bytes, and its answers about its size from both. */
export class KeyReader {
  readonly #clock: Clock;
  readonly #listener: KeyListener;
  #rest = "";
  #cancel: Cancel = () => {};

  constructor(clock: Clock, listener: KeyListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  push(bytes: Uint8Array): void {
    this.#cancel();
    let text = this.#rest + Buffer.from(bytes.subarray(0, MOST_BYTES)).toString("latin1");
    while (text !== "" && !isBeginning(text)) text = text.slice(this.#take(text));
    this.#rest = text;
    if (text !== "") this.#cancel = this.#clock.after(ESCAPE_MS, () => this.#giveUp());
  }

  reset(): void {
    this.#cancel();
    this.#rest = "";
  }

  #take(text: string): number {
    const sequence = SEQUENCE.exec(text)?.[0] ?? text.slice(0, 1);
    const [, rows, columns] = POSITION.exec(sequence) ?? [];
    // A function key with Shift looks like the position 1;2.
    if (Number(rows) > 1) this.#listener.size(Number(columns), Number(rows));
    else if (sequence.length === 1) this.#listener.key(NAMES[sequence] ?? sequence.toLowerCase());
    return sequence.length;
  }

  #giveUp(): void {
    if (this.#rest.replaceAll(ESCAPE, "") === "") this.#listener.key("escape");
    this.#rest = "";
  }
}

function isBeginning(text: string): boolean {
  return text.startsWith(ESCAPE) && text.length < LONGEST_SEQUENCE && !SEQUENCE.test(text);
}
