/**
 * RAPI, the line protocol of OpenEVSE controllers, as `rapi_proc.h` and `rapi_proc.cpp` of the firmware (RAPI 5) write
 * it: `$` word word ` :ss` `^xk` and a carriage return, where ss is a sequence id and xk the checksum, in hexadecimal.
 */
export interface RapiMessage {
  /** `OK` or `NK` and what was asked for; `AT`, `AB`, `AN`, `WF` when nobody asked; or a command. */
  readonly words: readonly string[];
  /** 1 to 255, echoed by the answer; null for none. */
  readonly sequence: number | null;
}

/** No message of the protocol is longer. */
export const LONGEST_MESSAGE = 80;

const MESSAGE = /^\$([!-#%-\]_-~]+(?: [!-#%-\]_-~]+)*)\^([0-9A-F]{2})$/;
const SEQUENCE = /^:([0-9A-F]{2})$/;

/** The XOR of all characters, `$` included. One flip undoes another of the same bit: a weak guard. */
export function xorChecksum(text: string): number {
  let sum = 0;
  for (const byte of Buffer.from(text, "latin1")) sum ^= byte;
  return sum;
}

/** The sum of all characters, `$` included, which a controller takes as well, after `*`. */
export function additiveChecksum(text: string): number {
  let sum = 0;
  for (const byte of Buffer.from(text, "latin1")) sum = (sum + byte) & 0xff;
  return sum;
}

export function encodeRapi({ words, sequence }: RapiMessage): Uint8Array {
  const text = `$${words.join(" ")}${sequence === null ? "" : ` :${hex(sequence)}`}`;
  return Buffer.from(`${text}^${hex(xorChecksum(text))}\r`, "latin1");
}

/** A line without its end. What precedes its last `$` is noise. Null when it is no message with a right checksum. */
export function decodeRapi(line: string): RapiMessage | null {
  if (line.length > LONGEST_MESSAGE) return null;
  const text = line.slice(Math.max(0, line.lastIndexOf("$")));
  const [, body, checksum] = MESSAGE.exec(text) ?? [];
  if (body === undefined || checksum === undefined) return null;
  if (xorChecksum(`$${body}`) !== Number.parseInt(checksum, 16)) return null;
  const words = body.split(" ");
  const sequence = SEQUENCE.exec(words.at(-1) ?? "")?.[1];
  if (sequence === undefined || words.length === 1) return { words, sequence: null };
  if (sequence === "00") return null;
  return { words: words.slice(0, -1), sequence: Number.parseInt(sequence, 16) };
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

/** States of the controller: `J1772EvseController.h`. All between `ventRequired` and `lastFault` are faults. */
export const STATE = {
  unknown: 0x00,
  unplugged: 0x01,
  plugged: 0x02,
  charging: 0x03,
  ventRequired: 0x04,
  groundFault: 0x06,
  stuckRelay: 0x08,
  lastFault: 0x11,
  sleeping: 0xfe,
  disabled: 0xff,
} as const;

/** Bits of the last word of `$GS` and `$AT`: `J1772EvseController.h`. */
export const FLAG = {
  relayClosed: 0x0040,
  carConnected: 0x0100,
  bootLocked: 0x4000,
} as const;

/** A current offered to a car is never less: `$SC` and the fallback of `$SY` are raised to it. */
export const LEAST_CURRENT_A = 6;
