import { formatScaled } from "../../core/money.ts";

/**
 * The text lines between a host and a Qibixx MDB-USB or MDB Pi Hat that plays a cashless reader. A capital begins a
 * line to the adapter, a small letter one from it. There is no checksum, so a line is one of the forms below to the
 * last character, or unknown. Source: the maker's pages on the cashless slave and its vending sessions; the answers to
 * C,0, C,1 and refused commands from logs of adapters in use, which differ by firmware: all their forms are read.
 *
 * Amounts are integers of hundredths of the currency; on the line decimals with at most the configured places.
 */

/** Offline and online are said of the reader itself, the others by the states of MDB/ICP. */
export type ReaderStatus = "OFFLINE" | "ONLINE" | "INACTIVE" | "DISABLED" | "ENABLED" | "IDLE";

export type AdapterMessage =
  | { readonly type: "status"; readonly status: ReaderStatus }
  | ({ readonly type: "request" } & VendRequest)
  | { readonly type: "success" }
  /** Code 3 of VEND: the machine reports that it could not dispense. Codes below 0: the command did not apply. */
  | { readonly type: "refused"; readonly command: "START" | "VEND" | "STOP"; readonly code: number }
  | { readonly type: "error"; readonly text: string }
  | { readonly type: "configured" }
  | { readonly type: "switched"; readonly on: boolean }
  | { readonly type: "acknowledged" };

export interface VendRequest {
  readonly priceBase: number;
  readonly item: number;
}

export type HostCommand =
  | { readonly type: "disable" }
  | { readonly type: "enable" }
  | { readonly type: "configure"; readonly name: string; readonly value: string }
  | { readonly type: "start"; readonly fundsBase: number }
  | { readonly type: "approve"; readonly amountBase: number }
  | { readonly type: "stop" };

export const CASHLESS_OFF = "cashless is off";
export const CASHLESS_ON = "cashless is on";
export const VEND_FAILED = 3;

export type DecimalPlaces = 0 | 1 | 2 | 3;

const MAX_ITEM = 0xffff;
/** MDB amounts are 16 bits wide, of at most the greatest scale. */
const MAX_WHOLE_DIGITS = 7;
/** What a line from the adapter begins with. */
const BEGINNING = /[cr]/;
/** Bytes that come of a line that floats or is switched on: none of them is one bit away from a character that counts. */
const FLOATING = new Set([0x00, 0x80, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc, 0xfe, 0xff]);

/** A line without what stands around it: bytes of nobody before its beginning, or of a line that floats behind its end. */
export function withoutStray(line: string): string {
  let end = line.length;
  while (FLOATING.has(line.charCodeAt(end - 1))) end--;
  const text = line.slice(0, end);
  return text.slice(Math.max(0, text.search(BEGINNING)));
}

/** What a line from the adapter says; null for an unknown line. */
export function parseMessage(line: string, places: DecimalPlaces): AdapterMessage | null {
  switch (line) {
    case "c,VEND,SUCCESS":
      return { type: "success" };
    case "c,SET,OK":
      return { type: "configured" };
    case "c,0":
    case "c,1":
      return { type: "switched", on: line === "c,1" };
    case "r,ACK":
      return { type: "acknowledged" };
    default:
      return parseStatus(line) ?? parseRequest(line, places) ?? parseError(line);
  }
}

function parseStatus(line: string): AdapterMessage | null {
  const plain = /^c,STATUS,(OFFLINE|ONLINE|INACTIVE|DISABLED|ENABLED|IDLE)$/.exec(line)?.[1];
  if (plain !== undefined) return { type: "status", status: plain as ReaderStatus };
  const funds = /^c,STATUS,IDLE,([^,]+)(?:,\d{1,10})?$/.exec(line)?.[1];
  const isIdle = funds !== undefined && parseAmount(funds, 3) !== null;
  return isIdle ? { type: "status", status: "IDLE" } : null;
}

function parseRequest(line: string, places: DecimalPlaces): AdapterMessage | null {
  const [, amount, number] = /^c,STATUS,VEND,([^,]+),(\d{1,5})$/.exec(line) ?? [];
  if (amount === undefined || number === undefined) return null;
  const priceBase = parseAmount(amount, places);
  const item = Number(number);
  return priceBase === null || item > MAX_ITEM ? null : { type: "request", priceBase, item };
}

function parseError(line: string): AdapterMessage | null {
  const [, quoted, bare] = /^c,ERR,(?:"([^",]{1,64})"|([^",]{1,64}))$/.exec(line) ?? [];
  const text = quoted ?? bare;
  if (text === undefined || !/^[ -~]+$/.test(text)) return null;
  const [, command, code] = /^(START|VEND|STOP) (-?\d{1,3})$/.exec(text) ?? [];
  if (command === undefined) return { type: "error", text };
  return { type: "refused", command: command as "START" | "VEND" | "STOP", code: Number(code) };
}

/** A command as a line without its end. Amounts are cut to the places that the line has. */
export function encodeCommand(command: HostCommand, places: DecimalPlaces): string {
  switch (command.type) {
    case "disable":
      return "C,0";
    case "enable":
      return "C,1";
    case "configure":
      return `C,SETCONF,${command.name}=${command.value}`;
    case "start":
      return `C,START,${formatAmount(command.fundsBase, places)}`;
    case "approve":
      return `C,VEND,${formatAmount(command.amountBase, places)}`;
    case "stop":
      return "C,STOP";
  }
}

/** What a line to the adapter asks for; null for an unknown line. */
export function parseCommand(line: string, places: DecimalPlaces): HostCommand | null {
  if (line === "C,0") return { type: "disable" };
  if (line === "C,1") return { type: "enable" };
  if (line === "C,STOP") return { type: "stop" };
  const [, name, value] = /^C,SETCONF,([a-z-]{1,32})=([0-9a-zA-Z]{1,16})$/.exec(line) ?? [];
  if (name !== undefined && value !== undefined) return { type: "configure", name, value };
  const [, verb, amount] = /^C,(START|VEND),([^,]+)(?:,\d{1,10})?$/.exec(line) ?? [];
  const base = amount === undefined ? null : parseAmount(amount, places);
  if (base === null) return null;
  return verb === "START" ? { type: "start", fundsBase: base } : { type: "approve", amountBase: base };
}

/** A decimal as hundredths; null unless it is digits with at most so many places, and a whole number of hundredths. */
export function parseAmount(text: string, places: DecimalPlaces): number | null {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || whole.length > MAX_WHOLE_DIGITS || fraction.length > places) return null;
  const thousandths = Number(whole) * 1_000 + Number(fraction.padEnd(3, "0"));
  return thousandths % 10 === 0 ? thousandths / 10 : null;
}

/** Cut to the places that the line has. */
export function formatAmount(amountBase: number, places: DecimalPlaces): string {
  const text = formatScaled(amountBase * 10, 3);
  return places === 0 ? text.slice(0, -4) : text.slice(0, text.length - 3 + places);
}

/** The amount of a request of which `parseMessage` makes no hundredths; null for any other line. */
export function misfitIn(line: string): string | null {
  const [, amount = ""] = /c,STATUS,VEND,(\d{1,7}\.\d{1,3}),\d{1,5}$/.exec(line) ?? [];
  return amount === "" ? null : amount;
}
