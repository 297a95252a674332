import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Command,
  decodeCommands,
  decodeReports,
  encodeCommands,
  encodeReports,
  ORDER,
  type Report,
  STATUS,
} from "../../../src/devices/dart/application.ts";
import { decodeBcd, encodeBcd } from "../../../src/devices/dart/bcd.ts";
import {
  type DartFrame,
  dartFraming,
  encodeFrame,
  MAX_DATA_BYTES,
  nextSequence,
} from "../../../src/devices/dart/codec.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const texts = (bytes: Uint8Array): string => (Buffer.from(bytes).toString("hex").match(/../g) ?? []).join(" ");
const framed = (bytes: Uint8Array): readonly DartFrame[] => dartFraming().push(bytes);

const NOZZLE_1_OUT: Report = { type: "nozzle", price: 2_180, nozzle: 1, out: true };
const NOZZLE_1_IN: Report = { type: "nozzle", price: 1_175, nozzle: 1, out: false };
const status = (value: number): Report => ({ type: "status", status: value });
const nothing: Report = { type: "filled", volume: 0, amount: 0 };

const SHORT: readonly [string, Omit<DartFrame, "data">][] = [
  ["50 20 fa", { address: 0x50, kind: "poll", sequence: 0 }],
  ["50 70 fa", { address: 0x50, kind: "eot", sequence: 0 }],
  ["51 ca fa", { address: 0x51, kind: "ack", sequence: 10 }],
  ["50 55 fa", { address: 0x50, kind: "nak", sequence: 5 }],
];

const FROM_CONTROLLER: readonly [string, number, readonly Command[]][] = [
  ["50 37 01 01 06 1e 2a 03 fa", 7, [{ type: "order", order: ORDER.authorize }]],
  ["51 30 65 01 01 22 83 03 fa", 0, [{ type: "request-totals", counter: 1 }]],
];

const FROM_PUMP: readonly [string, number, readonly Report[]][] = [
  ["50 34 01 01 01 03 04 00 21 80 11 9c 82 03 fa", 4, [status(STATUS.reset), NOZZLE_1_OUT]],
  ["50 36 01 01 02 03 04 00 21 80 11 0e 48 03 fa", 6, [status(STATUS.authorized), NOZZLE_1_OUT]],
  ["50 31 01 01 00 9e a0 03 fa", 1, [status(STATUS.notProgrammed)]],
  ["51 3c 01 01 05 03 04 00 11 75 01 1a c7 03 fa", 12, [status(STATUS.fillingCompleted), NOZZLE_1_IN]],
  [
    "51 3a 02 08 00 00 00 00 00 00 00 00 03 04 00 11 75 01 01 01 05 60 27 03 fa",
    10,
    [nothing, NOZZLE_1_IN, status(STATUS.fillingCompleted)],
  ],
  [
    "51 3d 65 10 01 00 00 00 00 02 00 00 00 00 02 00 00 00 00 00 58 f8 03 fa",
    13,
    [{ type: "totals", counter: 1, total: 2, meters: [2, 0] }],
  ],
  [
    "50 3e 02 08 00 00 00 00 00 00 00 00 03 04 00 99 07 07 01 01 05 65 10 01 13 36 38 49 66 13 36 38 49 66 00 00 00 00 00 39 10 fa 03 fa",
    14,
    [
      nothing,
      { type: "nozzle", price: 9_907, nozzle: 7, out: false },
      status(STATUS.fillingCompleted),
      { type: "totals", counter: 1, total: 1_336_384_966, meters: [1_336_384_966, 0] },
    ],
  ],
];

describe("published frames", () => {
  it.each(SHORT)("%s", (bytes, frame) => {
    expect(framed(hex(bytes))).toEqual([{ ...frame, data: new Uint8Array(0) }]);
    expect(texts(encodeFrame({ ...frame, data: new Uint8Array(0) }))).toBe(bytes);
  });

  it.each(FROM_CONTROLLER)("%s", (bytes, sequence, commands) => {
    const [frame] = framed(hex(bytes));
    expect(frame).toMatchObject({ kind: "data", sequence });
    expect(decodeCommands(frame?.data ?? new Uint8Array(0))).toEqual(commands);
    expect(texts(encodeFrame({ ...(frame as DartFrame), data: encodeCommands(commands) }))).toBe(bytes);
  });

  it.each(FROM_PUMP)("%s", (bytes, sequence, reports) => {
    const [frame] = framed(hex(bytes));
    expect(frame).toMatchObject({ kind: "data", sequence });
    expect(decodeReports(frame?.data ?? new Uint8Array(0))).toEqual(reports);
    expect(texts(encodeFrame({ ...(frame as DartFrame), data: encodeReports(reports) }))).toBe(bytes);
  });
});

describe("what is no frame", () => {
  it.each([
    ["another CRC", "50 37 01 01 06 1d 3d 03 fa"],
    ["an address of nobody", "4f 20 fa"],
    ["an address of nobody", "70 70 fa"],
    ["a control byte of no meaning", "50 00 fa"],
    ["a control byte of no meaning", "50 21 fa"],
    ["a short frame too long", "50 70 00 fa"],
    ["data without its ETX", "50 31 01 01 00 9e a0 fa"],
    ["data without its CRC", "50 31 03 fa"],
    ["a frame behind too many bytes of nobody", "00 00 00 00 00 00 00 00 00 50 70 fa"],
    ["a damaged frame behind a byte of nobody", "00 50 31 01 01 00 9e a1 03 fa"],
  ])("%s: %s", (_why, bytes) => {
    expect(framed(hex(bytes))).toEqual([]);
  });

  it("a block whose lengths do not come out even", () => {
    expect(decodeReports(hex("01 01 05 03 04 00"))).toBeNull();
    expect(decodeCommands(hex("01"))).toBeNull();
  });

  it.each([
    ["DC1 of two bytes", "01 02 05 05"],
    ["DC2 with a nibble that is no digit", "02 08 00 00 00 0a 00 00 00 00"],
    ["DC101 of five bytes", "65 05 00 00 00 00 01"],
  ])("known transactions with other contents are unknown: %s", (_why, bytes) => {
    expect(decodeReports(hex(bytes))?.map(({ type }) => type)).toEqual(["unknown"]);
  });

  it("digits that do not fit", () => {
    expect(() => encodeBcd(100, 1)).toThrow(RangeError);
    expect(() => encodeBcd(-1, 4)).toThrow(RangeError);
    expect(() => encodeBcd(1.5, 4)).toThrow(RangeError);
  });
});

describe("a frame behind what is none of it", () => {
  it.each([
    ["a byte before it", "00 50 70 fa", ["eot"]],
    ["a byte that is set before it", "ff 50 70 fa", ["eot"]],
    ["a DLE before it", "10 50 70 fa", ["eot"]],
    ["an SF before it", "fa 50 70 fa", ["eot"]],
    ["what looks like an address before it", "55 50 70 fa", ["eot"]],
    ["bytes before data", "00 ff 50 31 01 01 00 9e a0 03 fa", ["data"]],
    ["a frame that lost its end", "50 70 50 31 01 01 00 9e a0 03 fa", ["data"]],
    ["a byte before each of two", "00 50 70 fa 00 50 31 01 01 00 9e a0 03 fa", ["eot", "data"]],
    ["as many bytes as there may be", "00 00 00 00 00 00 00 00 50 70 fa", ["eot"]],
  ])("%s: %s", (_why, bytes, kinds) => {
    expect(framed(hex(bytes)).map(({ kind }) => kind)).toEqual(kinds);
  });
});

const address = fc.integer({ min: 0x50, max: 0x6f });
const sequence = fc.integer({ min: 0, max: 15 });
/** Bytes that mean something to the framing come up often. */
const byte = fc.oneof(fc.constantFrom(0xfa, 0x10, 0x03, 0x50, 0x20, 0x70, 0x31), fc.integer({ min: 0, max: 255 }));
const data = fc.array(byte, { maxLength: MAX_DATA_BYTES }).map((bytes) => Uint8Array.from(bytes));
const anyFrame: fc.Arbitrary<DartFrame> = fc.oneof(
  fc.record({ address, kind: fc.constant<"data">("data"), sequence, data }),
  fc.record({
    address,
    kind: fc.constantFrom<"ack" | "nak" | "eot" | "ackpoll">("ack", "nak", "eot", "ackpoll"),
    sequence,
    data: fc.constant(new Uint8Array(0)),
  }),
  fc.record({
    address,
    kind: fc.constant<"poll">("poll"),
    sequence: fc.constant(0),
    data: fc.constant(new Uint8Array(0)),
  }),
);

describe("any frames and any bytes", () => {
  it("what is encoded decodes to the same, however it is cut into pieces", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (all, cuts) => {
          const bytes = Uint8Array.from(all.flatMap((frame) => [...encodeFrame(frame)]));
          const framing = dartFraming();
          const frames: DartFrame[] = [];
          for (let at = 0; at < bytes.length; ) {
            const length = cuts.next().value ?? 1;
            frames.push(...framing.push(bytes.subarray(at, at + length)));
            at += length;
          }
          expect(frames).toEqual(all);
        },
      ),
    );
  });

  it("no frame comes out that was not in the bytes", () => {
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 600 }), (noise) => {
        const bytes = Uint8Array.from(noise);
        for (const frame of framed(bytes)) expect(texts(bytes)).toContain(texts(encodeFrame(frame)));
      }),
    );
  });

  it("after any bytes and a reset a frame is taken", () => {
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 600 }), anyFrame, (noise, frame) => {
        const framing = dartFraming();
        framing.push(Uint8Array.from(noise));
        framing.reset();
        expect(framing.push(encodeFrame(frame))).toEqual([frame]);
      }),
    );
  });

  it("one damaged bit in a data frame is always seen", () => {
    fc.assert(
      fc.property(address, sequence, data, fc.nat(), fc.nat({ max: 7 }), (pump, number, contents, where, bit) => {
        const bytes = encodeFrame({ address: pump, kind: "data", sequence: number, data: contents });
        const at = where % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(framed(bytes).filter(({ kind }) => kind === "data")).toEqual([]);
      }),
    );
  });

  it("blocks of any contents are taken apart without a throw, and put together again as they were", () => {
    fc.assert(
      fc.property(data, (contents) => {
        const commands = decodeCommands(contents);
        const reports = decodeReports(contents);
        expect(commands === null).toBe(reports === null);
        if (commands !== null) expect(encodeCommands(commands)).toEqual(contents);
      }),
    );
  });

  it("decimal digits survive", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999_999 }), (value) => {
        expect(decodeBcd(encodeBcd(value, 5))).toBe(value);
      }),
    );
  });

  it("blocks are numbered 0 once, then 1 to 15 over and over", () => {
    const numbers = Array.from({ length: 32 }).reduce<number[]>((all) => [...all, nextSequence(all.at(-1) ?? 0)], [0]);
    expect(numbers.slice(0, 18)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 2]);
    expect(numbers.lastIndexOf(0)).toBe(0);
  });
});
