import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as yielded } from "node:timers/promises";
import { markPathOf } from "../../src/platform/journal/sqlite/open.ts";
import { markAnew } from "../support/mark-anew.ts";
import { contentOf, isBeginning, type Remains } from "./remains.ts";

/** SQLite's write-ahead log: a header, then frames, each with a page of its own header and the log's two salts. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;
const SALTS = 8;
/** A sync costs nothing there, and thousands of journals are opened. */
const MEMORY = "/dev/shm";

interface Torn {
  /** At how many lengths it was opened. */
  readonly cuts: number;
  /** What did not open, or held what was never written; empty when all is well. */
  readonly problems: readonly string[];
}

/** One length in so many is opened with the mark as it was, too. */
const MARK_KEPT_EVERY = 50;

/**
 * Cuts a write-ahead log off at every byte of its last frames, as a power cut may, and lets the journal open what is
 * left. With a mark that the cut took back as well it must open, and hold a beginning of what was written, never less
 * than at a shorter length; with the mark as it was it is refused as soon as an entry is missing.
 */
export async function tearTail({ db, wal, mark }: Remains, frames: number): Promise<Torn> {
  const page = readFileSync(db);
  const log = readFileSync(wal);
  const kept = readFileSync(mark);
  const around = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "kioskd-torn-"));
  try {
    return await tear({ page, log, kept }, frames, join(around, "journal"));
  } finally {
    rmSync(around, { recursive: true });
  }
}

interface Files {
  readonly page: Buffer;
  readonly log: Buffer;
  /** The mark as it was. */
  readonly kept: Buffer;
}

async function tear({ page, log, kept }: Files, frames: number, folder: string): Promise<Torn> {
  const path = join(folder, "journal.db");
  const open = async (length: number, mark: "kept" | "lost"): ReturnType<typeof contentOf> => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(path, page);
    writeFileSync(`${path}-wal`, log.subarray(0, length));
    if (mark === "kept") writeFileSync(markPathOf({ path }), kept);
    else markAnew(path);
    return await contentOf(path);
  };
  const end = validEnd(log);
  const least = Math.max(WAL_HEADER, end - frames * frameSize(log));
  const problems: string[] = [];
  const whole = await open(log.length, "kept");
  let longer = whole;
  let cuts = 0;
  for (let length = end; length >= least; length--) {
    cuts++;
    const content = await open(length, "lost").catch((error: unknown) => String(error));
    if (typeof content === "string") problems.push(`cut to ${length} of ${end} bytes it does not open: ${content}`);
    else if (!isBeginning(content, longer)) problems.push(`cut to ${length} of ${end} bytes it holds something else`);
    else longer = content;
    if (length % MARK_KEPT_EVERY !== 0 || longer.events.length === whole.events.length) continue;
    const told = await open(length, "kept").catch((error: unknown) => String(error));
    if (typeof told !== "string" || !told.includes("lost its end")) problems.push(`cut to ${length} bytes it is taken`);
    await yielded();
  }
  return { cuts, problems };
}

function frameSize(log: Buffer): number {
  return FRAME_HEADER + log.readUInt32BE(8);
}

/** Behind the frames of this round of the log may stand those of an earlier one. */
function validEnd(log: Buffer): number {
  const salts = log.subarray(16, 16 + SALTS);
  const size = frameSize(log);
  let end = WAL_HEADER;
  while (end + size <= log.length && log.subarray(end + 8, end + 8 + SALTS).equals(salts)) end += size;
  return end;
}
