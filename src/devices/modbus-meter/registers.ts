import type { READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS } from "./codec.ts";

export const TYPES = ["float32", "float64", "uint16", "int16", "uint32", "int32", "uint64", "int64"] as const;
export const WORD_ORDERS = ["high-first", "low-first"] as const;

/** Where a figure stands in a meter, and how it is written there. */
export interface Register {
  readonly function: typeof READ_HOLDING_REGISTERS | typeof READ_INPUT_REGISTERS;
  readonly address: number;
  readonly type: (typeof TYPES)[number];
  /** Which of its 16-bit words comes first. The bytes within a word are always high first. */
  readonly wordOrder: (typeof WORD_ORDERS)[number];
}

export interface Figure extends Register {
  /** Wh or W to one of the register. */
  readonly scale: number;
  /** Where it stands in the answer, in registers from its beginning. */
  readonly offset: number;
  /**
   * How many registers are asked for. An answer does not say which register it is about, so
   * energy and power are asked for in different lengths: then one is never taken for the other.
   */
  readonly count: number;
  /** What else the maker writes where there is no value, in hexadecimal as it comes over the line. */
  readonly noValue?: readonly string[] | undefined;
}

export interface RegisterMap {
  /** What is sold: active energy imported, ever. */
  readonly energy: Figure;
  /** What counts when energy flows the other way; comes in the same answer. */
  readonly reverse: Figure | null;
  /** Less than 0 when energy flows the other way. */
  readonly power: Figure | null;
  /** The meter's own number. */
  readonly serial: Figure | null;
  /** The smallest step of the energy register. */
  readonly resolutionWh: number;
  /** By how much the registers may run behind what flows; null where it is not known. */
  readonly lagMs: number | null;
  /** What the meter needs from an answer to the next question. */
  readonly pauseMs: number;
}

/** The figure in whole Wh or W, rounded half up; undefined when it is no such number. */
export function decodeFigure(figure: Figure, data: Uint8Array): number | undefined {
  const words = wordsOf(figure.type);
  const from = 2 * figure.offset;
  if (data.length < from + 2 * words) return undefined;
  const bytes = data.subarray(from, from + 2 * words);
  if (figure.noValue?.includes(Buffer.from(bytes).toString("hex"))) return undefined;
  const view = new DataView(Uint8Array.from(bytes).buffer);
  if (figure.wordOrder === "low-first") {
    const reversed = Array.from({ length: words }, (_, index) => view.getUint16(2 * index)).reverse();
    for (const [index, word] of reversed.entries()) view.setUint16(2 * index, word);
  }
  if (isNoValue(figure.type, new Uint8Array(view.buffer))) return undefined;
  const count = read(view, figure.type);
  // Beyond that a number of 64 bits would be rounded before it is a figure.
  if (!isFloat(figure.type) && !Number.isSafeInteger(count)) return undefined;
  // Without the zero a scale below 0 makes a zero that is not equal to one.
  const rounded = Math.round(count * figure.scale) + 0;
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** What makers write where they have no value: the greatest or the least of a signed number, or all ones. */
function isNoValue(type: Register["type"], bytes: Uint8Array): boolean {
  if (isFloat(type)) return false;
  const [first, ...others] = bytes;
  const areAll = (value: number): boolean => others.every((byte) => byte === value);
  if (first === 0xff && areAll(0xff)) return type.startsWith("uint");
  return (first === 0x7f && areAll(0xff)) || (first === 0x80 && areAll(0));
}

/** The step of the energy register where it stands now, in whole Wh. */
export function stepWh({ energy, resolutionWh }: RegisterMap, energyWh: number): number {
  if (energy.type !== "float32") return resolutionWh;
  const exponent = Math.floor(Math.log2(Math.max(1, energyWh / energy.scale)));
  return Math.max(resolutionWh, Math.ceil(2 ** (exponent - 23) * energy.scale));
}

export function isFloat(type: Register["type"]): boolean {
  return type === "float32" || type === "float64";
}

/** How many registers a number of this type takes. */
export function wordsOf(type: Register["type"]): 1 | 2 | 4 {
  if (type.endsWith("64")) return 4;
  return type.endsWith("16") ? 1 : 2;
}

function read(view: DataView, type: Register["type"]): number {
  switch (type) {
    case "float32":
      return view.getFloat32(0);
    case "float64":
      return view.getFloat64(0);
    case "uint16":
      return view.getUint16(0);
    case "int16":
      return view.getInt16(0);
    case "uint32":
      return view.getUint32(0);
    case "int32":
      return view.getInt32(0);
    case "uint64":
      return Number(view.getBigUint64(0));
    case "int64":
      return Number(view.getBigInt64(0));
  }
}
