import { describe, expect, it } from "vitest";
import { answersFraming, encode, readAnswer, readRequest } from "../../../src/devices/modbus-meter/codec.ts";
import { modelNames } from "../../../src/devices/modbus-meter/model.ts";
import { registerMap } from "../../../src/devices/modbus-meter/register-map.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { hasSocat, type MeterRig, meterRig, type RigOptions, START_WH, until } from "./rig.ts";

knowEachTest();

const UNITS = Array.from({ length: 247 }, (_, index) => index + 1);
const OWN = { function: 3, type: "uint32", wordOrder: "high-first", whPerCount: 1 } as const;

describe("a line that echoes", () => {
  it.each(modelNames())("has the answer of a meter %s at every address", (model) => {
    const { energy, power } = registerMap(model);
    for (const unit of UNITS) {
      const framing = answersFraming();
      for (const figure of [energy, power]) {
        if (figure === null) throw new Error("no power");
        const request = readRequest(unit, figure.function, figure.address, figure.count);
        const data = Uint8Array.from([2 * figure.count, ...Array(2 * figure.count).fill(unit)]);
        framing.sent?.(request);
        const functionCode = figure.function;
        const frames = framing.push(Uint8Array.from([...request, ...encode({ unit, functionCode, data })]));
        expect(frames.map(readAnswer(unit, functionCode, figure.count)), `unit ${unit}`).toEqual([
          { data: data.subarray(1) },
        ]);
        expect(framing.echoedBytes).toBe(request.length);
      }
    }
  });

  it("is looked at behind a false start once it rests, at every address", () => {
    const { energy, power } = registerMap("sdm630");
    for (const unit of UNITS) {
      for (const figure of [energy, power]) {
        if (figure === null) throw new Error("no power");
        const framing = answersFraming();
        const request = readRequest(unit, figure.function, figure.address, figure.count);
        const data = Uint8Array.from([2 * figure.count, ...Array(2 * figure.count).fill(unit)]);
        framing.sent?.(request);
        // The longest frame that could begin so.
        const junk = Uint8Array.of(unit, 4, 32);
        const bytes = Uint8Array.from([...junk, ...request, ...encode({ unit, functionCode: 4, data })]);
        const frames = [...framing.push(bytes), ...(framing.rest?.(false) ?? [])];
        expect(frames.map(readAnswer(unit, 4, figure.count)), `unit ${unit}`).toEqual([{ data: data.subarray(1) }]);
      }
    }
  });

  it("is told from an answer that begins with all of its question", () => {
    const address = 0x0834;
    const request = readRequest(1, 3, address, 4);
    // Eight bytes of data, of which the first five complete the question.
    const data = Uint8Array.from([8, ...request.subarray(3), 1, 2, 3]);
    const answer = encode({ unit: 1, functionCode: 3, data });
    expect(Buffer.from(answer).subarray(0, request.length)).toEqual(Buffer.from(request));
    for (const [bytes, echoed] of [
      [answer, 0],
      [Uint8Array.from([...request, ...answer]), request.length],
    ] as const) {
      const framing = answersFraming();
      framing.sent?.(request);
      expect(framing.push(bytes).map(readAnswer(1, 3, 4))).toEqual([{ data: data.subarray(1) }]);
      expect(framing.echoedBytes).toBe(echoed);
    }
    expect(registerMap({ ...OWN, address }).energy.count).toBe(2);
  });
});

async function start(acts: readonly string[], options: RigOptions = {}): Promise<MeterRig> {
  const rig = await meterRig(options);
  atEnd(rig.remove);
  for (const act of acts) rig.device.act(act);
  return rig;
}

describe.skipIf(!hasSocat)("a meter on a real line", { concurrent: true }, () => {
  it.each([13, 14])("sells behind an echo at address %d", async (unit) => {
    const rig = await start(["echo"], { device: { unit }, settings: { unit, meter: "sdm120" }, coilUnit: unit });
    expect(await rig.totaliserWh()).toBe(START_WH);
    expect((await rig.dispenser.arm(60)).kind).toBe("done");
    await until(() => rig.events.some(({ type }) => type === "finished"));
    expect(await rig.totaliserWh()).toBe(START_WH + rig.device.releasedBase());
  });

  it.each([
    ["silent", ["be-silent"], /no answer within 400 ms: check that the device is on/],
    ["silent behind an echo", ["echo", "be-silent"], /only the question's own echo: check that the device is on/],
    ["set to another speed", ["garble"], /: \d+ bytes came that make no message: check speed, parity and stop bits/],
    [
      "of another address",
      ["answer-for-another"],
      /other messages came: look for something else that speaks on the line/,
    ],
  ])("is told to be %s", async (_, acts, detail) => {
    const rig = await start(acts);
    expect(await rig.dispenser.totaliser()).toMatchObject({
      kind: "unknown",
      detail: expect.stringMatching(detail),
    });
  });
});
