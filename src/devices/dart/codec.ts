import type { Framing } from "../../platform/serial/line.ts";

/**
 * The line level of Wayne/Dover DART (also Mepsan, Mekser MKR5, iGEM): half duplex, the controller is master, 8 data
 * bits, odd parity, 9600 or 19200 baud, an answer within 25 ms. A frame begins with the pump's address and a control
 * byte, whose low nibble numbers the block.
 *
 * - Short frames: `ADR CTRL FA`.
 * - Data: `ADR CTRL {TRANS LNG DATA}* CRC_L CRC_H 03 FA`, checked by CRC-16/ARC (polynomial 8005 reflected, init 0000)
 *   over everything before it. The documents name another CRC; every captured frame of real traffic bears this one.
 * - A byte FA within the data or the CRC is preceded by DLE (10), which the CRC does not include. A captured frame
 *   proves it for the CRC's bytes (`… 39 10 FA 03 FA`); for the data it rests on the line specification alone. DLE
 *   itself stands unescaped, as in captures (`65 10 01`), and stays unambiguous: `10 FA` is always an escaped FA.
 */
export interface DartFrame {
  /** 0x50 to 0x6F, one for each side of a pump. */
  readonly address: number;
  readonly kind: FrameKind;
  /** Of the block that is sent, acknowledged or refused: 0 after a restart, then 1 to 15 in turn. */
  readonly sequence: number;
  /** The transactions of a data frame; empty in any other. */
  readonly data: Uint8Array;
}

export type FrameKind = "poll" | "data" | "nak" | "eot" | "ack" | "ackpoll";

const CONTROL: Readonly<Record<FrameKind, number>> = {
  poll: 0x20,
  data: 0x30,
  nak: 0x50,
  eot: 0x70,
  ack: 0xc0,
  ackpoll: 0xe0,
};

const ETX = 0x03;
const DLE = 0x10;
const SF = 0xfa;
const FIRST_ADDRESS = 0x50;
const LAST_ADDRESS = 0x6f;
/** Address, control, CRC and ETX: what a data frame holds around its data. */
const AROUND_DATA = 5;
/** Address and control: what a short frame holds before its SF. */
const SHORT_BYTES = 2;
/** Bytes before a frame that are no part of it. */
const MOST_STRAY_BYTES = 8;
/** The longest data that is sent or taken. The specification's own bound is not known; captures stay below 50. */
export const MAX_DATA_BYTES = 250;
const NO_DATA = new Uint8Array(0);

export function isAddress(value: number): boolean {
  return Number.isInteger(value) && value >= FIRST_ADDRESS && value <= LAST_ADDRESS;
}

/** The number of the block after one: 0 only follows a restart. */
export function nextSequence(sequence: number): number {
  return sequence >= 15 ? 1 : sequence + 1;
}

/** CRC-16/ARC, low byte first on the wire. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** A frame without data. */
export function shortFrame(address: number, kind: Exclude<FrameKind, "data">, sequence = 0): DartFrame {
  return { address, kind, sequence, data: NO_DATA };
}

export function encodeFrame(frame: DartFrame): Uint8Array {
  const head = [frame.address, CONTROL[frame.kind] | frame.sequence];
  if (frame.kind !== "data") return Uint8Array.of(...head, SF);
  const checked = Uint8Array.of(...head, ...frame.data);
  const crc = crc16(checked);
  const bytes = [...checked, crc & 0xff, crc >>> 8];
  return Uint8Array.from([...bytes.flatMap((byte) => (byte === SF ? [DLE, SF] : [byte])), ETX, SF]);
}

/**
 * Frames are taken whole, up to their SF. A converter that switches its direction late, or a line that floats, puts
 * bytes of its own before a frame, each time: the frame is looked for behind them. What else a disturbance has merged
 * or torn is dropped, and sent again by whoever sent it. No more than a few starts are tried: each gives the CRC one
 * more chance to err, and a short frame has none.
 */
export function dartFraming(): Framing<DartFrame> {
  let bytes: number[] = [];
  let escaping = false;
  let tooLong = false;

  function keep(byte: number): void {
    if (bytes.length < MOST_STRAY_BYTES + MAX_DATA_BYTES + AROUND_DATA) bytes.push(byte);
    else tooLong = true;
  }

  function end(): DartFrame | null {
    const frame = tooLong ? null : findFrame(Uint8Array.from(bytes));
    bytes = [];
    tooLong = false;
    return frame;
  }

  return {
    push: (incoming) => {
      const frames: DartFrame[] = [];
      for (const byte of incoming) {
        if (byte === SF && !escaping) {
          const frame = end();
          if (frame !== null) frames.push(frame);
          continue;
        }
        if (escaping && byte !== SF) keep(DLE);
        escaping = byte === DLE;
        if (!escaping) keep(byte);
      }
      return frames;
    },
    reset: () => {
      bytes = [];
      escaping = false;
      tooLong = false;
    },
  };
}

/** The frame in what stood before an SF, without its escapes, behind what is none of it; null for what holds none. */
function findFrame(bytes: Uint8Array): DartFrame | null {
  const last = Math.min(MOST_STRAY_BYTES, bytes.length - SHORT_BYTES);
  for (let start = 0; start <= last; start++) {
    const frame = decodeFrame(bytes.subarray(start));
    if (frame !== null) return frame;
  }
  return null;
}

/** Null for bytes that are not one frame from the first to the last. */
function decodeFrame(bytes: Uint8Array): DartFrame | null {
  const [address = 0, control = 0] = bytes;
  const kind = kindOf(control);
  if (!isAddress(address) || kind === null) return null;
  const sequence = control & 0x0f;
  if (kind !== "data") return bytes.length === SHORT_BYTES ? { address, kind, sequence, data: NO_DATA } : null;
  if (bytes.length < AROUND_DATA || bytes.at(-1) !== ETX) return null;
  const checked = bytes.subarray(0, -3);
  const crc = crc16(checked);
  if (bytes.at(-3) !== (crc & 0xff) || bytes.at(-2) !== crc >>> 8) return null;
  return { address, kind, sequence, data: checked.slice(2) };
}

function kindOf(control: number): FrameKind | null {
  const high = control & 0xf0;
  for (const kind of Object.keys(CONTROL) as FrameKind[]) {
    if (CONTROL[kind] === high && (kind !== "poll" || control === CONTROL.poll)) return kind;
  }
  return null;
}
