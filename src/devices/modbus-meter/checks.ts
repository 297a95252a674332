import { sentence } from "../../config/problem.ts";
import type { Found, Path } from "../../ports/configured.ts";
import { REFUSED_STEP_WH, readModel } from "./model.ts";
import { type OwnRegister, QUIET_STEP_WH, registerMap } from "./register-map.ts";
import { isFloat, type Register, wordsOf } from "./registers.ts";
import { TIMING } from "./settings.ts";
import { stepTooCoarse } from "./texts.ts";

const LAST_REGISTER = 65_535;
const METER: Path = ["dispenser", "meter"];

/** What is wrong with a meter as it is configured. */
export function meterProblems(meter: string | OwnRegister, invert: boolean): readonly Found[] {
  if (typeof meter === "string") return invert ? invertProblems(meter) : [];
  return [
    ...placeProblems(meter, METER),
    ...(meter.power === undefined ? [] : placeProblems(meter.power, [...METER, "power"])),
    ...stepProblems(meter),
  ];
}

/** A limit that is no more than what such a meter may not show yet would end each delivery before it begins. */
export function leastLimitWh(meter: string | OwnRegister, maxPowerW: number): number {
  const { resolutionWh, lagMs } = registerMap(meter);
  const lateMs = lagMs ?? TIMING.lagMs;
  const isUsual = resolutionWh <= QUIET_STEP_WH && lateMs <= TIMING.lagMs;
  return isUsual ? 0 : resolutionWh + Math.ceil((maxPowerW * lateMs) / 3_600_000);
}

function invertProblems(model: string): Found[] {
  if (readModel(model).export !== undefined) return [];
  const message = sentence({
    found: `invert: true beside ${model}`,
    expected: "invert: false",
    hint: "what it exports stands in no register that is known: have the meter turned, or give its registers below meter",
  });
  return [{ path: ["dispenser", "invert"], message, other: METER }];
}

function placeProblems(
  { address, type, registers }: Register & { readonly registers?: number | undefined },
  at: Path,
): Found[] {
  const words = wordsOf(type);
  if (registers !== undefined && registers < words) {
    const message = sentence({ found: String(registers), expected: `at least ${words} for a ${type}` });
    return [{ path: [...at, "registers"], message, other: [...at, "type"] }];
  }
  const lastAddress = LAST_REGISTER - (registers ?? words) + 1;
  if (address <= lastAddress) return [];
  const told = registers === undefined ? `a ${type}` : `${registers} registers`;
  const message = sentence({ found: String(address), expected: `at most ${lastAddress} for ${told}` });
  return [{ path: [...at, "address"], message, other: [...at, registers === undefined ? "type" : "registers"] }];
}

function stepProblems({ type, whPerCount, stepWh }: OwnRegister): Found[] {
  const countWh = isFloat(type) ? 0 : whPerCount;
  const at = (key: string): Path => [...METER, key];
  if (stepWh !== undefined && stepWh >= REFUSED_STEP_WH)
    return [{ path: at("stepWh"), message: stepTooCoarse(`${stepWh}`) }];
  if (countWh >= REFUSED_STEP_WH)
    return [{ path: at("whPerCount"), message: stepTooCoarse(`${whPerCount} of a ${type}`) }];
  if (stepWh === undefined || stepWh >= countWh) return [];
  const message = sentence({ found: String(stepWh), expected: `at least whPerCount, ${whPerCount}` });
  return [{ path: at("stepWh"), message, other: at("whPerCount") }];
}
