import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as codec from "../../../src/devices/ocpp/codec.ts";
import { decodeFrame, encodeFrame, LONGEST_TEXT } from "../../../src/devices/ocpp/frame.ts";

describe("a frame", () => {
  it.each<[string, string, unknown]>([
    ["a question", '[2,"1","Heartbeat",{}]', { kind: "call", id: "1", action: "Heartbeat", payload: {} }],
    ["a question without anything", '[2,"1","Heartbeat"]', { kind: "call", id: "1", action: "Heartbeat", payload: {} }],
    ["an answer", '[3,"1",{"a":1}]', { kind: "result", id: "1", payload: { a: 1 } }],
    [
      "a refusal",
      '[4,"1","GenericError","no",{}]',
      { kind: "error", id: "1", code: "GenericError", description: "no" },
    ],
    ["a type in quotes, an id that is a number", '["3",7,{}]', { kind: "result", id: "7", payload: {} }],
    ["no JSON", "[2,", undefined],
    ["no list", "{}", undefined],
    ["another type", '[5,"1","a",{}]', undefined],
    ["no id", '[2,"","Heartbeat",{}]', undefined],
    ["no action", '[2,"1",{},{}]', undefined],
    ["more than is read", `[2,"1","${"x".repeat(LONGEST_TEXT)}",{}]`, undefined],
  ])("%s", (_, text, frame) => {
    expect(decodeFrame(text)).toEqual(frame);
  });

  it("is read as it was written, and no text at all makes the reader throw", () => {
    const payload = fc.dictionary(fc.string(), fc.jsonValue());
    const id = fc.string({ minLength: 1, maxLength: 36 });
    fc.assert(
      fc.property(id, payload, (name, given) => {
        const frame = { kind: "call", id: name, action: "DataTransfer", payload: given } as const;
        expect(decodeFrame(encodeFrame(frame))).toEqual(JSON.parse(JSON.stringify(frame)));
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        decodeFrame(text);
      }),
    );
  });
});

const REGISTER = "Energy.Active.Import.Register";

function sampled(...sampledValue: readonly object[]): codec.Sample {
  return codec.sampleOf(codec.meterValues.parse({ meterValue: [{ sampledValue }] }).meterValue, 1);
}

describe("a sample", () => {
  it.each<[string, readonly object[], codec.Sample]>([
    ["bare: the register in Wh", [{ value: "1500" }], { registerWh: 1_500, powerW: null }],
    ["in kWh", [{ value: "1.5", unit: "kWh" }], { registerWh: 1_500, powerW: null }],
    ["in kWh that binary fractions do not hit", [{ value: "0.29", unit: "kWh" }], { registerWh: 290, powerW: null }],
    ["with blanks around it", [{ value: " 7 " }], { registerWh: 7, powerW: null }],
    ["as a number", [{ value: 7 }], { registerWh: 7, powerW: null }],
    ["beyond 32 bits", [{ value: "4296944685" }], { registerWh: 4_296_944_685, powerW: null }],
    ["empty is no reading", [{ value: "" }], { registerWh: null, powerW: null }],
    ["of words is none", [{ value: "unknown" }], { registerWh: null, powerW: null }],
    ["below 0 is none", [{ value: "-1" }], { registerWh: null, powerW: null }],
    ["of the begin is none", [{ value: "7", context: "Transaction.Begin" }], { registerWh: null, powerW: null }],
    ["of one phase is none", [{ value: "7", phase: "L1" }], { registerWh: null, powerW: null }],
    ["of the car is none", [{ value: "7", location: "EV" }], { registerWh: null, powerW: null }],
    ["signed is none", [{ value: "7", format: "SignedData" }], { registerWh: null, powerW: null }],
    ["in another unit is none", [{ value: "7", unit: "kvarh" }], { registerWh: null, powerW: null }],
    ["the last of two counts", [{ value: "7" }, { value: "8", measurand: REGISTER }], { registerWh: 8, powerW: null }],
    ["of power", [{ value: "3.7", measurand: "Power.Active.Import", unit: "kW" }], { registerWh: null, powerW: 3_700 }],
    [
      "of current says nothing",
      [{ value: "16", measurand: "Current.Import", unit: "A" }],
      { registerWh: null, powerW: null },
    ],
  ])("%s", (_, values, sample) => {
    expect(sampled(...values)).toEqual(sample);
  });

  it("of anything at all is one, or none, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        for (const schema of [codec.meterValues, codec.startTransaction, codec.stopTransaction])
          schema.safeParse(payload);
        const values = codec.meterValues.safeParse({ meterValue: payload });
        if (values.success) {
          const { registerWh } = codec.sampleOf(values.data.meterValue, 1_000);
          expect(registerWh === null || Number.isSafeInteger(registerWh)).toBe(true);
        }
      }),
    );
  });
});
