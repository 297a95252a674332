import type { Framing } from "../../serial/line.ts";

/** One Modbus RTU message without its checksum. An answer does not say which register it is about. */
export interface Frame {
  readonly unit: number;
  readonly functionCode: number;
  /** What stands between function code and checksum. */
  readonly data: Uint8Array;
}

export const READ_COILS = 0x01;
export const READ_HOLDING_REGISTERS = 0x03;
export const READ_INPUT_REGISTERS = 0x04;
export const WRITE_COIL = 0x05;
const WRITE_REGISTER = 0x06;
/** Set in the function code of an answer that is a refusal. */
export const EXCEPTION = 0x80;
/** The most registers that one request asks for here; an answer that claims more is none. */
const MOST_REGISTERS = 16;

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
export type Answer = { readonly data: Uint8Array } | { readonly exception: number };

/** Makes the answer to a read of so many registers out of a frame; undefined for any other frame. */
export function readAnswer(unit: number, functionCode: number, count: number): (frame: Frame) => Answer | undefined {
  return (frame) => {
    if (frame.unit !== unit) return undefined;
    if (frame.functionCode === (functionCode | EXCEPTION)) return { exception: frame.data[0] ?? 0 };
    if (frame.functionCode !== functionCode || frame.data[0] !== 2 * count) return undefined;
    return { data: frame.data.subarray(1) };
  };
}

/** A write is answered by its own echo. */
export function writeAnswer(request: Uint8Array): (frame: Frame) => Answer | undefined {
  const [unit, functionCode = 0] = request;
  const data = request.subarray(2, -CRC_BYTES);
  return (frame) => {
    if (frame.unit !== unit) return undefined;
    if (frame.functionCode === (functionCode | EXCEPTION)) return { exception: frame.data[0] ?? 0 };
    const echo = frame.functionCode === functionCode && Buffer.compare(frame.data, data) === 0;
    return echo ? { data: frame.data } : undefined;
  };
}

/** What devices say. The length of an answer follows from its function and its count of bytes. */
export function answersFraming(): Framing<Frame> {
  return rtuFraming((functionCode, count) => {
    if ((functionCode & EXCEPTION) !== 0) return isKnown(functionCode ^ EXCEPTION) ? 3 + CRC_BYTES : null;
    if (functionCode === WRITE_COIL || functionCode === WRITE_REGISTER) return WRITTEN_BYTES;
    if (!isKnown(functionCode)) return null;
    if (count === undefined) return undefined;
    return count > 0 && count <= 2 * MOST_REGISTERS ? 3 + count + CRC_BYTES : null;
  });
}

/** What a master says: all requests known here have the same length. */
export function requestsFraming(): Framing<Frame> {
  return rtuFraming((functionCode) => (isKnown(functionCode) ? WRITTEN_BYTES : null));
}

function isKnown(functionCode: number): boolean {
  return functionCode >= READ_COILS && functionCode <= WRITE_REGISTER;
}

/**
 * Finds frames by their length and checksum, not by pauses, which operating systems do not keep. `lengthOf` tells
 * from the function code and the byte after it how long a frame is: null when none begins so, undefined when that
 * byte has yet to come. A byte that begins no frame is left out, so one longest frame is all that is ever held.
 */
function rtuFraming(
  lengthOf: (functionCode: number, count: number | undefined) => number | null | undefined,
): Framing<Frame> {
  let held = new Uint8Array();
  return {
    push: (bytes) => {
      const all = Buffer.concat([held, bytes]);
      const frames: Frame[] = [];
      let at = 0;
      while (at + 1 < all.length) {
        const length = lengthOf(all[at + 1] ?? 0, all[at + 2]);
        if (length === undefined || (length !== null && at + length > all.length)) break;
        const frame = length === null ? null : decode(all.subarray(at, at + length));
        if (frame !== null) frames.push(frame);
        at += frame === null || length === null ? 1 : length;
      }
      held = Uint8Array.from(all.subarray(at));
      return frames;
    },
    reset: () => {
      held = new Uint8Array();
    },
  };
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
