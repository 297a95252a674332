import { decodeBcd, encodeBcd } from "./bcd.ts";

/** The application level of DART, Pump Interface revision 2.11. Numbers are digits without their decimal point. */

/** What the controller may order by CD1. */
export const ORDER = {
  status: 0x00,
  parameters: 0x02,
  fillingInformation: 0x04,
  reset: 0x05,
  authorize: 0x06,
  stop: 0x08,
  off: 0x0a,
  suspend: 0x0d,
  resume: 0x0e,
} as const;

/** What DC1 says of the pump. */
export const STATUS = {
  notProgrammed: 0,
  reset: 1,
  authorized: 2,
  filling: 4,
  fillingCompleted: 5,
  maxReached: 6,
  off: 7,
  suspended: 8,
} as const;

/** What DC5 warns of. */
export const ALARM = {
  cpuReset: 0x01,
  pulserError: 0x06,
  pulserCurrent: 0x07,
  emergencyStop: 0x09,
  powerFailure: 0x0a,
} as const;

const ALARM_NAMES: Readonly<Record<number, string>> = {
  [ALARM.cpuReset]: "it restarted",
  [ALARM.pulserError]: "its pulser errs",
  [ALARM.pulserCurrent]: "its pulser's current is wrong",
  [ALARM.emergencyStop]: "its emergency stop was pressed",
  [ALARM.powerFailure]: "its power failed",
};

/** From the controller. */
export type Command =
  | { readonly type: "order"; readonly order: number }
  | { readonly type: "allowed-nozzles"; readonly nozzles: readonly number[] }
  | { readonly type: "preset-volume"; readonly volume: number }
  | { readonly type: "preset-amount"; readonly amount: number }
  /** One for each nozzle from the first. */
  | { readonly type: "prices"; readonly prices: readonly number[] }
  /** Counters 1 to 8 are the volumes of the logical nozzles. */
  | { readonly type: "request-totals"; readonly counter: number }
  | Unknown;

/** From the pump. */
export type Report =
  | { readonly type: "status"; readonly status: number }
  | { readonly type: "filled"; readonly volume: number; readonly amount: number }
  | { readonly type: "nozzle"; readonly price: number; readonly nozzle: number; readonly out: boolean }
  | { readonly type: "alarm"; readonly alarm: number }
  | ({ readonly type: "parameters" } & PumpDecimals)
  | { readonly type: "totals"; readonly counter: number; readonly total: number; readonly meters: readonly number[] }
  | Unknown;

/** Digits after the point of what a pump shows. */
export interface PumpDecimals {
  readonly volumeDecimals: number;
  readonly amountDecimals: number;
  readonly priceDecimals: number;
}

/** A transaction of another number, or with contents that its number does not have. */
type Unknown = { readonly type: "unknown"; readonly transaction: number; readonly data: Uint8Array };

const OUT = 0x10;
/** Where DC7 has its three decimals, and how long it is: what else it holds is not needed. */
const DECIMALS_AT = 22;
const PARAMETERS_BYTES = 50;
const MOST_DECIMALS = 8;

export function alarmName(alarm: number): string {
  return ALARM_NAMES[alarm] ?? `alarm ${alarm}`;
}

export function encodeCommands(commands: readonly Command[]): Uint8Array {
  return Uint8Array.from(commands.flatMap(encodeCommand));
}

function encodeCommand(command: Command): number[] {
  switch (command.type) {
    case "order":
      return transaction(1, [command.order]);
    case "allowed-nozzles":
      return transaction(2, command.nozzles);
    case "preset-volume":
      return transaction(3, encodeBcd(command.volume, 4));
    case "preset-amount":
      return transaction(4, encodeBcd(command.amount, 4));
    case "prices":
      return transaction(
        5,
        command.prices.flatMap((price) => [...encodeBcd(price, 3)]),
      );
    case "request-totals":
      return transaction(101, [command.counter]);
    case "unknown":
      return transaction(command.transaction, command.data);
  }
}

export function encodeReports(reports: readonly Report[]): Uint8Array {
  return Uint8Array.from(reports.flatMap(encodeReport));
}

function encodeReport(report: Report): number[] {
  switch (report.type) {
    case "status":
      return transaction(1, [report.status]);
    case "filled":
      return transaction(2, [...encodeBcd(report.volume, 4), ...encodeBcd(report.amount, 4)]);
    case "nozzle":
      return transaction(3, [...encodeBcd(report.price, 3), report.nozzle | (report.out ? OUT : 0)]);
    case "alarm":
      return transaction(5, [report.alarm]);
    case "parameters": {
      const data = new Uint8Array(PARAMETERS_BYTES);
      data.set([report.volumeDecimals, report.amountDecimals, report.priceDecimals], DECIMALS_AT);
      return transaction(7, data);
    }
    case "totals":
      return transaction(101, [
        report.counter,
        ...[report.total, ...report.meters].flatMap((value) => [...encodeBcd(value, 5)]),
      ]);
    case "unknown":
      return transaction(report.transaction, report.data);
  }
}

function transaction(number: number, data: Iterable<number>): number[] {
  const bytes = [...data];
  return [number, bytes.length, ...bytes];
}

/** Null when the lengths do not come out even: then nothing in the block is taken. */
export function decodeCommands(data: Uint8Array): readonly Command[] | null {
  return split(data)?.map((one) => decodeCommand(one) ?? one) ?? null;
}

/** Null when the lengths do not come out even: then nothing in the block is taken. */
export function decodeReports(data: Uint8Array): readonly Report[] | null {
  return split(data)?.map((one) => decodeReport(one) ?? one) ?? null;
}

function split(data: Uint8Array): Unknown[] | null {
  const transactions: Unknown[] = [];
  for (let at = 0; at < data.length; ) {
    const number = data[at];
    const length = data[at + 1];
    if (number === undefined || length === undefined || at + 2 + length > data.length) return null;
    transactions.push({ type: "unknown", transaction: number, data: data.slice(at + 2, at + 2 + length) });
    at += 2 + length;
  }
  return transactions;
}

function decodeCommand({ transaction: number, data }: Unknown): Command | null {
  const [first = 0] = data;
  switch (number) {
    case 1:
      return data.length === 1 ? { type: "order", order: first } : null;
    case 2:
      return { type: "allowed-nozzles", nozzles: [...data] };
    case 3: {
      const volume = digits(data, 4);
      return volume === null ? null : { type: "preset-volume", volume };
    }
    case 4: {
      const amount = digits(data, 4);
      return amount === null ? null : { type: "preset-amount", amount };
    }
    case 5: {
      const prices = list(data, 3);
      return prices === null ? null : { type: "prices", prices };
    }
    case 101:
      return data.length === 1 ? { type: "request-totals", counter: first } : null;
    default:
      return null;
  }
}

function decodeReport({ transaction: number, data }: Unknown): Report | null {
  const [first = 0] = data;
  switch (number) {
    case 1:
      return data.length === 1 ? { type: "status", status: first } : null;
    case 2: {
      const [volume, amount] = data.length === 8 ? (list(data, 4) ?? []) : [];
      return volume === undefined || amount === undefined ? null : { type: "filled", volume, amount };
    }
    case 3: {
      const price = digits(data.subarray(0, 3), 3);
      const last = data[3];
      if (data.length !== 4 || price === null || last === undefined) return null;
      return { type: "nozzle", price, nozzle: last & 0x0f, out: (last & OUT) !== 0 };
    }
    case 5:
      return data.length === 1 ? { type: "alarm", alarm: first } : null;
    case 7: {
      const [volumeDecimals = 0, amountDecimals = 0, priceDecimals = 0] = data.subarray(DECIMALS_AT);
      const fits = Math.max(volumeDecimals, amountDecimals, priceDecimals) <= MOST_DECIMALS;
      if (data.length < PARAMETERS_BYTES || !fits) return null;
      return { type: "parameters", volumeDecimals, amountDecimals, priceDecimals };
    }
    case 101: {
      const [total, ...meters] = data.length === 16 ? (list(data.subarray(1), 5) ?? []) : [];
      return total === undefined ? null : { type: "totals", counter: first, total, meters };
    }
    default:
      return null;
  }
}

function digits(data: Uint8Array, bytes: number): number | null {
  return data.length === bytes ? decodeBcd(data) : null;
}

function list(data: Uint8Array, bytes: number): number[] | null {
  if (data.length % bytes !== 0) return null;
  const values: number[] = [];
  for (let at = 0; at < data.length; at += bytes) {
    const value = decodeBcd(data.subarray(at, at + bytes));
    if (value === null) return null;
    values.push(value);
  }
  return values;
}
