import type { Framing, SerialLine } from "../../platform/serial/line.ts";
import type { Outcome } from "../../ports/outcome.ts";
import { answerBytes, type Frame } from "./codec.ts";

/** A message of Modbus TCP: what it says, and to which question it belongs. */
export interface MbapFrame extends Frame {
  readonly transaction: number;
}

const HEADER_BYTES = 7;
const PROTOCOL = 0;
const MOST_TRANSACTIONS = 0x10000;
const CRC_BYTES = 2;

/**
 * Transaction, protocol 0, length, unit, and the message without a checksum. The bytes come in order or not at all, so
 * what is no such header is followed by nothing that can be told: all that has come is left out.
 */
export class MbapFraming implements Framing<MbapFrame> {
  readonly #bytesOf: (functionCode: number, count: number | undefined) => number | null;
  #held = Buffer.alloc(0);

  /** @param bytesOf how long a message is after its unit; null for one that nobody knows */
  constructor(bytesOf: (functionCode: number, count: number | undefined) => number | null = answerBytes) {
    this.#bytesOf = bytesOf;
  }

  push(bytes: Uint8Array): readonly MbapFrame[] {
    let all = Buffer.concat([this.#held, bytes]);
    const frames: MbapFrame[] = [];
    while (all.length > HEADER_BYTES + 1) {
      const length = this.#lengthOf(all);
      if (length === null) {
        all = Buffer.alloc(0);
        break;
      }
      if (all.length < length) break;
      frames.push({
        transaction: all.readUInt16BE(0),
        unit: all.readUInt8(6),
        functionCode: all.readUInt8(7),
        data: Uint8Array.from(all.subarray(8, length)),
      });
      all = all.subarray(length);
    }
    this.#held = Buffer.from(all);
    return frames;
  }

  reset(): void {
    this.#held = Buffer.alloc(0);
  }

  /** Of the whole message; null where it is none. */
  #lengthOf(all: Buffer): number | null {
    const bytes = this.#bytesOf(all.readUInt8(7), all[8]);
    const isOurs = all.readUInt16BE(2) === PROTOCOL && bytes !== null && all.readUInt16BE(4) === 1 + bytes;
    return isOurs ? HEADER_BYTES + bytes : null;
  }
}

export function encodeMbap({ transaction, unit, functionCode, data }: MbapFrame): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(PROTOCOL, 2);
  header.writeUInt16BE(2 + data.length, 4);
  header.writeUInt8(unit, 6);
  return Uint8Array.from([...header, functionCode, ...data]);
}

/**
 * Modbus TCP for who asks in Modbus RTU: a question gets a number of its own, and an answer with another number is no
 * answer to it, however well it would fit.
 */
export function overTcp(line: SerialLine<MbapFrame>): SerialLine<Frame> {
  let transaction = 0;
  return {
    get up() {
      return line.up;
    },
    ask: <A>(request: Uint8Array, answers: (frame: Frame) => A | undefined, timeoutMs: number): Promise<Outcome<A>> => {
      transaction = (transaction + 1) % MOST_TRANSACTIONS;
      const asked = transaction;
      const its = (frame: MbapFrame): A | undefined =>
        frame.transaction === asked ? answers(plain(frame)) : undefined;
      return line.ask(framed(asked, request), its, timeoutMs);
    },
    tell: (bytes) => {
      transaction = (transaction + 1) % MOST_TRANSACTIONS;
      return line.tell(framed(transaction, bytes));
    },
    onFrame: (listener) => line.onFrame((frame) => listener(plain(frame))),
    onLink: (listener) => line.onLink(listener),
    close: () => line.close(),
  };
}

function plain({ unit, functionCode, data }: MbapFrame): Frame {
  return { unit, functionCode, data };
}

function framed(transaction: number, request: Uint8Array): Uint8Array {
  const [unit = 0, functionCode = 0] = request;
  return encodeMbap({ transaction, unit, functionCode, data: request.subarray(2, -CRC_BYTES) });
}
