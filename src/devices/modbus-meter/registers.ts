import { READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS } from "./codec.ts";
import { type MeterModel, WORDS } from "./config.ts";

/** Where a figure stands in a meter, and how it is written there. */
interface Register {
  readonly function: typeof READ_HOLDING_REGISTERS | typeof READ_INPUT_REGISTERS;
  readonly address: number;
  readonly type: keyof typeof WORDS;
  /** Which of its 16-bit words comes first. The bytes within a word are always high first. */
  readonly wordOrder: "high-first" | "low-first";
}

/** The energy register of a meter that is not among the known ones, and its power register if it has one. */
export interface OwnRegister extends Register {
  readonly whPerCount: number;
  readonly power?: (Register & { readonly wPerCount: number }) | undefined;
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
}

const EASTRON = { function: READ_INPUT_REGISTERS, type: "float32", wordOrder: "high-first" } as const;
/** Asked for together with the energy exported, which follows it. "Total" (0x0156) is their sum: nothing to bill by. */
const IMPORT: Figure = { ...EASTRON, address: 0x0048, scale: 1_000, offset: 0, count: 4 };
const ONE_PHASE: RegisterMap = {
  energy: IMPORT,
  reverse: { ...IMPORT, offset: 2 },
  power: { ...EASTRON, address: 0x000c, scale: 1, offset: 0, count: 2 },
  serial: {
    function: READ_HOLDING_REGISTERS,
    address: 0xfc00,
    type: "uint32",
    wordOrder: "high-first",
    scale: 1,
    offset: 0,
    count: 2,
  },
  resolutionWh: 10,
};
const THREE_PHASES: RegisterMap = {
  ...ONE_PHASE,
  power: { ...EASTRON, address: 0x0034, scale: 1, offset: 0, count: 2 },
};

/**
 * Eastron's meters, from their Modbus protocol documents: input registers, float32, kWh and W. A float32 holds 24
 * bits: from 16,384 kWh on it steps by 2 Wh, from 131,072 kWh on by 16 Wh.
 */
const METERS: Readonly<Record<MeterModel, RegisterMap>> = {
  sdm72: THREE_PHASES,
  sdm120: ONE_PHASE,
  sdm220: ONE_PHASE,
  sdm230: ONE_PHASE,
  sdm630: THREE_PHASES,
};

/** @param invert whether the meter is wired the other way round: then what it exports is what is sold */
export function registerMap(meter: MeterModel | OwnRegister, invert = false): RegisterMap {
  const map = typeof meter === "string" ? METERS[meter] : ownMap(meter);
  if (!invert) return map;
  const power = map.power === null ? null : { ...map.power, scale: -map.power.scale };
  return map.reverse === null ? { ...map, power } : { ...map, energy: map.reverse, reverse: map.energy, power };
}

function ownMap({ whPerCount, power, ...register }: OwnRegister): RegisterMap {
  const energy = { ...register, scale: whPerCount, offset: 0, count: wordsOf(register) };
  return {
    energy,
    reverse: null,
    power: power === undefined ? null : ownPower(power, energy),
    serial: null,
    resolutionWh: register.type === "float32" ? 10 : Math.max(1, Math.ceil(whPerCount)),
  };
}

/** One register more is asked for where the answer could otherwise be taken for the energy's. */
function ownPower({ wPerCount, ...register }: NonNullable<OwnRegister["power"]>, energy: Figure): Figure {
  const words = wordsOf(register);
  const isAlike = register.function === energy.function && words === energy.count;
  return { ...register, scale: wPerCount, offset: 0, count: isAlike ? words + 1 : words };
}

/** The figure in whole Wh or W, rounded half up; undefined when it is no such number. */
export function decodeFigure(figure: Figure, data: Uint8Array): number | undefined {
  const words = wordsOf(figure);
  const from = 2 * figure.offset;
  if (data.length < from + 2 * words) return undefined;
  const view = new DataView(Uint8Array.from(data.subarray(from, from + 2 * words)).buffer);
  if (figure.wordOrder === "low-first") {
    const reversed = Array.from({ length: words }, (_, index) => view.getUint16(2 * index)).reverse();
    for (const [index, word] of reversed.entries()) view.setUint16(2 * index, word);
  }
  if (isNoValue(figure.type, new Uint8Array(view.buffer))) return undefined;
  // Without the zero a scale below 0 makes a zero that is not equal to one.
  const rounded = Math.round(read(view, figure.type) * figure.scale) + 0;
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** What makers write where they have no value: the greatest or the least of a signed number, or all ones. */
function isNoValue(type: Register["type"], bytes: Uint8Array): boolean {
  if (type === "float32") return false;
  const [first, ...others] = bytes;
  const areAll = (value: number): boolean => others.every((byte) => byte === value);
  if (first === 0xff && areAll(0xff)) return type !== "int16" && type !== "int32";
  return (first === 0x7f && areAll(0xff)) || (first === 0x80 && areAll(0));
}

/** The step of the energy register where it stands now, in whole Wh. */
export function stepWh({ energy, resolutionWh }: RegisterMap, energyWh: number): number {
  if (energy.type !== "float32") return resolutionWh;
  const exponent = Math.floor(Math.log2(Math.max(1, energyWh / energy.scale)));
  return Math.max(resolutionWh, Math.ceil(2 ** (exponent - 23) * energy.scale));
}

function wordsOf({ type }: Register): number {
  return WORDS[type];
}

function read(view: DataView, type: Register["type"]): number {
  switch (type) {
    case "float32":
      return view.getFloat32(0);
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
  }
}
