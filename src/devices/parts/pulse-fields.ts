import { z } from "zod";
import { sentence } from "../../config/problem.ts";
import type { Found } from "../../ports/configured.ts";

export const pulsesAfterClosing = z.int().min(0).max(1_000);

/** Measured without loss of a pulse with the kernel's counter. */
const MOST_PULSES_A_SECOND = 20_000;

/** @param by the key that says how fast it may flow */
export function pulseProblems(
  pulsesASecond: number,
  { pulsesPerUnit, by }: { readonly pulsesPerUnit: number; readonly by: string },
): Found[] {
  if (pulsesASecond <= MOST_PULSES_A_SECOND) return [];
  const found = `${pulsesPerUnit}, which is ${Math.round(pulsesASecond)} pulses a second at ${by}`;
  const expected = `at most ${MOST_PULSES_A_SECOND} a second`;
  const message = sentence({ found, expected, hint: "no more are counted for certain" });
  return [{ path: ["dispenser", "pulsesPerUnit"], message, other: ["dispenser", by] }];
}
