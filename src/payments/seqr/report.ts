import sax from "sax";
import type { BookedPayment } from "../../ports/books.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { signedAmountMinorOf } from "./amount.ts";
import type { WireReport } from "./answer-schema.ts";
import { flat, parsed, Turn } from "./piecewise.ts";

export interface ReportDocument {
  readonly title: string;
  readonly mimeType: string;
  readonly text: string;
}

/** The fields of a report's row by element name. */
type Row = ReadonlyMap<string, string>;

interface OpenElement {
  readonly name: string;
  readonly fields: Map<string, string>;
  text: string;
  holdsElements: boolean;
}

/** Reports are some five elements deep. */
const DEPTH_MAX = 40;
/** More than the longest report that is taken can hold. */
const ROWS_MAX = 65_000;
/** What a tag may hold that is not read; the parser keeps all of it until the tag ends. */
const ATTRIBUTES_MAX = 64;

export function documentOf({ title, mimeType, content, contentString }: WireReport): ReportDocument {
  const text = contentString ?? Buffer.from(content ?? "", "base64").toString("utf8");
  return { title: title ?? "", mimeType: mimeType ?? "", text };
}

/** Every payment of one terminal's detail report, or unknown: a part of the books would look like money missing. */
export async function bookedPayments(
  text: string,
  terminalId: string,
  currency: string,
): Promise<Outcome<readonly BookedPayment[]>> {
  const rows = await rowsOf(text);
  if (rows === null) return unknown("the report is not complete, or lists no transactions");
  const payments: BookedPayment[] = [];
  const turn = new Turn();
  for (const row of rows) {
    await turn.end();
    const paymentReference = row.get("ErsReference") ?? "";
    const amountMinor = signedAmountMinorOf(row.get("SalesAmount") ?? "", currency);
    if (paymentReference === "" || amountMinor === null)
      return unknown("a row of the report has no reference, or no amount that can be read");
    if ((row.get("TerminalId") ?? terminalId) !== terminalId) return unknown("the report is about another terminal");
    payments.push({ paymentReference, amountMinor });
  }
  return done(payments);
}

/**
 * The rows of a report, in which names count and places do not; null when it is cut or lists no transactions.
 * The service's own samples close their root by another name, or by opening it again, which is let pass.
 */
export async function rowsOf(text: string): Promise<readonly Row[] | null> {
  const rows: Row[] = [];
  const open: OpenElement[] = [];
  let latest: OpenElement | null = null;
  let attributes = 0;
  let listsDetails = false;
  let closedBadly = false;
  const parser = sax.parser(true);
  parser.onopentag = (node) => {
    const parent = open.at(-1);
    if (parent !== undefined) parent.holdsElements = true;
    latest = { name: localName(node.name), fields: new Map(), text: "", holdsElements: false };
    open.push(latest);
    if (latest.name === "TransactionDetails") listsDetails = true;
    if (closedBadly || open.length > DEPTH_MAX || rows.length > ROWS_MAX) giveUp();
    attributes = 0;
  };
  parser.onattribute = () => {
    attributes += 1;
    if (attributes > ATTRIBUTES_MAX) giveUp();
  };
  parser.onclosetag = () => {
    latest = null;
    const element = open.pop();
    const parent = open.at(-1);
    if (element?.name === "Row") rows.push(element.fields);
    if (element === undefined || parent?.name !== "Row") return;
    const text = element.text.trim();
    // Text around elements is no figure: put together it would be another one.
    if (parent.fields.has(element.name) || (element.holdsElements && text !== "")) giveUp();
    parent.fields.set(element.name, text);
  };
  parser.ontext = (part) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += flat(part);
  };
  parser.oncdata = parser.ontext;
  parser.onerror = ({ message }) => {
    parser.resume();
    // What is still open at the end is judged below.
    if (message.startsWith("Unclosed root tag")) return;
    const closesRoot = open.length === 1 && /^Un(expected close|matched closing) tag/.test(message);
    if (!closesRoot) giveUp();
    closedBadly = true;
  };
  try {
    await parsed(parser, text.trim(), () => undefined);
  } catch {
    return null;
  }
  if (!isComplete(open, latest, closedBadly)) return null;
  return rows.length > 0 || listsDetails ? rows : null;
}

/** At once: the parser compares each wrong end with all that is open. */
function giveUp(): never {
  throw new Error("the report cannot be read");
}

function isComplete(open: readonly OpenElement[], latest: OpenElement | null, closedBadly: boolean): boolean {
  const [root, second] = open;
  if (root === undefined) return true;
  if (second === undefined) return closedBadly;
  return open.length === 2 && second === latest && second.name === root.name && second.text.trim() === "";
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
