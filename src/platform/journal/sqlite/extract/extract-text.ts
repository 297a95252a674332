import type { RefundEvent } from "../../../../core/refund.ts";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import type { SaleRecord } from "../../../../core/sale/record.ts";
import { isoTime } from "../../../../core/time.ts";
import { readEvent, readNote, readRecord } from "../bodies/bodies.ts";
import { type Column, link } from "../chain/chain.ts";

/** A row as the chain has it. */
export interface ExtractRow {
  readonly stream: string;
  readonly seq: number;
  readonly columns: readonly Column[];
  /** The hash that it follows, and its own, as hexadecimal digits. */
  readonly before: string;
  readonly hash: string;
}

/** What an extract says, and what its text is made of. */
export interface Extract {
  readonly saleId: string;
  readonly journal: string;
  readonly kiosk: string;
  readonly madeAtMs: number;
  readonly rows: readonly ExtractRow[];
}

const TITLE = "kioskd extract 1";
const ROWS = "=== ROWS ===";
const SIGNED = "=== SIGNED ===";

/** All that is signed: for people first, then the rows. It ends with a line end. */
export function signedText(extract: Extract, publicKey: string): string {
  const { saleId, journal, kiosk, madeAtMs, rows } = extract;
  return [
    TITLE,
    "",
    `sale      ${saleId}`,
    `kiosk     ${kiosk}`,
    `journal   ${journal}`,
    `made      ${isoTime(madeAtMs)}`,
    `key       ${publicKey}`,
    "",
    ...rows.map(lineOf),
    "",
    ...HOW_TO_CHECK,
    "",
    ROWS,
    ...rows.flatMap(({ stream, seq, columns, before, hash }) => [
      `before ${before}`,
      `row    ${JSON.stringify([stream, seq, ...columns])}`,
      `hash   ${hash}`,
    ]),
    SIGNED,
    "",
  ].join("\n");
}

const HOW_TO_CHECK = [
  "How to check it by hand. Below ROWS each row of the journal has three lines. Its",
  "hash is the SHA-256 of the 32 bytes that `before` gives as hexadecimal digits,",
  "followed by the bytes of the text behind `row`, without the line's end:",
  "",
  "  (printf %s BEFORE | xxd -r -p; printf %s 'ROW') | sha256sum",
  "",
  "`before` is the hash of the row with the number before in the same stream (event,",
  "sale, refunds). So a row cannot be changed without changing all rows behind it.",
  "Signed (Ed25519) is all of this file up to and with the line SIGNED and its end.",
  "The signature stands behind it in base64; the key above is in base64 of its DER.",
  "`kioskd journal extract --check FILE` does all of this, and replays the sale.",
];

function lineOf({ stream, seq, columns }: ExtractRow): string {
  const body = String(columns.at(-1));
  const place = `${stream} ${seq}`.padEnd(12);
  if (stream === "event") return `${place} ${eventText(readEvent(body))}`;
  if (stream !== "sale") return `${place} ${refundText(readNote("refunds", body))}`;
  return `${place} ${recordText(readRecord(body))}`;
}

function recordText(record: SaleRecord): string {
  const { closedAt, outcome, reason, quantity, unit, charged, reserved, currency, reference, stillHeld } = record;
  const why = reason === null ? "" : ` (${reason})`;
  const held = stillHeld === undefined ? "" : `, still held ${stillHeld} ${currency}`;
  const at = record.provider === undefined ? "" : ` at ${record.provider}`;
  return `${closedAt} record: ${outcome}${why}, ${quantity} ${unit}, reserved ${reserved}, charged ${charged} ${currency}${held}, payment ${reference ?? "none"}${at}`;
}

function refundText(event: RefundEvent): string {
  const amount = "amountMinor" in event ? `, ${event.amountMinor} minor units of ${event.currency}` : "";
  return `${isoTime(event.atMs)} refund ${event.refundId} ${event.type}${amount}`;
}

const TOLD_ELSEWHERE = ["type", "saleId", "atMs", "position", "terms"];

function eventText(event: SaleEvent): string {
  const details = Object.entries(event)
    .filter(([key, value]) => !TOLD_ELSEWHERE.includes(key) && typeof value !== "object")
    .map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `${isoTime(event.atMs)} ${event.type}${details.join("")}`;
}

/** The parts of an extract's file; null when it is none. */
export function parsedExtract(file: string): {
  readonly extract: Extract;
  readonly signed: string;
  readonly publicKey: string;
  readonly signature: string;
} | null {
  const end = file.lastIndexOf(`${SIGNED}\n`) + SIGNED.length + 1;
  const rowsAt = file.lastIndexOf(`\n${ROWS}\n`);
  if (!file.startsWith(`${TITLE}\n`) || end <= SIGNED.length || rowsAt < 0) return null;
  const head = new Map(
    file
      .slice(0, rowsAt)
      .split("\n")
      .map((line) => [line.slice(0, 10).trim(), line.slice(10)] as const)
      .reverse(),
  );
  const lines = file.slice(rowsAt + ROWS.length + 2, end - SIGNED.length - 1).split("\n");
  const rows: ExtractRow[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const row = parsedRow(lines.slice(at, at + 3));
    if (row === null) return null;
    rows.push(row);
  }
  const of = (name: string): string => head.get(name) ?? "";
  const made = { saleId: of("sale"), journal: of("journal"), kiosk: of("kiosk"), madeAtMs: Date.parse(of("made")) };
  return {
    extract: { ...made, rows },
    signed: file.slice(0, end),
    publicKey: of("key"),
    signature: file.slice(end).trim(),
  };
}

function parsedRow(lines: readonly string[]): ExtractRow | null {
  const [before = "", row = "", hash = ""] = ["before ", "row    ", "hash   "].map((label, at) =>
    lines[at]?.startsWith(label) === true ? lines[at].slice(label.length) : undefined,
  );
  try {
    const [stream, seq, ...columns] = JSON.parse(row) as [string, number, ...Column[]];
    return { stream, seq, columns, before, hash };
  } catch {
    return null;
  }
}

/** The hash that a row must have. */
export function hashOf({ before, stream, seq, columns }: ExtractRow): string {
  return link(Buffer.from(before, "hex"), stream, seq, columns).toString("hex");
}
