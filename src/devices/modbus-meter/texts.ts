import { slowestStepMs } from "./least-car.ts";

/** What this driver says to people, each with what to do. */

export const STUCK =
  "energy flows although the contactor is open: it is stuck; cut the supply, replace it, then restart kioskd";

const BY_ITSELF =
  "kioskd goes on by itself once it has counted steadily for a minute with no sale open, and notes the difference";

export function contradicts(fromWh: number, toWh: number, maxPowerW: number): string {
  const what = toWh < fromWh ? "went back" : `rose faster than ${maxPowerW} W allow`;
  return `the meter ${what}, from ${fromWh} Wh to ${toWh} Wh: compare it with its display. If it was exchanged or reset, ${BY_ITSELF}; if the display says otherwise, check \`meter\` (register, type, word order) and \`maxPower\` in the configuration`;
}

export function exchanged(from: number, to: number): string {
  return `the meter has another number, ${to} in place of ${from}: check who exchanged it; with no sale open kioskd goes on by itself, and notes the difference`;
}

/** Why a meter that tells 0 is not believed at once. */
export function stillStarting(): string {
  return "it tells 0 Wh, as meters do while they start: wait a minute; compare it with its display if this stays";
}

/** Noted beside the quantity, which nobody can charge for. */
export function begunAnew(fromWh: number, toWh: number): string {
  return `the meter counts on from ${toWh} Wh, after ${fromWh} Wh: write down both, with what was done to it (exchanged, reset, configured otherwise)`;
}

export function doesNotFollow(fromWh: number | null, toWh: number): string {
  const before = fromWh === null ? "from another reading" : `from ${fromWh} Wh`;
  return `${toWh} Wh does not follow ${before}; it is read again: if this stays, compare the meter with its display`;
}

export function belowZero(valueWh: number): string {
  return `the meter tells ${valueWh} Wh, less than nothing: check the type and the word order of \`meter\` in the configuration`;
}

export function registerRefused(address: number, unit: number, exception: number): string {
  return `register 0x${address.toString(16)} is refused by meter ${unit} (exception ${exception}): check \`meter\` and \`unit\` in the configuration`;
}

/** Why a register cannot be sold by, for whom writes a configuration or a model. */
export function stepTooCoarse(found: string): string {
  return `found ${found}, expected steps of less than 1000 Wh. With 1 kWh a sale could be charged a whole step too much or too little: take a meter with finer steps`;
}

export function coarse(stepWh: number): string {
  const seconds = Math.ceil(slowestStepMs(stepWh) / 1_000);
  return `the meter's energy register steps by ${stepWh} Wh: a sale may be charged up to that too much or too little; take a meter with steps of 10 Wh or less, or keep noFlowTimeout above ${seconds}s, in which a car may draw one step`;
}

export function unconfirmed(model: string, sources: string): string {
  return `the registers of ${model} are not confirmed, by ${sources}: compare energy and power with the meter's display before you sell`;
}

export function noExport(model: string): string {
  return `what ${model} exports stands in no register that is known, so it cannot be sold by with invert: take out \`invert\` and have the meter turned, or give its registers below \`meter\``;
}

export function noNumber(address: number, unit: number): string {
  return `register 0x${address.toString(16)} of meter ${unit} holds no number that can be meant: wait while it starts; if this stays, check the type and the word order of \`meter\` in the configuration`;
}

export function silentMeter(patienceMs: number, why: string): string {
  return `no reading for ${patienceMs} ms: ${why}; check the meter, its line and the adapter`;
}

export const MOVES = "the meter does not stand still: check that nothing flows past the open contactor";

export function coilRefused(unit: number, coil: number): string {
  return `unit ${unit} refuses coil ${coil}: check \`contactor\` in the configuration`;
}

export function coilSilent(unit: number, coil: number, why: string): string {
  return `the contactor (unit ${unit}, coil ${coil}) does not answer: ${why}; check the relay board, its line and the adapter`;
}

export const COIL_UNREADABLE = "it refuses to have its coil read now: check the relay board";

export function coilUnproven(unit: number, coil: number): string {
  return `whether the contactor (unit ${unit}, coil ${coil}) was switched cannot be told: its answer may be the adapter's own echo, and the coil cannot be read back; use an adapter that does not echo, or a relay board that lets its coils be read (function 1)`;
}

export function coilElsewhere(unit: number, coil: number, isClosed: boolean): string {
  const [is, told] = isClosed ? ["closed", "open"] : ["open", "close"];
  return `the contactor (unit ${unit}, coil ${coil}) reads back as ${is} after it was told to ${told}: check the relay board, and whether something else switches it`;
}

/** A meter shows nothing of how it is wired while nothing flows: only the next delivery tells whether it was mended. */
const THEN =
  "then acknowledge what `kioskd faults` lists of this position, or restart kioskd: after either it sells again";

/** @param isInverted whether the configuration says that it is wired so */
function reversed(seen: string, isInverted: boolean): string {
  if (isInverted)
    return `${seen} while energy is delivered, with \`invert: true\`: the meter, or one of its phases, is wired the right way round; check the wiring, or take \`invert\` out of the configuration, then restart kioskd`;
  return `${seen} while energy is delivered: the meter, or one of its phases, is wired the other way round; have an electrician turn it, ${THEN}. Where it is to stay so, set \`invert: true\` in the configuration and restart kioskd`;
}

export function powerBelowZero(toldW: number, isInverted: boolean): string {
  return reversed(`the meter tells ${toldW} W, power below 0,`, isInverted);
}

export function countsInReverse(reverseWh: number, isInverted: boolean): string {
  return reversed(`the meter counted ${reverseWh} Wh as ${isInverted ? "imported" : "exported"}`, isInverted);
}

export function powerStands(leastWh: number, energyWh: number): string {
  return `by its power register at least ${leastWh} Wh flowed in this delivery, by its energy register only ${energyWh} Wh: one of the two is the wrong register or has the wrong scale, or one phase is wired the other way round; compare both with the meter's display, mend it, ${THEN}`;
}

export function energyRuns(mostWh: number, energyWh: number): string {
  return `by its energy register ${energyWh} Wh flowed in this delivery, by its power register ${mostWh} Wh at the most: one of the two is the wrong register or has the wrong scale, or something else flows through the meter; compare both with the meter's display, mend it, ${THEN}`;
}

/** Noted with what the meter counted the other way. */
export const COUNTED_IN_REVERSE =
  "delivered, but counted by the meter the other way, so that no sale is charged for it: have the wiring checked";
