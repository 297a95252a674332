import { z } from "zod";
import type { Metered } from "./evidence.ts";

/** How many answers to messages about transactions are kept, for chargers that ask again. */
const KEPT_ANSWERS = 8;
/** Ids are so many numbers times 32, and the connector's number: below 2^31, and no two connectors of a charger share one. */
const CONNECTORS = 32;
const MOST_COUNTER = 2 ** 26 - 1;
const LONGEST_DETAIL = 400;

const safe = z.int().min(0);
const metered = z.object({
  meterStartWh: safe.nullable(),
  restWh: safe.nullable(),
  baseWh: safe.nullable(),
  lastWh: z.int().nullable(),
  carriedWh: safe,
  isBaseless: z.boolean(),
});

const openTransaction = z.object({
  id: safe,
  tag: z.string(),
  /** Of a sale of this kiosk: what comes of it is that sale's, whenever it is known. */
  isOurs: z.boolean(),
  metered,
});

const bookState = z.object({
  /** All that flowed in transactions that are over, and outside of any. */
  totalBase: safe,
  /** How many transactions have had an id. */
  counter: safe,
  /** The tag that a transaction may begin with now. */
  tag: z.string().nullable(),
  open: openTransaction.nullable(),
  /** Where MeterValues stood while nothing was open. */
  restWh: safe.nullable(),
  /** By the content of their messages: what was answered. */
  starts: z.array(z.tuple([z.string(), safe, z.boolean()])),
  stops: z.array(z.string()),
  /** Why nobody can say what a delivery came to, until somebody has asked. */
  disputed: z.string().nullable(),
  /** A transaction that ended without the charger's word, which may still come. */
  unheard: z.object({ id: safe, isOurs: z.boolean(), usedWh: safe, meterStartWh: safe.nullable() }).nullable(),
});

/** What a connector keeps on disk. */
export type BookState = z.output<typeof bookState>;
export type OpenTransaction = z.output<typeof openTransaction>;

export function parseBooks(value: unknown): BookState | undefined {
  return bookState.safeParse(value).data;
}

/** @param first below a half of all ids: other books of this connector, now lost, have given others */
export function newBooks(first: number): BookState {
  return {
    ...{ totalBase: 0, counter: first, tag: null, open: null, restWh: null },
    ...{ starts: [], stops: [], disputed: null, unheard: null },
  };
}

export const FIRST_BELOW = 2 ** 25;

export function transactionId(counter: number, connector: number): number {
  return (counter % MOST_COUNTER) * CONNECTORS + connector;
}

/** Which connector has given an id; what a charger made up itself may say the same. */
export function connectorOf(id: number): number {
  return id % CONNECTORS;
}

export function startAnswer({ starts }: BookState, key: string): { id: number; accepted: boolean } | null {
  const found = starts.find(([known]) => known === key);
  return found === undefined ? null : { id: found[1], accepted: found[2] };
}

/** The tag is used up, whoever it was that came with it. */
export function begun(state: BookState, key: string, open: OpenTransaction, accepted: boolean): BookState {
  const entry: [string, number, boolean] = [key, open.id, accepted];
  return {
    ...state,
    counter: state.counter + 1,
    tag: null,
    open,
    starts: [...state.starts, entry].slice(-KEPT_ANSWERS),
  };
}

export interface Ending {
  readonly usedWh: number;
  readonly disputed: string | null;
  /** Of the message that ended it; null where none came. */
  readonly key: string | null;
}

export function ended(state: BookState, open: OpenTransaction, { usedWh, disputed, key }: Ending): BookState {
  const { id, isOurs, metered: last } = open;
  return {
    ...state,
    totalBase: state.totalBase + usedWh,
    open: null,
    restWh: last.lastWh ?? state.restWh,
    stops: key === null ? state.stops : withStop(state, key),
    disputed: isOurs && disputed !== null ? disputed.slice(0, LONGEST_DETAIL) : state.disputed,
    unheard: key === null ? { id, isOurs, usedWh, meterStartWh: last.meterStartWh } : null,
  };
}

export function withStop({ stops }: BookState, key: string): string[] {
  return [...stops, key].slice(-KEPT_ANSWERS);
}

export function firstMetered(meterStartWh: number | null, restWh: number | null): Metered {
  return { meterStartWh, restWh, baseWh: null, lastWh: null, carriedWh: 0, isBaseless: false };
}
