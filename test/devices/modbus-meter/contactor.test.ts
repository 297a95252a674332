import { expect, it } from "vitest";
import type { Answer } from "../../../src/devices/modbus-meter/codec.ts";
import { coilContactor } from "../../../src/devices/modbus-meter/contactor.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { done } from "../../../src/ports/outcome.ts";

const SET: Answer = { data: Uint8Array.of(0, 0, 0xff, 0) };
const ON: Answer = { data: Uint8Array.of(1) };
const OFF: Answer = { data: Uint8Array.of(0) };
const refused = (exception: number): Answer => ({ exception });

/** A board that answers so, one question after the other. */
function contactorAt(...answers: readonly Answer[]) {
  const left = [...answers];
  const line = { up: true, ask: async () => done(left.shift() ?? OFF) } as unknown as SerialLine<never>;
  return { contactor: coilContactor({ unit: 1, coil: 0, timeoutMs: 300 }, line), left };
}

it.each<[string, readonly Answer[], object]>([
  ["that tells of its relay a moment late is asked again", [SET, OFF, OFF, ON], { kind: "done" }],
  ["that is busy is told again", [refused(6), refused(5), SET, ON], { kind: "done" }],
  ["that stays busy is unknown", [refused(6), refused(6), refused(6)], { kind: "unknown" }],
  ["that does not know the coil refuses for good", [refused(2), SET, ON], { kind: "declined" }],
])("a board %s", async (_what, answers, outcome) => {
  const { contactor } = contactorAt(...answers);
  expect(await contactor.set(true)).toMatchObject(outcome);
});
