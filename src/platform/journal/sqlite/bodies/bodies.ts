import type { z } from "zod";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import type { SaleRecord } from "../../../../core/sale/record.ts";
import type { Entry, Notes, Readers } from "../../../../ports/journal.ts";
import { JournalError } from "../errors.ts";
import { NOTES } from "./notes.ts";
import { saleEvent, saleRecord } from "./sales.ts";

/** Each throws an Error that says in one sentence why the text is no such body: which field, and what was expected. */

export function readEvent(text: string): SaleEvent {
  return read(saleEvent, text);
}

export function readRecord(text: string): SaleRecord {
  return read(saleRecord, text);
}

export function readNote<S extends keyof Notes>(stream: S, text: string): Notes[S] {
  return read<Notes[S]>(STREAMS[stream], text);
}

/** What a reader finds waiting for it. */
export function readPending<R extends keyof Readers>(reader: R, text: string): Readers[R] {
  return read<Readers[R]>(PENDING[reader], text);
}

/** A row by its number in its stream. */
export interface Row {
  readonly seq: number;
  readonly body: string;
}

/** @throws JournalError when the row's body cannot be read. */
export function readRow<T>(path: string, { seq, body }: Row, readBody: (text: string) => T): T {
  try {
    return readBody(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new JournalError(`The journal ${path} holds an entry that cannot be read (number ${seq}): ${why}.`);
  }
}

/** @throws JournalError as `readRow`. */
export function readRows<T>(path: string, rows: readonly Row[], readBody: (text: string) => T): Entry<T>[] {
  return rows.map((row) => ({ seq: row.seq, body: readRow(path, row, readBody) }));
}

const STREAMS: { readonly [S in keyof Notes]: z.ZodType<Notes[S]> } = NOTES;

const PENDING: { readonly [R in keyof Readers]: z.ZodType<Readers[R]> } = {
  sales: saleRecord,
  receipts: saleRecord,
  remainders: saleRecord,
  refunds: NOTES.refunds,
  reconciliations: NOTES.reconciliations,
  unaccounted: NOTES.unaccounted,
  "matters-of-sales": saleRecord,
  "matters-of-refunds": NOTES.refunds,
  "returned-refunds": NOTES.refunds,
  "matters-of-unaccounted": NOTES.unaccounted,
  "matters-of-remainders": NOTES.remainders,
  matters: NOTES.matters,
};

function read<T>(schema: z.ZodType<T>, text: string): T {
  const { success, data, error } = schema.safeParse(parsed(text));
  if (!success) throw new Error(reasonOf(error));
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
}

/** Names of fields that nobody knows are cut to this. */
const LONGEST_NAME = 80;

/** The first thing that is wrong. It tells what was expected, and not what was found. */
function reasonOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return "it does not fit";
  const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  if (unknown !== undefined) return `it has the field ${fieldText([...issue.path, unknown])}, which is not known`;
  const expected = issue.message.replace(/^.*?expected /i, "expected ");
  return issue.path.length === 0 ? expected : `its field ${fieldText(issue.path)} is wrong, ${expected}`;
}

function fieldText(path: readonly PropertyKey[]): string {
  const text = path.map((key, at) => (typeof key === "number" ? `[${key}]` : `${at > 0 ? "." : ""}${String(key)}`));
  return JSON.stringify(text.join("").slice(0, LONGEST_NAME));
}
