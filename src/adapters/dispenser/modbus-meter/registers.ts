import { type READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS } from "./codec.ts";

/** Where a figure stands in a meter, and how it is written there. */
interface Register {
  readonly function: typeof READ_HOLDING_REGISTERS | typeof READ_INPUT_REGISTERS;
  readonly address: number;
  readonly type: "float32" | "uint32" | "int32" | "uint64";
  /** Which of its 16-bit words comes first. The bytes within a word are always high first. */
  readonly wordOrder: "high-first" | "low-first";
}

/** The energy register of a meter that is not among the known ones. */
export interface OwnRegister extends Register {
  readonly whPerCount: number;
}

export interface Figure extends Register {
  /** Wh or W to one of the register. */
  readonly scale: number;
  /**
   * How many registers are asked for, the figure's own first. An answer does not say which register it is about, so
   * energy and power are asked for in different lengths: then one is never taken for the other.
   */
  readonly count: number;
}

export interface RegisterMap {
  /** Active energy imported, ever. */
  readonly energy: Figure;
  readonly power: Figure | null;
  /** The smallest step of the energy register. */
  readonly resolutionWh: number;
}

const EASTRON = { function: READ_INPUT_REGISTERS, type: "float32", wordOrder: "high-first" } as const;
/** Asked for together with the energy exported, which follows it. "Total" (0x0156) is their sum: nothing to bill by. */
const IMPORT: Figure = { ...EASTRON, address: 0x0048, scale: 1_000, count: 4 };
const ONE_PHASE: RegisterMap = {
  energy: IMPORT,
  power: { ...EASTRON, address: 0x000c, scale: 1, count: 2 },
  resolutionWh: 10,
};
const THREE_PHASES: RegisterMap = { ...ONE_PHASE, power: { ...EASTRON, address: 0x0034, scale: 1, count: 2 } };

/**
 * Eastron's meters, from their Modbus protocol documents: input registers, float32, kWh and W. A float32 holds 24
 * bits: from 16,384 kWh on it steps by 2 Wh, from 131,072 kWh on by 16 Wh.
 */
const METERS = {
  sdm72: THREE_PHASES,
  sdm120: ONE_PHASE,
  sdm220: ONE_PHASE,
  sdm230: ONE_PHASE,
  sdm630: THREE_PHASES,
} as const;

export type MeterModel = keyof typeof METERS;

export function registerMap(meter: MeterModel | OwnRegister): RegisterMap {
  if (typeof meter === "string") return METERS[meter];
  const { whPerCount, ...register } = meter;
  const energy = { ...register, scale: whPerCount, count: wordsOf(meter) };
  return { energy, power: null, resolutionWh: register.type === "float32" ? 10 : Math.max(1, Math.ceil(whPerCount)) };
}

/** The figure in whole Wh or W, rounded half up; undefined when it is no such number. */
export function decodeFigure(figure: Figure, data: Uint8Array): number | undefined {
  const words = wordsOf(figure);
  if (data.length < 2 * words) return undefined;
  const view = new DataView(Uint8Array.from(data.subarray(0, 2 * words)).buffer);
  if (figure.wordOrder === "low-first") {
    const reversed = Array.from({ length: words }, (_, index) => view.getUint16(2 * index)).reverse();
    for (const [index, word] of reversed.entries()) view.setUint16(2 * index, word);
  }
  const rounded = Math.round(read(view, figure.type) * figure.scale);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** The step of the energy register where it stands now, in whole Wh. */
export function stepWh({ energy, resolutionWh }: RegisterMap, energyWh: number): number {
  if (energy.type !== "float32") return resolutionWh;
  const exponent = Math.floor(Math.log2(Math.max(1, energyWh / energy.scale)));
  return Math.max(resolutionWh, Math.ceil(2 ** (exponent - 23) * energy.scale));
}

function wordsOf({ type }: Register): number {
  return type === "uint64" ? 4 : 2;
}

function read(view: DataView, type: Register["type"]): number {
  switch (type) {
    case "float32":
      return view.getFloat32(0);
    case "uint32":
      return view.getUint32(0);
    case "int32":
      return view.getInt32(0);
    case "uint64":
      return Number(view.getBigUint64(0));
  }
}
