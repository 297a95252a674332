import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answersFraming,
  crc16,
  encode,
  type Frame,
  readAnswer,
  readRequest,
  requestsFraming,
  writeAnswer,
  writeCoilRequest,
  writeRegisterRequest,
} from "../../../src/devices/modbus-meter/codec.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

describe("Modbus RTU", () => {
  // Published by Eastron (SDM120, SDM320Y manuals) and in the specification of the protocol.
  it.each([
    ["SDM total energy", readRequest(1, 4, 0x0156, 2), "01 04 01 56 00 02 90 27"],
    ["SDM import", readRequest(1, 4, 0x0048, 2), "01 04 00 48 00 02 F1 DD"],
    ["SDM voltage", readRequest(1, 4, 0x0000, 2), "01 04 00 00 00 02 71 CB"],
    [
      "SDM answer 230.2",
      encode({ unit: 1, functionCode: 4, data: hex("04 43 66 33 34") }),
      "01 04 04 43 66 33 34 1B 38",
    ],
    [
      "SDM holding 100.0",
      encode({ unit: 1, functionCode: 3, data: hex("04 42 C8 00 00") }),
      "01 03 04 42 C8 00 00 6F B5",
    ],
    ["a coil on", writeCoilRequest(0x11, 0x00ac, true), "11 05 00 AC FF 00 4E 8B"],
    ["a register written", writeRegisterRequest(0x11, 0x0001, 3), "11 06 00 01 00 03 9A 9B"],
  ])("writes %s as published", (_, bytes, published) => {
    expect(Buffer.from(bytes).toString("hex")).toBe(Buffer.from(hex(published)).toString("hex"));
  });

  it("has the checksum of the catalogue of CRCs", () => {
    expect(crc16(Buffer.from("123456789"))).toBe(0x4b37);
  });

  it.each([
    ["an answer", "01 04 04 43 66 33 34 1B 38", [{ unit: 1, functionCode: 4, data: hex("04 43 66 33 34") }]],
    ["two at once", "01 04 04 43 66 33 34 1B 38 01 03 04 42 C8 00 00 6F B5", [4, 3]],
    ["one after rubbish", "00 FF 01 01 04 04 43 66 33 34 1B 38", [4]],
    ["one whose first byte was doubled", "01 01 04 04 43 66 33 34 1B 38", [4]],
    ["none with a wrong bit", "01 04 04 43 66 33 35 1B 38", []],
    ["none with a byte missing", "01 04 04 43 66 34 1B 38", []],
    ["the echo of a coil", "11 05 00 AC FF 00 4E 8B", [5]],
  ])("finds %s", (_, bytes, expected) => {
    const frames = answersFraming().push(hex(bytes));
    const wanted = expected.map((each) => (typeof each === "number" ? { functionCode: each } : each));
    expect(frames).toMatchObject(wanted);
    expect(frames).toHaveLength(expected.length);
  });

  it("takes for an answer only what fits unit, function and length, and a refusal", () => {
    const answers = readAnswer(1, 4, 2);
    const data = hex("04 43 66 33 34");
    const table: [Frame, unknown][] = [
      [{ unit: 1, functionCode: 4, data }, { data: hex("43 66 33 34") }],
      [{ unit: 1, functionCode: 0x84, data: hex("02") }, { exception: 2 }],
      [{ unit: 2, functionCode: 4, data }, undefined],
      [{ unit: 1, functionCode: 3, data }, undefined],
      [{ unit: 1, functionCode: 4, data: hex("02 43 66") }, undefined],
    ];
    for (const [frame, answer] of table) expect(answers(frame)).toEqual(answer);
  });

  it("takes for the answer to a write its echo, and no echo of another", () => {
    const on = writeCoilRequest(1, 7, true);
    const [echo] = answersFraming().push(on);
    const [other] = answersFraming().push(writeCoilRequest(1, 7, false));
    if (echo === undefined || other === undefined) throw new Error("no frames");
    expect(writeAnswer(on)(echo)).toEqual({ data: hex("00 07 FF 00") });
    expect(writeAnswer(on)(other)).toBeUndefined();
    expect(writeAnswer(on)({ unit: 1, functionCode: 0x85, data: hex("02") })).toEqual({ exception: 2 });
  });
});

describe("the answer to a write, which is its question over again", () => {
  const write = writeCoilRequest(1, 0, true);
  const read = readRequest(1, 1, 0, 1);
  const told = encode({ unit: 1, functionCode: 1, data: Uint8Array.of(1, 1) });
  const refused = encode({ unit: 1, functionCode: 0x81, data: Uint8Array.of(1) });
  const answered = { data: hex("00 00 FF 00") };
  const maybe = { ...answered, mayBeEcho: true };

  /** What came to each question in turn; what the last, a write, is answered by, at once and once the line rests. */
  it.each<[string, readonly (readonly [Uint8Array, readonly Uint8Array[]])[], unknown, unknown]>([
    ["may be an echo at first", [[write, [write]]], undefined, maybe],
    ["may be an echo twice, for some adapters echo twice", [[write, [write, write]]], undefined, maybe],
    [
      "is none in the second where a read echoes twice",
      [
        [read, [read, read, told]],
        [write, [write, write]],
      ],
      undefined,
      undefined,
    ],
    [
      "is the third where a read echoes twice",
      [
        [read, [read, read, told]],
        [write, [write, write, write]],
      ],
      answered,
      undefined,
    ],
    ["is told from silence by no one", [[write, []]], undefined, undefined],
    [
      "is one where a read does not echo",
      [
        [read, [told]],
        [write, [write]],
      ],
      answered,
      undefined,
    ],
    [
      "is one where a refused read does not echo",
      [
        [read, [refused]],
        [write, [write]],
      ],
      answered,
      undefined,
    ],
    [
      "is one where a read brought nothing back",
      [
        [read, []],
        [write, [write]],
      ],
      answered,
      undefined,
    ],
    [
      "is none where a read echoes",
      [
        [read, [read, told]],
        [write, [write]],
      ],
      undefined,
      undefined,
    ],
    [
      "is none where a read echoes and is not answered",
      [
        [read, [read]],
        [write, [write]],
      ],
      undefined,
      undefined,
    ],
    [
      "is the second where a read echoes",
      [
        [read, [read, told]],
        [write, [write, write]],
      ],
      answered,
      undefined,
    ],
    [
      "is the first though a late one came beside it",
      [
        [read, [told]],
        [write, [write, write]],
        [write, [write]],
      ],
      answered,
      undefined,
    ],
    [
      "is still the second after one echo that was lost",
      [
        [read, [read, told]],
        [read, [told]],
        [write, [write]],
      ],
      undefined,
      undefined,
    ],
    [
      "is the first again when echoes have stopped",
      [
        [read, [read, told]],
        [read, [told]],
        [read, [told]],
        [read, [told]],
        [write, [write]],
      ],
      answered,
      undefined,
    ],
    [
      "is none in an echo that was damaged",
      [
        [read, [hex("01 01 00 00 01 FD CA"), told]],
        [write, [write]],
      ],
      undefined,
      maybe,
    ],
  ])("%s", (_, exchanges, atOnce, atRest) => {
    const framing = answersFraming();
    const answers = writeAnswer(write);
    let seen: readonly unknown[] = [];
    for (const [request, parts] of exchanges) {
      framing.reset();
      framing.sent?.(request);
      const first = parts.flatMap((part) => framing.push(part)).map(answers);
      const rest = [...(framing.rest?.(false) ?? []), ...(framing.rest?.(true) ?? [])].map(answers);
      seen = [first.find((one) => one !== undefined), rest.find((one) => one !== undefined)];
    }
    expect(seen).toEqual([atOnce, atRest]);
  });

  it("is not known any more when the line is another", () => {
    const framing = answersFraming();
    framing.sent?.(read);
    framing.push(told);
    framing.reset(true);
    framing.sent?.(write);
    expect(framing.push(write)).toEqual([]);
    expect(framing.rest?.(false)).toMatchObject([{ mayBeEcho: true }]);
  });
});

describe("Modbus RTU, whatever the bytes", () => {
  const registers = fc.uint8Array({ minLength: 1, maxLength: 16 }).map((half) => Uint8Array.from([...half, ...half]));
  const answer = fc.record({ unit: fc.integer({ min: 1, max: 247 }), functionCode: fc.constantFrom(3, 4), registers });

  it("reads what it wrote, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 4 }), fc.integer({ min: 1, max: 20 }), (answers, step) => {
        const framing = answersFraming();
        const frames = answers.map(({ unit, functionCode, registers: data }) => {
          return { unit, functionCode, data: Uint8Array.from([data.length, ...data]) };
        });
        const bytes = frames.flatMap((frame) => [...encode(frame)]);
        const found: Frame[] = [];
        for (let at = 0; at < bytes.length; at += step) {
          found.push(...framing.push(Uint8Array.from(bytes.slice(at, at + step))));
        }
        expect(found).toEqual(frames);
      }),
    );
  });

  for (const [name, framing] of [["answers", answersFraming()] as const, ["requests", requestsFraming()] as const]) {
    it(`finds no frame among ${name} that its checksum does not bear out, and none twice`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
          framing.reset();
          const frames = framing.push(bytes);
          const all = Buffer.from(bytes);
          for (const frame of frames) expect(all.includes(Buffer.from(encode(frame)))).toBe(true);
          expect(frames.length).toBeLessThanOrEqual(bytes.length / 5);
        }),
      );
    });
  }

  it("lets through of a million random bytes about what a checksum of 16 bits must, and finds the true answer behind them", () => {
    const framing = answersFraming();
    let state = 1;
    let frames = 0;
    for (let chunk = 0; chunk < 1_000; chunk++) {
      const bytes = Uint8Array.from({ length: 1_000 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 24;
      });
      frames += framing.push(bytes).length;
    }
    expect(frames).toBeLessThan(5);
    framing.reset();
    expect(framing.push(hex("01 04 04 43 66 33 34 1B 38"))).toHaveLength(1);
  });
});
