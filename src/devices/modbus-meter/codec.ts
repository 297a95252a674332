import type { Framing } from "../../platform/serial/line.ts";

/** One Modbus RTU message without its checksum. An answer does not say which register it is about. */
export interface Frame {
  readonly unit: number;
  readonly functionCode: number;
  /** What stands between function code and checksum. */
  readonly data: Uint8Array;
  /** A write is answered by its own bytes, and nobody can tell yet whether the adapter has only sent them back. */
  readonly mayBeEcho?: true;
}

export const READ_COILS = 0x01;
export const READ_HOLDING_REGISTERS = 0x03;
export const READ_INPUT_REGISTERS = 0x04;
export const WRITE_COIL = 0x05;
const WRITE_REGISTER = 0x06;
/** Set in the function code of an answer that is a refusal. */
export const EXCEPTION = 0x80;
/** The most registers that one request asks for here; an answer that claims more is none. */
export const MOST_REGISTERS = 16;

const CRC_BYTES = 2;
const COIL_ON = 0xff00;
const WRITTEN_BYTES = 8;

/** CRC-16/MODBUS: polynomial 0x8005 reflected, beginning with FFFF; sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

export function encode({ unit, functionCode, data }: Frame): Uint8Array {
  const body = Uint8Array.from([unit, functionCode, ...data]);
  const crc = crc16(body);
  return Uint8Array.from([...body, crc & 0xff, crc >>> 8]);
}

export function readRequest(unit: number, functionCode: number, address: number, count: number): Uint8Array {
  return encode({ unit, functionCode, data: words(address, count) });
}

export function writeCoilRequest(unit: number, address: number, on: boolean): Uint8Array {
  return encode({ unit, functionCode: WRITE_COIL, data: words(address, on ? COIL_ON : 0) });
}

export function writeRegisterRequest(unit: number, address: number, value: number): Uint8Array {
  return encode({ unit, functionCode: WRITE_REGISTER, data: words(address, value) });
}

/** A device's answer to one request: what it said, or the code of its refusal. */
export type Answer = { readonly data: Uint8Array; readonly mayBeEcho?: true } | { readonly exception: number };

/** Makes the answer to a read of so many registers out of a frame; undefined for any other frame. */
export function readAnswer(unit: number, functionCode: number, count: number): (frame: Frame) => Answer | undefined {
  return bytesAnswer(unit, functionCode, 2 * count);
}

/** The same for a read of one coil, whose state is the lowest bit. */
export function readCoilAnswer(unit: number): (frame: Frame) => Answer | undefined {
  return bytesAnswer(unit, READ_COILS, 1);
}

function bytesAnswer(unit: number, functionCode: number, bytes: number): (frame: Frame) => Answer | undefined {
  return (frame) => {
    if (frame.unit !== unit) return undefined;
    if (frame.functionCode === (functionCode | EXCEPTION)) return { exception: frame.data[0] ?? 0 };
    if (frame.functionCode !== functionCode || frame.data[0] !== bytes) return undefined;
    return { data: frame.data.subarray(1) };
  };
}

/** A write is answered by its own bytes. */
export function writeAnswer(request: Uint8Array): (frame: Frame) => Answer | undefined {
  const [unit, functionCode = 0] = request;
  const data = request.subarray(2, -CRC_BYTES);
  return (frame) => {
    if (frame.unit !== unit) return undefined;
    if (frame.functionCode === (functionCode | EXCEPTION)) return { exception: frame.data[0] ?? 0 };
    if (frame.functionCode !== functionCode || Buffer.compare(frame.data, data) !== 0) return undefined;
    return frame.mayBeEcho ? { data: frame.data, mayBeEcho: true } : { data: frame.data };
  };
}

function isKnown(functionCode: number): boolean {
  return functionCode >= READ_COILS && functionCode <= WRITE_REGISTER;
}

/** How long an answer is, from its function code and its count of bytes. */
function answerLength(functionCode: number, count: number | undefined): number | null | undefined {
  if ((functionCode & EXCEPTION) !== 0) return isKnown(functionCode ^ EXCEPTION) ? 3 + CRC_BYTES : null;
  if (isWrite(functionCode)) return WRITTEN_BYTES;
  if (!isKnown(functionCode)) return null;
  if (count === undefined) return undefined;
  const isWhole = functionCode === READ_COILS || count % 2 === 0;
  return isWhole && count > 0 && count <= 2 * MOST_REGISTERS ? 3 + count + CRC_BYTES : null;
}

/** The same of function code and data alone, for a wire without checksums; null for an answer that nobody knows. */
export function answerBytes(functionCode: number, count: number | undefined): number | null {
  const length = answerLength(functionCode, count) ?? null;
  return length === null ? null : length - 1 - CRC_BYTES;
}

function isWrite(functionCode: number | undefined): boolean {
  return functionCode === WRITE_COIL || functionCode === WRITE_REGISTER;
}

/** What devices say, without what the adapter sends back of our own. */
export function answersFraming(): Framing<Frame> {
  return new Rtu(answerLength);
}

/** What a master says: all requests known here have the same length. */
export function requestsFraming(): Framing<Frame> {
  return new Rtu((functionCode) => (isKnown(functionCode) ? WRITTEN_BYTES : null));
}

/**
 * Null when no frame begins with this function code and the byte after it, undefined when that byte has yet to come.
 */
type LengthOf = (functionCode: number, count: number | undefined) => number | null | undefined;

/** So many answers in a row with fewer echoes before them, until that is what the line does. */
const FEWER_ECHOES = 3;

/**
 * Finds frames by their length and checksum, not by pauses, which operating systems do not keep. A byte that begins no
 * frame is left out, so one longest frame is all that is ever held. What looks like the beginning of a frame is waited
 * for; when the line rests, what stands behind a false beginning is looked at.
 *
 * Half-duplex adapters may receive what they send, some twice. A read is told from its answer, so the first one shows
 * how often this line echoes. From then on it is known which copies of a write are its echoes, and which its answer.
 */
class Rtu implements Framing<Frame> {
  readonly #lengthOf: LengthOf;
  #held = new Uint8Array();
  #request = new Uint8Array();
  /** How often what is sent comes back; null until a read has shown it. */
  #echoes: number | null = null;
  #answersWithFewer = 0;
  /** Of the request, since it was sent. */
  #copies = 0;
  #heard = 0;
  #maybe: Frame | null = null;

  constructor(lengthOf: LengthOf) {
    this.#lengthOf = lengthOf;
  }

  /** How many bytes are, or may be, no more than the request that came back. */
  get echoedBytes(): number {
    const echoes = isWrite(this.#request[1]) ? (this.#echoes ?? this.#copies) : this.#copies;
    return Math.min(this.#copies, echoes) * this.#request.length;
  }

  sent(request: Uint8Array): void {
    this.#request = Uint8Array.from(request);
    this.#copies = 0;
    this.#heard = 0;
    this.#maybe = null;
  }

  push(bytes: Uint8Array): readonly Frame[] {
    this.#heard += bytes.length;
    return this.#scan(Buffer.concat([this.#held, bytes]), false);
  }

  rest(isOver: boolean): readonly Frame[] {
    if (isOver && this.#heard === 0 && this.#request.length > 0 && !isWrite(this.#request[1])) this.#echoes ??= 0;
    const frames = this.#scan(Buffer.from(this.#held), true);
    const maybe = this.#maybe;
    this.#maybe = null;
    return maybe === null ? frames : [...frames, maybe];
  }

  reset(isNewLine = false): void {
    this.#held = new Uint8Array();
    if (!isNewLine) return;
    this.sent(new Uint8Array());
    this.#echoes = null;
    this.#answersWithFewer = 0;
  }

  #scan(all: Buffer, looksBehind: boolean): readonly Frame[] {
    const frames: Frame[] = [];
    let falseAt: number | null = null;
    let at = 0;
    while (at < all.length) {
      const found = this.#at(all.subarray(at), looksBehind);
      if (found === "begun") {
        if (!looksBehind) break;
        falseAt ??= at;
      }
      if (typeof found === "string") {
        at += 1;
        continue;
      }
      const frame = found.isRequest
        ? this.#copy(found.frame)
        : this.#answer(found.frame, this.#heard - (all.length - at));
      if (frame !== null) frames.push(frame);
      falseAt = null;
      at += found.length;
    }
    this.#held = Uint8Array.from(all.subarray(falseAt ?? at));
    return frames;
  }

  #at(bytes: Buffer, looksBehind: boolean): "begun" | "none" | { frame: Frame; length: number; isRequest: boolean } {
    const [, functionCode, count] = bytes;
    const length = functionCode === undefined ? undefined : this.#lengthOf(functionCode, count);
    const isWhole = typeof length === "number" && length <= bytes.length;
    const request = this.#request;
    const isRequest = request.length > 0 && bytes.subarray(0, request.length).equals(request);
    // An answer may begin as its question does, and is longer then.
    const frame = isWhole && !(isRequest && length <= request.length) ? decode(bytes.subarray(0, length)) : null;
    if (frame !== null) return { frame, length: length ?? 0, isRequest: false };
    const isLonger = typeof length === "number" && length > bytes.length;
    const own = isRequest && (looksBehind || !isLonger) ? decode(request) : null;
    if (own !== null) return { frame: own, length: request.length, isRequest: true };
    const beginsRequest = bytes.length < request.length && bytes.equals(request.subarray(0, bytes.length));
    return length === undefined || isLonger || beginsRequest ? "begun" : "none";
  }

  /** A copy of the request: its echo, or the answer to a write. */
  #copy(frame: Frame): Frame | null {
    this.#copies += 1;
    if (!isWrite(frame.functionCode)) {
      if (this.#copies < (this.#echoes ?? 0)) return null;
      this.#echoes = this.#copies;
      this.#answersWithFewer = 0;
      return null;
    }
    this.#maybe = this.#echoes === null ? { ...frame, mayBeEcho: true } : null;
    return this.#echoes !== null && this.#copies > this.#echoes ? frame : null;
  }

  /** @param before how many bytes came before it: half a request more than its copies may be one that came back damaged */
  #answer(frame: Frame, before: number): Frame {
    const [unit, functionCode] = this.#request;
    const isAnswer =
      frame.unit === unit && (frame.functionCode & ~EXCEPTION) === functionCode && !isWrite(functionCode);
    if (!isAnswer || before >= (this.#copies + 0.5) * this.#request.length) return frame;
    if (this.#echoes !== null && this.#copies >= this.#echoes) return frame;
    this.#answersWithFewer += 1;
    if (this.#echoes === null || this.#answersWithFewer >= FEWER_ECHOES) this.#echoes = this.#copies;
    return frame;
  }
}

function decode(bytes: Uint8Array): Frame | null {
  const [unit = 0, functionCode = 0] = bytes;
  const body = bytes.subarray(0, -CRC_BYTES);
  const [low = 0, high = 0] = bytes.subarray(-CRC_BYTES);
  return crc16(body) === (low | (high << 8)) ? { unit, functionCode, data: Uint8Array.from(body.subarray(2)) } : null;
}

function words(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 0xff]));
}
