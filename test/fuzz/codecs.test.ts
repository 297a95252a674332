import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCommands, decodeReports } from "../../src/devices/dart/application.ts";
import { dartFraming, encodeFrame, MAX_DATA_BYTES, shortFrame } from "../../src/devices/dart/codec.ts";
import { encodeCommand as hostLine, parseCommand, parseMessage } from "../../src/devices/mdb/codec.ts";
import { decodeAnswer, decodeCommand, encodeAnswer, encodeCommand } from "../../src/devices/mdb/frame.ts";
import {
  answersFraming,
  encode,
  readAnswer,
  readRequest,
  requestsFraming,
  writeAnswer,
  writeCoilRequest,
} from "../../src/devices/modbus-meter/codec.ts";
import { registerMap } from "../../src/devices/modbus-meter/register-map.ts";
import { decodeFigure } from "../../src/devices/modbus-meter/registers.ts";
import { decodeRapi, encodeRapi, LONGEST_MESSAGE } from "../../src/devices/rapi/codec.ts";
import type { Framing } from "../../src/platform/serial/line.ts";
import { textLines } from "../../src/platform/serial/lines-framing.ts";
import { bytesOf, damaged, inPieces, pieces, runs } from "./arbitraries.ts";

interface Protocol {
  readonly name: string;
  readonly framing: () => Framing<unknown>;
  /** Bytes that mean something in it. */
  readonly special: readonly number[];
  /** What goes over its line. */
  readonly sent: fc.Arbitrary<Uint8Array>;
  /** No frame is shorter, its end included. */
  readonly leastBytes: number;
  /** No frame is longer; after so many bytes of rest nothing is remembered of what was before. */
  readonly mostBytes: number;
  /** A frame that follows rubbish, and what ends any rubbish before it. */
  readonly good: Uint8Array;
  readonly end: Uint8Array;
}

const ascii = (...lines: readonly string[]): Uint8Array => Buffer.from(lines.join(""), "latin1");
const data = bytesOf([0xfa, 0x10, 0x03, 0x01, 0x65, 0x08], 40);
const address = fc.integer({ min: 0x50, max: 0x6f });
const sequence = fc.nat(15);

const dartFrames = fc.oneof(
  fc.record({ address, kind: fc.constant<"data">("data"), sequence, data }).map(encodeFrame),
  fc
    .tuple(address, fc.constantFrom<"ack" | "nak" | "eot">("ack", "nak", "eot"), sequence)
    .map(([to, kind, number]) => encodeFrame(shortFrame(to, kind, number))),
);
const modbusAnswers = fc
  .tuple(fc.constantFrom(1, 2, 247), fc.constantFrom(3, 4, 0x83, 0x84), fc.uint8Array({ minLength: 4, maxLength: 8 }))
  .map(([unit, functionCode, registers]) => {
    const isRefusal = functionCode > 0x80;
    return encode({
      unit,
      functionCode,
      data: isRefusal ? Uint8Array.of(2) : Uint8Array.of(registers.length, ...registers),
    });
  });
const modbusRequests = fc.oneof(
  fc
    .tuple(fc.constantFrom(1, 2), fc.nat(0xffff), fc.nat(16))
    .map(([unit, at, count]) => readRequest(unit, 4, at, count)),
  fc.tuple(fc.constantFrom(1, 2), fc.nat(0xffff), fc.boolean()).map(([unit, at, on]) => writeCoilRequest(unit, at, on)),
);
const rapiLines = fc
  .tuple(
    fc.constantFrom("OK", "NK", "AT", "AB", "GS", "FE", "SH 255"),
    fc.array(fc.constantFrom("0", "16", "fe", "0140", "4294967295", "x"), { maxLength: 4 }),
    fc.option(fc.integer({ min: 1, max: 255 })),
  )
  .map(([first, rest, number]) => encodeRapi({ words: [...first.split(" "), ...rest], sequence: number }));
const mdbLines = fc
  .constantFrom(
    ...[
      "c,VEND,SUCCESS",
      "c,STATUS,IDLE,40.00",
      "c,STATUS,VEND,12.00,1",
      "c,STATUS,ENABLED",
      "c,SET,OK",
      "c,1",
      "r,ACK",
    ],
    ...['c,ERR,"VEND 3"', 'c,ERR,"cashless is on"', "c,STATUS,OFFLINE", "c,ERR,START -3"],
  )
  .map((line) => ascii(line, "\n"));

const PROTOCOLS: readonly Protocol[] = [
  {
    name: "DART",
    framing: dartFraming,
    special: [0xfa, 0x10, 0x03, 0x50, 0x70, 0x31],
    sent: dartFrames,
    leastBytes: 3,
    mostBytes: MAX_DATA_BYTES + 10,
    good: encodeFrame(shortFrame(0x50, "eot")),
    end: Uint8Array.of(0, 0xfa),
  },
  {
    name: "Modbus answers",
    framing: answersFraming,
    special: [1, 3, 4, 5, 0x84, 0x20],
    sent: modbusAnswers,
    leastBytes: 5,
    mostBytes: 37,
    // A byte of rest before it is taken for a unit, and this unit for a function that there is not.
    good: encode({ unit: 0x77, functionCode: 4, data: Uint8Array.of(2, 7, 7) }),
    end: new Uint8Array(40),
  },
  {
    name: "Modbus requests",
    framing: requestsFraming,
    special: [1, 3, 4, 5, 6, 0xff],
    sent: modbusRequests,
    leastBytes: 8,
    mostBytes: 8,
    good: writeCoilRequest(1, 7, true),
    end: new Uint8Array(40),
  },
  {
    name: "lines of RAPI",
    framing: () => textLines({ end: "\r", maxBytes: LONGEST_MESSAGE }),
    special: [...ascii("$OK^20\r\n :")],
    sent: rapiLines,
    leastBytes: 2,
    mostBytes: LONGEST_MESSAGE + 2,
    good: ascii("$OK^20\r"),
    end: ascii("\r"),
  },
  {
    name: "lines of an MDB adapter",
    framing: () => textLines({ end: "\n", maxBytes: 80 }),
    special: [...ascii("c,STAUVEND\r\n1.")],
    sent: mdbLines,
    leastBytes: 2,
    mostBytes: 82,
    good: ascii("c,1\n"),
    end: ascii("\n"),
  },
];

describe.each(PROTOCOLS)("$name, whatever comes over the line", (protocol) => {
  const { framing, special, sent, leastBytes, mostBytes, good, end } = protocol;
  const noise = fc.oneof(
    bytesOf(special, 400),
    damaged(fc.array(sent, { minLength: 1, maxLength: 5 }).map((frames) => Buffer.concat(frames))),
  );

  it("is the same frames, however it is cut into pieces, and no more of them than fit", () => {
    fc.assert(
      fc.property(noise, pieces, (bytes, lengths) => {
        const whole = framing().push(bytes);
        const cut = framing();
        expect(inPieces(bytes, lengths).flatMap((piece) => cut.push(piece))).toEqual(whole);
        const single = framing();
        expect([...bytes].flatMap((byte) => single.push(Uint8Array.of(byte)))).toEqual(whole);
        expect(whole.length * leastBytes).toBeLessThanOrEqual(bytes.length);
      }),
      runs(300),
    );
  });

  it("is forgotten by its end at the latest: a frame after it is taken", () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        const reader = framing();
        reader.push(bytes);
        reader.push(end);
        expect(reader.push(good)).toHaveLength(1);
      }),
      runs(200),
    );
  });

  it("is not kept: of what comes without an end nothing is left but the longest frame", () => {
    fc.assert(
      fc.property(fc.constantFrom(...special.filter((byte) => !end.includes(byte))), (byte) => {
        const reader = framing();
        const held = Buffer.alloc(4_096, byte);
        for (let at = 0; at < 8; at++) reader.push(held);
        // What it held would now come out with the frame, or swallow it and much more.
        reader.push(Buffer.alloc(mostBytes, end[0] ?? 0));
        reader.push(end);
        expect(reader.push(good)).toHaveLength(1);
      }),
      runs(4),
    );
  });
});

describe("what frames hold, whatever it is", () => {
  it("DART: is taken apart or refused whole, and no digit becomes another", () => {
    fc.assert(
      fc.property(bytesOf([1, 2, 3, 5, 101, 8, 16, 4, 0x99], 80), (bytes) => {
        const reports = decodeReports(bytes);
        expect(decodeCommands(bytes) === null).toBe(reports === null);
        expect((reports ?? []).length).toBeLessThanOrEqual(bytes.length / 2);
        for (const report of reports ?? []) {
          if (report.type === "filled") expect(report.volume).toBeLessThanOrEqual(99_999_999);
          if (report.type === "totals") expect(report.total).toBeLessThanOrEqual(9_999_999_999);
        }
      }),
      runs(1_000),
    );
  });

  it("Modbus: is a whole number of watt-hours, or none", () => {
    const maps = fc.constantFrom(
      registerMap("sdm230"),
      ...(["float32", "uint32", "int32", "uint64"] as const).flatMap((type) =>
        (["high-first", "low-first"] as const).map((wordOrder) =>
          registerMap({ function: 3, address: 0, type, wordOrder, whPerCount: 1_000_000 }),
        ),
      ),
    );
    const words = fc.oneof(bytesOf([0, 0x7f, 0x80, 0xff, 0xc0], 10), fc.uint8Array({ maxLength: 10 }));
    fc.assert(
      fc.property(maps, words, ({ energy }, bytes) => {
        const value = decodeFigure(energy, bytes);
        expect(value === undefined || Number.isSafeInteger(value)).toBe(true);
      }),
      runs(1_000),
    );
  });

  it("Modbus: is an answer only to what was asked, and an echo only where it is one to the last byte", () => {
    const frames = fc.record({
      unit: fc.constantFrom(1, 2),
      functionCode: fc.constantFrom(3, 4, 5, 0x84, 0x85),
      data: bytesOf([0, 4, 7, 8, 0xff], 10),
    });
    const request = writeCoilRequest(1, 7, true);
    fc.assert(
      fc.property(frames, (frame) => {
        const read = readAnswer(1, 4, 2)(frame);
        if (read !== undefined && "data" in read) expect([frame.unit, frame.functionCode]).toEqual([1, 4]);
        const written = writeAnswer(request)(frame);
        if (written !== undefined && "data" in written) expect(encode(frame)).toEqual(request);
      }),
      runs(1_000),
    );
  });

  it("MDB: a block is one command or answer, which is that very block, or none", () => {
    const block = bytesOf([0, 1, 2, 3, 4, 5, 7, 0x10, 0x11, 0x13, 0x14, 0x17], 12).map((bytes) => {
      const sum = bytes.reduce((all, byte) => (all + byte) & 0xff, 0);
      return Uint8Array.of(...bytes, sum);
    });
    fc.assert(
      fc.property(fc.oneof(block, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        const command = decodeCommand(bytes);
        if (command !== null) expect(encodeCommand(command)).toEqual(bytes);
        const answer = decodeAnswer(bytes);
        if (answer !== null) expect(encodeAnswer(answer)).toEqual(bytes);
      }),
      runs(1_000),
    );
  });

  it("MDB: a line asks for no more than 9,999,999.99, and an approval says what it is", () => {
    const lines = damaged(
      fc.oneof(
        mdbLines,
        fc.constantFrom("C,VEND,12.00", "C,START,99.99").map((line) => ascii(line)),
      ),
    );
    fc.assert(
      fc.property(lines, fc.constantFrom<0 | 1 | 2>(0, 1, 2), (bytes, places) => {
        const line = Buffer.from(bytes).toString("latin1").trimEnd();
        const message = parseMessage(line, places);
        if (message?.type === "request") {
          expect(message.priceBase).toBeLessThan(1_000_000_000);
          expect(line).toMatch(/^c,STATUS,VEND,[\d.]+,\d+$/);
        }
        if (message?.type === "success") expect(line).toBe("c,VEND,SUCCESS");
        const command = parseCommand(line, places);
        if (command !== null) expect(parseCommand(hostLine(command, places), places)).toEqual(command);
      }),
      runs(1_000),
    );
  });

  it("RAPI: a line is that very message, or none", () => {
    fc.assert(
      fc.property(damaged(rapiLines), (bytes) => {
        const line = Buffer.from(bytes).toString("latin1").trimEnd();
        const message = decodeRapi(line);
        if (message !== null)
          expect(line.endsWith(Buffer.from(encodeRapi(message)).toString("latin1").trimEnd())).toBe(true);
      }),
      runs(1_000),
    );
  });
});
