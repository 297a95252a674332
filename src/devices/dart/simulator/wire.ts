import { type DartFrame, encodeFrame, nextSequence, shortFrame } from "../codec.ts";

/** Blocks that wait to be fetched; a pump that is never polled forgets the oldest. */
const MOST_WAITING = 32;

/** A pump's side of the line: it answers polls, numbers what it sends, and takes no block twice. */
export class PumpWire {
  readonly #address: number;
  readonly #take: (data: Uint8Array) => void;
  readonly #waiting: Uint8Array[] = [];
  #sequence = 0;
  #unacknowledged: DartFrame | null = null;
  #lastTaken: number | null = null;
  refuses = false;

  constructor(address: number, take: (data: Uint8Array) => void) {
    this.#address = address;
    this.#take = take;
  }

  send(data: Uint8Array): void {
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(data);
  }

  /** The pump's processor starts again. */
  restart(): void {
    this.#waiting.length = 0;
    this.#sequence = 0;
    this.#unacknowledged = null;
    this.#lastTaken = null;
  }

  /** What the pump answers to a frame of its address; null for nothing. */
  answer(frame: DartFrame): Uint8Array | null {
    switch (frame.kind) {
      case "poll":
        return this.#next();
      case "ack":
        this.#acknowledged(frame.sequence);
        return null;
      case "ackpoll":
        this.#acknowledged(frame.sequence);
        return this.#next();
      case "data":
        return this.#taken(frame);
      case "nak":
      case "eot":
        return null;
    }
  }

  #next(): Uint8Array {
    if (this.#unacknowledged === null) {
      const data = this.#waiting.shift();
      if (data === undefined) return encodeFrame(shortFrame(this.#address, "eot"));
      this.#unacknowledged = { address: this.#address, kind: "data", sequence: this.#sequence, data };
    }
    return encodeFrame(this.#unacknowledged);
  }

  #acknowledged(sequence: number): void {
    if (this.#unacknowledged?.sequence !== sequence) return;
    this.#unacknowledged = null;
    this.#sequence = nextSequence(sequence);
  }

  #taken({ sequence, data }: DartFrame): Uint8Array {
    if (this.refuses) return encodeFrame(shortFrame(this.#address, "nak", sequence));
    if (sequence !== this.#lastTaken) {
      this.#lastTaken = sequence;
      this.#take(data);
    }
    return encodeFrame(shortFrame(this.#address, "ack", sequence));
  }
}
