/**
 * MDB/ICP blocks between a vending machine's controller (VMC) and a cashless reader: at most 36 bytes, the last of them
 * CHK, the low 8 bits of the sum of all before it. A lone ACK has none. Source: MDB/ICP, cashless devices, level 1
 * formats; the ninth bit that ends a block is the adapter's business and not seen here.
 */

const ACK = 0x00;
const FIRST_READER = 0x10;

const MAX_BLOCK = 36;
const ALWAYS_IDLE_OPTION = 0x20;
/** Commands by their offset from the reader's address. */
const RESET = 0;
const SETUP = 1;
const POLL = 2;
const VEND = 3;
const READER = 4;
const EXPANSION = 7;

export type VmcCommand =
  | { readonly type: "reset" | "poll" | "enable" | "disable" | "cancel" | "vend-cancel" | "failure" | "complete" }
  | { readonly type: "setup"; readonly level: number; readonly display: readonly [number, number, number] }
  /** Prices in scaled units; FFFF and 0000 when the controller does not know them. */
  | { readonly type: "prices"; readonly max: number; readonly min: number }
  | { readonly type: "request" | "cash-sale"; readonly price: number; readonly item: number }
  | { readonly type: "success"; readonly item: number }
  | { readonly type: "options"; readonly alwaysIdle: boolean };

export type ReaderAnswer =
  | {
      readonly type:
        | "ack"
        | "just-reset"
        | "cancel-request"
        | "denied"
        | "end-session"
        | "cancelled"
        | "out-of-sequence";
    }
  | { readonly type: "config"; readonly config: ReaderConfig }
  /** Funds in scaled units; FFFF when the reader does not know them. */
  | { readonly type: "begin-session"; readonly funds: number }
  | { readonly type: "approved"; readonly amount: number };

interface ReaderConfig {
  readonly level: number;
  /** BCD: 1 and the ISO 4217 number, such as 0x1978. */
  readonly currency: number;
  readonly scale: number;
  readonly places: number;
  readonly responseSeconds: number;
  readonly options: number;
}

const PLAIN_COMMANDS = new Map<VmcCommand["type"], readonly number[]>([
  ["reset", [RESET]],
  ["poll", [POLL]],
  ["vend-cancel", [VEND, 1]],
  ["failure", [VEND, 3]],
  ["complete", [VEND, 4]],
  ["disable", [READER, 0]],
  ["enable", [READER, 1]],
  ["cancel", [READER, 2]],
]);

const PLAIN_ANSWERS = new Map<ReaderAnswer["type"], number>([
  ["just-reset", 0x00],
  ["cancel-request", 0x04],
  ["denied", 0x06],
  ["end-session", 0x07],
  ["cancelled", 0x08],
  ["out-of-sequence", 0x0b],
]);

/** The payload with its CHK; throws when it does not fit into a block. */
export function encodeBlock(payload: readonly number[]): Uint8Array {
  if (payload.length === 0 || payload.length >= MAX_BLOCK) {
    throw new RangeError(`An MDB block carries 1 to ${MAX_BLOCK - 1} bytes, not ${payload.length}.`);
  }
  return Uint8Array.from([...payload, checksum(payload)]);
}

/** The payload of a block; null when it is too short, too long, or its CHK is wrong. */
export function decodeBlock(block: Uint8Array): readonly number[] | null {
  if (block.length < 2 || block.length > MAX_BLOCK) return null;
  const payload = [...block.subarray(0, -1)];
  return block.at(-1) === checksum(payload) ? payload : null;
}

function checksum(payload: readonly number[]): number {
  return payload.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

export function encodeCommand(command: VmcCommand, address = FIRST_READER): Uint8Array {
  const [first = RESET, ...rest] = commandBytes(command);
  return encodeBlock([address + first, ...rest]);
}

function commandBytes(command: VmcCommand): readonly number[] {
  switch (command.type) {
    case "setup":
      return [SETUP, 0, command.level, ...command.display];
    case "prices":
      return [SETUP, 1, ...word(command.max), ...word(command.min)];
    case "request":
      return [VEND, 0, ...word(command.price), ...word(command.item)];
    case "cash-sale":
      return [VEND, 5, ...word(command.price), ...word(command.item)];
    case "success":
      return [VEND, 2, ...word(command.item)];
    case "options":
      return [EXPANSION, 4, 0, 0, 0, command.alwaysIdle ? ALWAYS_IDLE_OPTION : 0];
    default:
      return PLAIN_COMMANDS.get(command.type) ?? [];
  }
}

/** What a block from the controller asks of the reader at this address; null for any other block. */
export function decodeCommand(block: Uint8Array, address = FIRST_READER): VmcCommand | null {
  const payload = decodeBlock(block);
  if (payload === null) return null;
  const [head = 0, sub = 0, a = 0, b = 0, c = 0, d = 0] = payload;
  for (const [type, [first = RESET, second]] of PLAIN_COMMANDS) {
    const length = second === undefined ? 1 : 2;
    if (payload.length === length && head === address + first && (second === undefined || sub === second)) {
      return { type } as VmcCommand;
    }
  }
  switch (`${head - address},${sub},${payload.length}`) {
    case `${SETUP},0,6`:
      return { type: "setup", level: a, display: [b, c, d] };
    case `${SETUP},1,6`:
      return { type: "prices", max: a * 256 + b, min: c * 256 + d };
    case `${VEND},0,6`:
      return { type: "request", price: a * 256 + b, item: c * 256 + d };
    case `${VEND},5,6`:
      return { type: "cash-sale", price: a * 256 + b, item: c * 256 + d };
    case `${VEND},2,4`:
      return { type: "success", item: a * 256 + b };
    case `${EXPANSION},4,6`:
      return a + b + c === 0 && (d & ~ALWAYS_IDLE_OPTION) === 0 ? { type: "options", alwaysIdle: d !== 0 } : null;
    default:
      return null;
  }
}

export function encodeAnswer(answer: ReaderAnswer): Uint8Array {
  switch (answer.type) {
    case "ack":
      return Uint8Array.of(ACK);
    case "config": {
      const { level, currency, scale, places, responseSeconds, options } = answer.config;
      return encodeBlock([0x01, level, ...word(currency), scale, places, responseSeconds, options]);
    }
    case "begin-session":
      return encodeBlock([0x03, ...word(answer.funds)]);
    case "approved":
      return encodeBlock([0x05, ...word(answer.amount)]);
    default:
      return encodeBlock([PLAIN_ANSWERS.get(answer.type) ?? 0]);
  }
}

/** What a reader answered; null for any other block. */
export function decodeAnswer(block: Uint8Array): ReaderAnswer | null {
  if (block.length === 1 && block[0] === ACK) return { type: "ack" };
  const payload = decodeBlock(block);
  if (payload === null) return null;
  const [head = 0, a = 0, b = 0, c = 0, scale = 0, places = 0, responseSeconds = 0, options = 0] = payload;
  if (payload.length === 1) {
    const plain = [...PLAIN_ANSWERS].find(([, code]) => code === head);
    return plain === undefined ? null : ({ type: plain[0] } as ReaderAnswer);
  }
  if (head === 0x01 && payload.length === 8) {
    return { type: "config", config: { level: a, currency: b * 256 + c, scale, places, responseSeconds, options } };
  }
  if (head === 0x03 && payload.length === 3) return { type: "begin-session", funds: a * 256 + b };
  if (head === 0x05 && payload.length === 3) return { type: "approved", amount: a * 256 + b };
  return null;
}

function word(value: number): readonly [number, number] {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new RangeError(`An MDB amount or item is a whole number up to 65535, not ${value}.`);
  }
  return [value >> 8, value & 0xff];
}
