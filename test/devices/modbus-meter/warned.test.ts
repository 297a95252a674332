import { expect, it } from "vitest";
import type { Frame } from "../../../src/devices/modbus-meter/codec.ts";
import { Dispute } from "../../../src/devices/modbus-meter/dispute.ts";
import { openModbusMeter } from "../../../src/devices/modbus-meter/modbus-meter.ts";
import type { OpenStore } from "../../../src/devices/parts/register-file.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { done, unknown } from "../../../src/ports/outcome.ts";
import { SILENT } from "../../support/silent-log.ts";

const NOBODY: SerialLine<Frame> = {
  up: false,
  ask: async () => unknown("nobody is there"),
  tell: async () => done(null),
  onFrame: () => {},
  onLink: () => {},
  close: async () => {},
};
const NO_DISK: OpenStore = async (initial) => ({
  path: "/memory/register",
  read: async () => initial,
  write: async () => {},
  close: async () => {},
});

it.each([
  ["sdm630", []],
  ["gavazzi-em300", [/steps by 100 Wh: a sale may be charged up to that too much or too little/]],
  ["lovato-dmg610", [/registers of lovato-dmg610 are not confirmed, by https:.*compare energy and power/]],
  [{ function: 3, address: 1, type: "uint32", wordOrder: "high-first", whPerCount: 100 }, [/steps by 100 Wh/]],
] as const)("a person is told at the start what to know of a meter: %j", async (meter, warnings) => {
  const warned: string[] = [];
  const log = { ...SILENT, warn: (_: object, text: string) => warned.push(text) };
  const clock = systemClock();
  const parts = {
    contactor: { set: async () => done(null) },
    dispute: await Dispute.open(NO_DISK, clock, SILENT),
  };
  const settings = { unit: 1, meter, maxPowerW: 22_000, pollMs: 250, timeoutMs: 100 };
  await openModbusMeter(settings, NOBODY, clock, log, parts).close();
  expect(warned).toEqual(warnings.map((each) => expect.stringMatching(each)));
});
