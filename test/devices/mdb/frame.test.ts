import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeAnswer,
  decodeBlock,
  decodeCommand,
  encodeAnswer,
  encodeBlock,
  encodeCommand,
  type ReaderAnswer,
  type VmcCommand,
} from "../../../src/devices/mdb/frame.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

describe("commands of the controller, CHK included", () => {
  it.each<[string, VmcCommand, string]>([
    ["RESET", { type: "reset" }, "10 10"],
    ["POLL", { type: "poll" }, "12 12"],
    ["SETUP level 1, no display", { type: "setup", level: 1, display: [0, 0, 0] }, "11 00 01 00 00 00 12"],
    ["SETUP level 3, 16x2", { type: "setup", level: 3, display: [0x10, 2, 1] }, "11 00 03 10 02 01 27"],
    ["SETUP prices unknown", { type: "prices", max: 0xffff, min: 0 }, "11 01 FF FF 00 00 10"],
    ["VEND request", { type: "request", price: 0x64, item: 5 }, "13 00 00 64 00 05 7C"],
    ["VEND cancel", { type: "vend-cancel" }, "13 01 14"],
    ["VEND success", { type: "success", item: 5 }, "13 02 00 05 1A"],
    ["VEND failure", { type: "failure" }, "13 03 16"],
    ["VEND session complete", { type: "complete" }, "13 04 17"],
    ["VEND cash sale", { type: "cash-sale", price: 0x64, item: 5 }, "13 05 00 64 00 05 81"],
    ["READER disable", { type: "disable" }, "14 00 14"],
    ["READER enable", { type: "enable" }, "14 01 15"],
    ["READER cancel", { type: "cancel" }, "14 02 16"],
    ["EXPANSION options, always idle", { type: "options", alwaysIdle: true }, "17 04 00 00 00 20 3B"],
  ])("%s", (_, command, hex) => {
    expect(encodeCommand(command)).toEqual(bytes(hex));
    expect(decodeCommand(bytes(hex))).toEqual(command);
  });

  it("knows the second reader by its address", () => {
    expect(encodeCommand({ type: "poll" }, 0x60)).toEqual(bytes("62 62"));
    expect(decodeCommand(bytes("62 62"), 0x60)).toEqual({ type: "poll" });
    expect(decodeCommand(bytes("62 62"))).toBeNull();
  });
});

describe("answers of the reader, CHK included", () => {
  const config = { level: 1, currency: 0x1978, scale: 1, places: 2, responseSeconds: 5, options: 0 };

  it.each<[string, ReaderAnswer, string]>([
    ["ACK", { type: "ack" }, "00"],
    ["JUST RESET", { type: "just-reset" }, "00 00"],
    ["READER CONFIG DATA", { type: "config", config }, "01 01 19 78 01 02 05 00 9B"],
    ["BEGIN SESSION 1000", { type: "begin-session", funds: 1000 }, "03 03 E8 EE"],
    ["BEGIN SESSION unknown funds", { type: "begin-session", funds: 0xffff }, "03 FF FF 01"],
    ["SESSION CANCEL REQUEST", { type: "cancel-request" }, "04 04"],
    ["VEND APPROVED 100", { type: "approved", amount: 100 }, "05 00 64 69"],
    ["VEND DENIED", { type: "denied" }, "06 06"],
    ["END SESSION", { type: "end-session" }, "07 07"],
    ["CANCELLED", { type: "cancelled" }, "08 08"],
    ["COMMAND OUT OF SEQUENCE", { type: "out-of-sequence" }, "0B 0B"],
  ])("%s", (_, answer, hex) => {
    expect(encodeAnswer(answer)).toEqual(bytes(hex));
    expect(decodeAnswer(bytes(hex))).toEqual(answer);
  });
});

describe("blocks", () => {
  it.each([
    ["a wrong CHK", "13 00 00 64 00 05 7D"],
    ["one byte, which has no room for a CHK", "13"],
    ["nothing", ""],
    ["37 bytes", "00".repeat(37)],
  ])("refuse %s", (_, hex) => {
    expect(decodeBlock(bytes(hex))).toBeNull();
    expect(decodeCommand(bytes(hex))).toBeNull();
  });

  it("sum modulo 256", () => {
    expect(encodeBlock([0xff, 0x02])).toEqual(bytes("FF 02 01"));
  });

  it.each([[0], [36]])("cannot be made of %i bytes", (length) => {
    expect(() => encodeBlock(new Array(length).fill(1))).toThrow("1 to 35 bytes");
  });

  it("are no command when a byte is missing, or too many", () => {
    for (const payload of [
      [0x13, 0, 0, 0x64, 0],
      [0x13, 0, 0, 0x64, 0, 5, 0],
      [0x10, 0],
      [0x17, 4, 0, 0, 1, 0x20],
    ]) {
      expect(decodeCommand(encodeBlock(payload))).toBeNull();
    }
  });

  it.each([[[0x05, 0]], [[0x05, 0, 0x64, 0]], [[0x03, 0xff]], [[0x01, 1, 0x19, 0x78, 1, 2, 5]], [[0x09]]])(
    "are no answer: %j",
    (payload) => {
      expect(decodeAnswer(encodeBlock(payload))).toBeNull();
    },
  );

  const payload = fc.array(fc.nat(255), { minLength: 1, maxLength: 35 });

  it("come back as they went", () => {
    fc.assert(fc.property(payload, (all) => Buffer.from(all).equals(Buffer.from(decodeBlock(encodeBlock(all)) ?? []))));
  });

  it("show any one byte that changed", () => {
    fc.assert(
      fc.property(payload, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, by) => {
        const block = encodeBlock(all);
        const index = at % block.length;
        block[index] = (block[index] ?? 0) ^ by;
        expect(decodeBlock(block)).toBeNull();
      }),
    );
  });

  it("carry every price and item, and none beyond 16 bits", () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff), (price, item) => {
        const command = { type: "request", price, item } as const;
        expect(decodeCommand(encodeCommand(command))).toEqual(command);
      }),
    );
    expect(() => encodeCommand({ type: "request", price: 0x10000, item: 1 })).toThrow("65535");
  });
});
