import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeCommand,
  formatAmount,
  type HostCommand,
  parseAmount,
  parseCommand,
  parseMessage,
} from "../../../src/devices/mdb/codec.ts";

describe("lines from a Qibixx adapter", () => {
  it.each([
    ["c,STATUS,INACTIVE", { type: "status", status: "INACTIVE" }],
    ["c,STATUS,DISABLED", { type: "status", status: "DISABLED" }],
    ["c,STATUS,ENABLED", { type: "status", status: "ENABLED" }],
    ["c,STATUS,IDLE", { type: "status", status: "IDLE" }],
    ["c,STATUS,IDLE,500,1", { type: "status", status: "IDLE" }],
    ["c,STATUS,IDLE,12.00", { type: "status", status: "IDLE" }],
    ["c,STATUS,OFFLINE", { type: "status", status: "OFFLINE" }],
    ["c,STATUS,VEND,99.20,18", { type: "request", priceBase: 9920, item: 18 }],
    ["c,STATUS,VEND,1.00,5", { type: "request", priceBase: 100, item: 5 }],
    ["c,STATUS,VEND,10,101", { type: "request", priceBase: 1000, item: 101 }],
    ["c,VEND,SUCCESS", { type: "success" }],
    ["c,SET,OK", { type: "configured" }],
    ["c,1", { type: "switched", on: true }],
    ["r,ACK", { type: "acknowledged" }],
    ["c,ERR,VEND 3", { type: "refused", command: "VEND", code: 3 }],
    ['c,ERR,"VEND 3"', { type: "refused", command: "VEND", code: 3 }],
    ['c,ERR,"START -3"', { type: "refused", command: "START", code: -3 }],
    ['c,ERR,"cashless is off"', { type: "error", text: "cashless is off" }],
    ["c,ERR,cashless is off", { type: "error", text: "cashless is off" }],
  ])("%s", (line, message) => {
    expect(parseMessage(line, 2)).toEqual(message);
  });

  it.each([
    "",
    "c",
    "C,VEND,SUCCESS",
    "c,VEND,SUCCES",
    "c,VEND,SUCCESSS",
    "c,VEND,SUCCESS ",
    "c,VEND,SUCCESS,1",
    "c,STATUS,ENABLEDc,STATUS,IDLE",
    "c,STATUS,enabled",
    "c,STATUS,VEND",
    "c,STATUS,VEND,1.00",
    "c,STATUS,VEND,1.000,5",
    "c,STATUS,VEND,1.,5",
    "c,STATUS,VEND,.50,5",
    "c,STATUS,VEND,-1.00,5",
    "c,STATUS,VEND,1e2,5",
    "c,STATUS,VEND,1.00,65536",
    "c,STATUS,VEND,1.00,5,6",
    "c,STATUS,VEND,1.00,-5",
    "c,STATUS,IDLE,abc",
    'c,ERR,"VEND 3',
    "c,ERR,",
    'c,ERR,""',
    "c,ERR,VEND\u00003",
  ])("is unknown: %j", (line) => {
    expect(parseMessage(line, 2)).toBeNull();
  });

  it("takes no line that lost, doubled or changed one byte for a success", () => {
    const line = "c,VEND,SUCCESS";
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.nat(7), fc.nat(2), (at, bit, damage) => {
        const flipped = String.fromCharCode(line.charCodeAt(at) ^ (1 << bit));
        const middle = [flipped, "", `${line[at]}${line[at]}`][damage] ?? "";
        expect(parseMessage(line.slice(0, at) + middle + line.slice(at + 1), 2)).toBeNull();
      }),
    );
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseMessage(text, 2);
        parseMessage(`c,STATUS,${text}`, 2);
        parseCommand(text, 2);
      }),
    );
  });
});

describe("lines to a Qibixx adapter", () => {
  it.each<[HostCommand, string]>([
    [{ type: "disable" }, "C,0"],
    [{ type: "enable" }, "C,1"],
    [{ type: "configure", name: "mdb-currency-code", value: "0x1978" }, "C,SETCONF,mdb-currency-code=0x1978"],
    [{ type: "start", fundsBase: 50_000 }, "C,START,500.00"],
    [{ type: "approve", amountBase: 9920 }, "C,VEND,99.20"],
    [{ type: "approve", amountBase: 5 }, "C,VEND,0.05"],
    [{ type: "stop" }, "C,STOP"],
  ])("%j is %s", (command, line) => {
    expect(encodeCommand(command, 2)).toBe(line);
    expect(parseCommand(line, 2)).toEqual(command);
  });

  it("reads the item that some add to an approval, and refuses a denial in place of an amount", () => {
    expect(parseCommand("C,VEND,1,5", 2)).toEqual({ type: "approve", amountBase: 100 });
    expect(parseCommand("C,VEND,-1", 2)).toBeNull();
  });
});

describe("amounts", () => {
  it.each([
    ["12", 0, 1200],
    ["12.5", 1, 1250],
    ["12.50", 1, null],
    ["12.5", 0, null],
    ["1234567", 2, 123_456_700],
    ["12345678", 2, null],
  ] as const)("%s with %i places is %s", (text, places, base) => {
    expect(parseAmount(text, places)).toBe(base);
  });

  it("come back as they went", () => {
    fc.assert(fc.property(fc.nat(999_999_999), (base) => parseAmount(formatAmount(base, 2), 2) === base));
  });

  it("never become more by being cut to fewer places", () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.constantFrom(0, 1, 2), (base, places) => {
        const cut = parseAmount(formatAmount(base, places), places) ?? Number.NaN;
        expect(cut).toBeLessThanOrEqual(base);
        expect(base - cut).toBeLessThan(10 ** (2 - places));
      }),
    );
  });
});
