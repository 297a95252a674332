import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  additiveChecksum,
  decodeRapi,
  encodeRapi,
  LONGEST_MESSAGE,
  xorChecksum,
} from "../../../src/devices/rapi/codec.ts";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";

/** Published in rapi_proc.h and in logs of the project, and recomputed. */
const XOR = `$FE^27 $FD^26 $FS^31 $FR^30 $GS^30 $GU^36 $GV^35 $GG^24 $G0^53 $SY^2E $SB^35`.split(" ");
const XOR_WITH_PARAMETERS = [
  "$F0 1^43",
  "$F0 0^42",
  "$SK 0^2C",
  "$ST 0 0 0 0^23",
  "$SC 16 V^65",
  "$S4 1^52",
  "$S4 0^53",
  "$SY 100 6^29",
  "$GS :A1^5A",
  "$AT 01 01 32 0000^30",
  "$GZ^39",
];
const ADDITIVE = ["$FE*AF", "$FD*AE", "$FS*BD", "$FR*BC", "$SL 1*14"];
/** Published too, and wrong: the header's own $GZ, and a line of a log. */
const WRONG = ["$GZ^38", "$OK 3 41 3 140^1F"];

describe("RAPI's checksums", () => {
  it.each([...XOR, ...XOR_WITH_PARAMETERS])("takes %s", (line) => {
    const message = decodeRapi(line);
    expect(message).not.toBeNull();
    expect(message && Buffer.from(encodeRapi(message)).toString()).toBe(`${line}\r`);
  });

  it.each(ADDITIVE)("adds up %s as the controller does, but takes no answer by it", (line) => {
    const [text = "", sum = ""] = line.split("*");
    expect(additiveChecksum(text)).toBe(Number.parseInt(sum, 16));
    expect(decodeRapi(line)).toBeNull();
  });

  it.each([...WRONG, "$OK", "$OK^", "$OK^2", "$OK^20 ", "OK^20", "$^24", "$OK ^00", "$GS^3g", "$GS :00^2A", ""])(
    "takes no %j",
    (line) => {
      expect(decodeRapi(line)).toBeNull();
    },
  );

  it("makes nothing of noise before a message, and reads its sequence id", () => {
    const line = `xx$GS^${"\u0000"}$OK 3 :A1`;
    const text = line.slice(line.lastIndexOf("$"));
    const message = decodeRapi(`${line}^${xorChecksum(text).toString(16).toUpperCase().padStart(2, "0")}`);
    expect(message).toEqual({ words: ["OK", "3"], sequence: 0xa1 });
  });
});

const word = fc.stringMatching(/^[A-Za-z0-9.-]{1,8}$/);
/** How messages begin. In one that began with a letter twice, a `$` in the place of the second would go unnoticed. */
const beginning = fc.constantFrom("OK", "NK", "AT", "AB", "AN", "WF", "FE", "FS", "GS", "GU", "SB", "SC", "SH", "SY");
const message = fc.record({
  words: fc.tuple(beginning, fc.array(word, { maxLength: 5 })).map(([first, rest]) => [first, ...rest]),
  sequence: fc.option(fc.integer({ min: 1, max: 255 })),
});

describe("RAPI on a line", () => {
  it("reads what it writes, however the bytes come", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (messages, step) => {
        const framing = textLines({ end: "\r", maxBytes: LONGEST_MESSAGE });
        const bytes = Buffer.concat(messages.map(encodeRapi));
        const read = [];
        for (let at = 0; at < bytes.length; at += step) {
          read.push(...framing.push(bytes.subarray(at, at + step)).map(decodeRapi));
        }
        expect(read).toEqual(messages);
      }),
    );
  });

  it("makes of any bytes nothing but messages whose checksum is right", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
        const framing = textLines({ end: "\r", maxBytes: LONGEST_MESSAGE });
        for (const line of chunks.flatMap((chunk) => framing.push(chunk))) {
          const read = decodeRapi(line);
          if (read === null) continue;
          const written = Buffer.from(encodeRapi(read)).toString("latin1");
          expect(line.endsWith(written.slice(0, -1))).toBe(true);
        }
      }),
    );
  });

  it("takes no message of which one byte was changed, dropped or doubled", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(2), (sent, where, flip, damage) => {
        const line = Buffer.from(encodeRapi(sent)).toString("latin1").slice(0, -1);
        const at = where % line.length;
        const char = line.charAt(at);
        const other = [String.fromCharCode(char.charCodeAt(0) ^ flip), "", char + char][damage] ?? "";
        const read = decodeRapi(line.slice(0, at) + other + line.slice(at + 1));
        expect(read === null || JSON.stringify(read) === JSON.stringify(sent)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
