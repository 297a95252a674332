import type { Outcome } from "../../ports/outcome.ts";
import { type Command, ORDER, type PumpDecimals, type Report, STATUS } from "./application.ts";
import type { DartLink } from "./link.ts";

export type StatusSet = ReadonlySet<number>;

/** Nothing can flow. */
export const STOPPED: StatusSet = new Set([
  STATUS.notProgrammed,
  STATUS.reset,
  STATUS.fillingCompleted,
  STATUS.maxReached,
  STATUS.off,
]);

/** An authorisation was taken, and may already be used up. */
export const TAKEN: StatusSet = new Set([
  STATUS.authorized,
  STATUS.filling,
  STATUS.suspended,
  STATUS.fillingCompleted,
  STATUS.maxReached,
]);

/** What a pump shows: its status first, so that a volume beside a status in which nothing flows is the last one. */
export interface Filling {
  readonly status: number;
  readonly volume: number;
  readonly amount: number;
  /** Of this delivery; null when it did not say. */
  readonly price: number | null;
}

export interface Sample extends Filling {
  readonly total: number;
}

const ASK_STATUS: Command = { type: "order", order: ORDER.status };
const ASK_FILLING: Command = { type: "order", order: ORDER.fillingInformation };

/** Has the pump carry out the commands; `done` with the first of the wanted statuses that it reports. */
export function order(link: DartLink, commands: readonly Command[], wanted?: StatusSet): Promise<Outcome<number>> {
  return link.request([...commands, ASK_STATUS], (report) =>
    report.type === "status" && (wanted === undefined || wanted.has(report.status)) ? report.status : undefined,
  );
}

export function askFilling(link: DartLink): Promise<Outcome<Filling>> {
  const seen: Seen = { price: null };
  return link.request([ASK_STATUS, ASK_FILLING], (report, isLast) => {
    note(seen, report);
    return isLast ? fillingOf(seen) : undefined;
  });
}

/** How many decimals the pump has; `unknown` when it does not say, as some do not. */
export function askDecimals(link: DartLink): Promise<Outcome<PumpDecimals>> {
  return link.request([{ type: "order", order: ORDER.parameters }], (report) =>
    report.type === "parameters" ? report : undefined,
  );
}

/** The total is the sum over the nozzles. */
export function askSample(link: DartLink, nozzles: readonly number[]): Promise<Outcome<Sample>> {
  const seen: Seen = { price: null };
  const totals = new Map<number, number>();
  const requests = nozzles.map((counter): Command => ({ type: "request-totals", counter }));
  return link.request([ASK_STATUS, ASK_FILLING, ...requests], (report, isLast) => {
    note(seen, report);
    if (report.type === "totals" && nozzles.includes(report.counter)) totals.set(report.counter, report.total);
    const filling = isLast && totals.size === nozzles.length ? fillingOf(seen) : undefined;
    return filling && { ...filling, total: [...totals.values()].reduce((sum, total) => sum + total, 0) };
  });
}

interface Seen {
  status?: number;
  volume?: number;
  amount?: number;
  price: number | null;
}

function note(seen: Seen, report: Report): void {
  if (report.type === "status") seen.status = report.status;
  if (report.type === "filled" && seen.status !== undefined) {
    seen.volume = report.volume;
    seen.amount = report.amount;
  }
  if (report.type === "nozzle" && seen.volume !== undefined) seen.price = report.price;
}

function fillingOf({ status, volume, amount, price }: Seen): Filling | undefined {
  const isWhole = status !== undefined && volume !== undefined && amount !== undefined;
  return isWhole ? { status, volume, amount, price } : undefined;
}
