import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type Database from "better-sqlite3";
import { extractKeyNameOf } from "../../../../core/journal-files.ts";
import { saleRecord } from "../../../../core/sale/record.ts";
import { IDLE, type State } from "../../../../core/sale/state.ts";
import { transition } from "../../../../core/sale/transition.ts";
import { ownedByKiosk } from "../../../files/owner.ts";
import { writeWhole } from "../../../files/whole-file.ts";
import { Archives } from "../archives/archives.ts";
import { readEvent, readRecord } from "../bodies/bodies.ts";
import { Chain, journalId, link } from "../chain/chain.ts";
import { guarded, JournalError } from "../errors.ts";
import { openForReading, realPath } from "../open.ts";
import { type ExtractRow, hashOf, parsedExtract, signedText } from "./extract-text.ts";

/** The key that signs extracts, beside the journal: only the kiosk's own user may read it. */
function keyPathOf(path: string): string {
  const real = realPath(path);
  return join(dirname(real), extractKeyNameOf(basename(real)));
}

/**
 * All that a journal holds of a closed sale, signed; a key is made when there is none. Null when no sale of that id is
 * closed.
 * @throws JournalError as `openForReading`, and when others may read the key
 */
export function extractSale(
  path: string,
  saleId: string,
  about: { readonly kiosk: string; readonly madeAtMs: number },
): { readonly text: string; readonly publicKey: string } | null {
  const db = openForReading(path);
  try {
    const chain = new Chain(db);
    const rows = guarded(path, () => rowsOf(path, db, saleId));
    if (rows.length === 0) return null;
    const key = ownKey(path);
    const publicKey = publicText(createPublicKey(key));
    const signed = signedText({ saleId, journal: chain.id, ...about, rows }, publicKey);
    const signature = signWith(null, Buffer.from(signed), key).toString("base64");
    return { text: `${signed}${signature}\n`, publicKey };
  } finally {
    db.close();
  }
}

/** The rows of a sale in a journal and its archives: its events, its records, its refunds. */
function rowsOf(path: string, db: Database.Database, saleId: string): ExtractRow[] {
  const archives = new Archives(realPath(path), db, journalId(db));
  const opened = archives.all().map((archive) => archives.open(archive));
  try {
    const files = [...opened, db].map((file) => ({ file, chain: new Chain(file) }));
    const records = files.flatMap((each) => recordsIn(each, saleId));
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return [];
    const events = files.flatMap(({ file, chain }) =>
      file
        .prepare<[number, number, string], { seq: number }>(
          "SELECT seq FROM event WHERE seq BETWEEN ? AND ? AND sale = ? ORDER BY seq",
        )
        .all(first.firstEvent, last.lastEvent, saleId)
        .map(({ seq }) => rowOf(chain, { stream: "event", seq })),
    );
    const own = new Chain(db);
    const refunds = db
      .prepare<[string], { seq: number }>("SELECT seq FROM note WHERE stream = 'refunds' AND key = ? ORDER BY seq")
      .all(saleId)
      .map(({ seq }) => rowOf(own, { stream: "refunds", seq }));
    return [...onceEach(events), ...onceEach(records.map(({ row }) => row)), ...refunds];
  } finally {
    for (const file of opened) file.close();
  }
}

interface RecordRow {
  readonly row: ExtractRow;
  readonly firstEvent: number;
  readonly lastEvent: number;
}

function recordsIn({ file, chain }: { file: Database.Database; chain: Chain }, saleId: string): RecordRow[] {
  return file
    .prepare<[string], { seq: number; firstEvent: number; lastEvent: number }>(
      `SELECT seq, first_event AS firstEvent, last_event AS lastEvent FROM sale
       WHERE body ->> 'saleId' = ? ORDER BY seq`,
    )
    .all(saleId)
    .map(({ seq, firstEvent, lastEvent }) => ({ row: rowOf(chain, { stream: "sale", seq }), firstEvent, lastEvent }));
}

/** A row that is on its way to an archive stands in both. */
function onceEach(rows: readonly ExtractRow[]): ExtractRow[] {
  return [...new Map(rows.map((row) => [row.seq, row])).values()];
}

function rowOf(chain: Chain, { stream, seq }: { readonly stream: string; readonly seq: number }): ExtractRow {
  const [row] = chain.rows(stream, seq, 1);
  const columns = row?.columns ?? [];
  const before = chain.before(stream, seq).hash;
  const hash = row?.hash ?? link(before, stream, seq, columns);
  return { stream, seq, columns, before: before.toString("hex"), hash: hash.toString("hex") };
}

/**
 * What does not fit in an extract, a sentence each; none when all does.
 * @param path the journal to hold it against, when there is one
 * @throws JournalError as `openForReading`
 */
export function checkExtract(file: string, path: string | null): string[] {
  const parsed = parsedExtract(file);
  if (parsed === null) return ["it is no extract of a kioskd journal, or a part of it is missing"];
  const { extract, signed, publicKey, signature } = parsed;
  const wrong: string[] = [];
  if (!isSigned(signed, publicKey, signature)) wrong.push("its signature is not of this text and this key");
  const { rows } = extract;
  for (const row of rows)
    if (hashOf(row) !== row.hash) wrong.push(`${row.stream} ${row.seq}: its hash is not of this row`);
  for (const [at, row] of rows.entries()) {
    const next = rows[at + 1];
    if (next?.stream === row.stream && next.seq === row.seq + 1 && next.before !== row.hash) {
      wrong.push(`${next.stream} ${next.seq} does not follow ${row.stream} ${row.seq}`);
    }
  }
  try {
    if (signedText(extract, publicKey) !== signed) wrong.push("what it says to people is not what its rows say");
    wrong.push(...replayed(rows));
  } catch (error) {
    wrong.push(`a row cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return path === null ? wrong : [...wrong, ...againstJournal(path, parsed)];
}

function isSigned(text: string, publicKey: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    return verifyWith(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** Whether the events give the records. */
function replayed(rows: readonly ExtractRow[]): string[] {
  const bodies = new Map<number, string>();
  let state: State = IDLE;
  for (const { stream, seq, columns } of rows) {
    if (stream !== "event") continue;
    [state] = transition(state, readEvent(String(columns.at(-1))));
    if (state.phase === "closed") bodies.set(seq, JSON.stringify(saleRecord(state)));
  }
  const wrong: string[] = [];
  for (const { stream, seq, columns } of rows) {
    if (stream !== "sale") continue;
    const wanted: Readonly<Record<string, unknown>> = JSON.parse(bodies.get(Number(columns[1])) ?? "{}");
    const record = readRecord(String(columns.at(-1)));
    const other = Object.entries(record).find(
      ([field, value]) => field !== "amends" && JSON.stringify(value) !== JSON.stringify(wanted[field]),
    );
    if (other !== undefined) wrong.push(`sale ${seq}: its events do not give its ${other[0]}`);
  }
  return wrong;
}

function againstJournal(path: string, { extract, publicKey }: NonNullable<ReturnType<typeof parsedExtract>>): string[] {
  const db = openForReading(path);
  try {
    const chain = new Chain(db);
    if (chain.id !== extract.journal) return [`it is of the journal ${extract.journal}, this one is ${chain.id}`];
    const wrong: string[] = [];
    const keyPath = keyPathOf(path);
    if (!existsSync(keyPath)) wrong.push(`there is no key at ${keyPath}`);
    else if (publicText(createPublicKey(ownKey(path))) !== publicKey)
      wrong.push("it was signed with another key than this journal's");
    const known = new Map(rowsOf(path, db, extract.saleId).map((row) => [`${row.stream} ${row.seq}`, row.hash]));
    for (const { stream, seq, hash } of extract.rows) {
      if (known.get(`${stream} ${seq}`) !== hash) wrong.push(`${stream} ${seq} is another one in the journal`);
    }
    if (known.size > extract.rows.length)
      wrong.push(`the journal has ${known.size - extract.rows.length} rows more of the sale by now`);
    return wrong;
  } finally {
    db.close();
  }
}

function ownKey(path: string): KeyObject {
  const file = keyPathOf(path);
  if (!existsSync(file)) return newKey(file, path);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new JournalError(`The key ${file} can be read by others, who may have signed with it: chmod 600 ${file}.`);
  }
  return createPrivateKey(readFileSync(file));
}

function newKey(file: string, path: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  writeWhole(file, privateKey.export({ format: "pem", type: "pkcs8" }).toString(), 0o600);
  ownedByKiosk(path, [file]);
  return privateKey;
}

function publicText(key: KeyObject): string {
  return key.export({ format: "der", type: "spki" }).toString("base64");
}
