import { ExplainedError } from "../../core/explained-error.ts";
import { countOf, isWithin, type Model, readModel } from "./model.ts";
import { type Figure, isFloat, type Register, type RegisterMap, wordsOf } from "./registers.ts";
import { coarse, noExport, unconfirmed } from "./texts.ts";

/** With how many registers are asked for, where that is more than its type takes. */
type OwnPlace = Register & { readonly registers?: number | undefined };

/** The energy register of a meter that is not among the known ones, and its power register if it has one. */
export interface OwnRegister extends OwnPlace {
  readonly whPerCount: number;
  readonly power?: (OwnPlace & { readonly wPerCount: number }) | undefined;
  /** What the energy register steps by, where that is more than one count. */
  readonly stepWh?: number | undefined;
  /** By how much the registers may run behind what flows. */
  readonly lag?: number | undefined;
}

export interface KnownMeter {
  readonly map: RegisterMap;
  /** What a person should know of it before anything is sold. */
  readonly warnings: readonly string[];
}

/** So much may be charged too much or too little without a word. */
export const QUIET_STEP_WH = 10;
/** A float does not say what it steps by: Eastron's count in steps of 10 Wh. */
const FLOAT_STEP_WH = 10;

/**
 * @param invert whether the meter is wired the other way round: then what it exports is what is sold
 * @throws ExplainedError when there is no such model, or it cannot be wired so
 */
export function knownMeter(meter: string | OwnRegister, invert = false): KnownMeter {
  if (typeof meter !== "string") return warned(ownMap(meter, invert), []);
  const model = readModel(meter);
  return warned(modelMap(model, invert), model.confirmed ? [] : [unconfirmed(model.name, model.sources.join(" and "))]);
}

function warned(map: RegisterMap, warnings: readonly string[]): KnownMeter {
  const isCoarse = map.resolutionWh > QUIET_STEP_WH;
  return { map, warnings: isCoarse ? [...warnings, coarse(map.resolutionWh)] : warnings };
}

export function registerMap(meter: string | OwnRegister, invert = false): RegisterMap {
  return knownMeter(meter, invert).map;
}

function modelMap(model: Model, invert: boolean): RegisterMap {
  const { energy, power, serial, stepWh, lagMs, pauseMs } = model;
  const map = {
    power: power === undefined ? null : { ...figureOf(power), scale: (invert ? -1 : 1) * 10 ** power.scale },
    serial: serial === undefined ? null : figureOf({ ...serial, scale: 0 }),
    resolutionWh: stepWh,
    ...{ lagMs, pauseMs },
  };
  const exported = model.export;
  const imported = figureOf(energy);
  if (exported === undefined) {
    if (invert) throw new ExplainedError(noExport(model.name));
    return { ...map, energy: imported, reverse: null };
  }
  if (!isWithin(energy, exported)) return { ...map, energy: invert ? figureOf(exported) : imported, reverse: null };
  const reverse = {
    ...figureOf(exported),
    address: energy.address,
    offset: exported.address - energy.address,
    count: imported.count,
  };
  return invert ? { ...map, energy: reverse, reverse: imported } : { ...map, energy: imported, reverse };
}

function figureOf(told: Model["energy"]): Figure {
  const { function: by, address, type, wordOrder, scale, noValue } = told;
  return { function: by, address, type, wordOrder, scale: 10 ** scale, offset: 0, count: countOf(told), noValue };
}

function ownMap({ whPerCount, power, stepWh, lag, ...place }: OwnRegister, invert: boolean): RegisterMap {
  const { registers, ...register } = place;
  const energy = { ...register, scale: whPerCount, offset: 0, count: registers ?? wordsOf(register.type) };
  const leastWh = isFloat(register.type) ? FLOAT_STEP_WH : Math.max(1, Math.ceil(whPerCount));
  return {
    energy,
    reverse: null,
    power: power === undefined ? null : ownPower(power, energy, invert),
    serial: null,
    resolutionWh: stepWh ?? leastWh,
    lagMs: lag ?? null,
    pauseMs: 0,
  };
}

/** One register more is asked for where the answer could otherwise be taken for the energy's. */
function ownPower(power: NonNullable<OwnRegister["power"]>, energy: Figure, invert: boolean): Figure {
  const { wPerCount, registers, ...register } = power;
  const words = registers ?? wordsOf(register.type);
  const isAlike = register.function === energy.function && words === energy.count;
  return { ...register, scale: invert ? -wPerCount : wPerCount, offset: 0, count: isAlike ? words + 1 : words };
}
