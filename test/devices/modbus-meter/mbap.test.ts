import { describe, expect, it } from "vitest";
import type { Frame } from "../../../src/devices/modbus-meter/codec.ts";
import { readAnswer, readRequest } from "../../../src/devices/modbus-meter/codec.ts";
import { encodeMbap, type MbapFrame, MbapFraming, overTcp } from "../../../src/devices/modbus-meter/mbap.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { done, type Outcome, unknown } from "../../../src/ports/outcome.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

/** The example of the specification: three holding registers of unit 17. */
const ANSWER = bytes("00 01 00 00 00 09 11 03 06 02 2b 00 64 00 7f");
const FRAME = { transaction: 1, unit: 0x11, functionCode: 3, data: bytes("06 02 2b 00 64 00 7f") };

describe("messages of Modbus TCP", () => {
  it("are found whole, in parts, and one behind the other", () => {
    for (let at = 0; at <= ANSWER.length; at++) {
      const framing = new MbapFraming();
      const found = [...framing.push(ANSWER.subarray(0, at)), ...framing.push(ANSWER.subarray(at))];
      expect(found).toEqual([FRAME]);
    }
    const framing = new MbapFraming();
    expect(framing.push(Uint8Array.from([...ANSWER, ...ANSWER, ...ANSWER]))).toHaveLength(3);
  });

  it("are written as they are read", () => {
    expect(Buffer.from(encodeMbap(FRAME))).toEqual(Buffer.from(ANSWER));
  });

  it("of a refusal have two bytes", () => {
    const [refusal] = new MbapFraming().push(bytes("00 07 00 00 00 03 01 84 02"));
    expect(refusal).toEqual({ transaction: 7, unit: 1, functionCode: 0x84, data: bytes("02") });
  });

  it.each([
    ["another protocol", "00 01 00 05 00 09 11 03 06 02 2b 00 64 00 7f"],
    ["a length that is not the message's", "00 01 00 00 00 08 11 03 06 02 2b 00 64 00 7f"],
    ["a length without end", "00 01 00 00 ff ff 11 03 fa 02 2b 00 64 00 7f"],
    ["an odd count of bytes", "00 01 00 00 00 08 11 03 05 02 2b 00 64 00"],
    ["a function that nobody asks for", "00 01 00 00 00 09 11 2b 06 02 2b 00 64 00 7f"],
    ["a page of a web server", "48 54 54 50 2f 31 2e 31 20 34 30 30 20 42 61 64"],
  ])("are not %s, and what comes afterwards is heard", (_, hex) => {
    const framing = new MbapFraming();
    expect(framing.push(bytes(hex))).toEqual([]);
    framing.reset();
    expect(framing.push(ANSWER)).toEqual([FRAME]);
  });
});

/** Hands each question to the one who answers. */
function lineOf(answer: (asked: Uint8Array) => MbapFrame): SerialLine<MbapFrame> {
  return {
    up: true,
    ask: async <A>(request: Uint8Array, answers: (frame: MbapFrame) => A | undefined): Promise<Outcome<A>> => {
      const taken = answers(answer(request));
      return taken === undefined ? unknown("no answer") : done(taken);
    },
    tell: async () => done(null),
    onFrame: () => {},
    onLink: () => {},
    close: async () => {},
  };
}

describe("a question over Modbus TCP", () => {
  const ask = (line: SerialLine<Frame>) => line.ask(readRequest(0x11, 3, 0x6b, 3), readAnswer(0x11, 3, 3), 100);

  it("goes out without a checksum, under a number of its own each time", async () => {
    const asked: string[] = [];
    const line = overTcp(
      lineOf((request) => {
        asked.push(Buffer.from(request).toString("hex"));
        return { ...FRAME, transaction: Buffer.from(request).readUInt16BE(0) };
      }),
    );
    for (let n = 0; n < 3; n++) expect((await ask(line)).kind).toBe("done");
    expect(asked).toEqual(["0001", "0002", "0003"].map((id) => `${id}000000061103006b0003`));
  });

  it("is not answered by what belongs to another question, and its numbers begin again after the last", async () => {
    let offset = 0;
    const line = overTcp(
      lineOf((request) => ({ ...FRAME, transaction: (Buffer.from(request).readUInt16BE(0) + offset) & 0xffff })),
    );
    for (let n = 0; n < 65_540; n++) if ((await ask(line)).kind !== "done") expect(n).toBe("answered");
    for (offset of [1, -1, 0x8000]) expect((await ask(line)).kind).toBe("unknown");
  });

  it("is not answered by another unit", async () => {
    const line = overTcp(
      lineOf((request) => ({ ...FRAME, unit: 0x12, transaction: Buffer.from(request).readUInt16BE(0) })),
    );
    expect((await ask(line)).kind).toBe("unknown");
  });
});
