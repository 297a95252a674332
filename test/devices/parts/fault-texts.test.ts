import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAULTS as DART } from "../../../src/devices/dart/faults.ts";
import { FAULTS as MDB } from "../../../src/devices/mdb/faults.ts";
import * as MODBUS from "../../../src/devices/modbus-meter/texts.ts";
import { FAULTS as OCPP } from "../../../src/devices/ocpp/faults.ts";
import { DOUBTS, FAULTS as PULSES } from "../../../src/devices/parts/pulse-faults.ts";
import { FAULTS as CREDITS } from "../../../src/devices/pulse-credit/faults.ts";
import { faultText, FAULTS as RAPI, STATE_FAULTS, WITHOUT } from "../../../src/devices/rapi/fault-text.ts";
import { FAULTS as TIMER } from "../../../src/devices/relay-timer/faults.ts";
import { FAULTS as VENDING } from "../../../src/devices/relay-vend/faults.ts";
import { groupAdvice } from "../../../src/platform/serial/device.ts";
import { INSTEAD, LINE, NET, PORT } from "../../../src/platform/serial/texts.ts";

const SOURCES = join(import.meta.dirname, "../../../src");

/** A number where a number is wanted does as well as a word where a word is. */
function saying(text: unknown): string {
  if (typeof text !== "function") return String(text);
  return text(...Array.from({ length: text.length }, (_, index) => index + 1));
}

const STATES = [...Object.keys(STATE_FAULTS).map(Number), 12];
const GROUPS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dart: DART,
  mdb: MDB,
  "modbus-meter": MODBUS,
  "pulse meter": PULSES,
  "pulse count": DOUBTS,
  "pulse-credit": CREDITS,
  "relay-timer": TIMER,
  "relay-vend": VENDING,
  ocpp: OCPP,
  rapi: RAPI,
  "rapi state": Object.fromEntries(STATES.map((state) => [state, faultText(state)])),
  "rapi firmware": WITHOUT,
  "serial answer": INSTEAD,
  "serial line": LINE,
  network: NET,
  "serial port": { ...PORT, forbidden: PORT.forbidden(groupAdvice("/dev/null")) },
};

/** Said to somebody who stands at the device: each begins a part of a sentence. */
const VERBS =
  "check|clear|close|compare|correct|cut|end|fill|find|give|have|install|keep|let|look|mend|put|read|replace|restart|run|see|set|shut|start|switch|take|unplug|use|plug|wait|write";
const TO_DO = new RegExp(`(^|[:;.,] |\\b(and|or|then) )(${VERBS})\\b`, "i");

describe.each(Object.entries(GROUPS))("%s", (_, texts) => {
  it.each(Object.entries(texts))("%s says what to do", (_, text) => {
    expect(saying(text)).toMatch(TO_DO);
    expect(saying(text)).not.toMatch(/undefined|NaN|\[object|\?$/);
  });
});

it("a text that only says what is so does not pass for one that says what to do", () => {
  expect("the charger has restarted").not.toMatch(TO_DO);
  expect("the register cannot be read, and the check failed").not.toMatch(TO_DO);
  expect("a drop sensor sees something that stays: it cannot see a sale").not.toMatch(TO_DO);
});

it("are all that is raised or warned of: none is written where it is raised", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^(devices|platform\/serial)\/(?!.*\bsimulator\/|bench\/).*\.ts$/.test(file),
  );
  expect(files.length).toBeGreaterThan(60);
  for (const file of files) {
    const source = readFileSync(join(SOURCES, file), "utf8");
    expect(source.match(/(events\.(raise|warn)|#fail)\(\s*"[\w-]+",\s*["`]/gi), file).toBeNull();
  }
});
