import { z } from "zod";
import { isoTime } from "../../../../core/time.ts";

/** What several bodies hold under one name or another. Every message says what was expected. */

/** The last one whose ISO text has a year of four digits. */
const LATEST_MS = 253_402_300_799_999;

const WHOLE = "expected a whole number, not below 0";
const TIME = `expected milliseconds since 1970, not after ${isoTime(LATEST_MS)}`;

export const whole = z.int(WHOLE).min(0, WHOLE);
/** Of a booking, in minor units: a refund is negative. */
export const signed = z.int("expected a whole number");
export const timeMs = z.int(TIME).min(0, TIME).max(LATEST_MS, TIME);
/** As `isoTime` writes it. */
export const isoText = z.iso.datetime('expected a time such as "2026-11-22T09:00:00.000Z"');
export const decimal = z
  .string('expected a decimal such as "19.89"')
  .regex(/^\d+(\.\d+)?$/, 'expected a decimal such as "19.89"');
/** What the daemon or its configuration calls something. */
export const name = z.string().regex(/^\P{Cc}+$/u, "expected a name without control characters");
/** Words of people, devices and services, which may hold anything. */
export const text = z.string();
