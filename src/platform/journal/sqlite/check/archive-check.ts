import type Database from "better-sqlite3";
import type { Gap } from "../../../../ports/journal.ts";
import { ARCHIVED, type Archived, beginOf, explainedArchive } from "../archives/archive-file.ts";
import { type Archive, Archives } from "../archives/archives.ts";
import { readEvent, readRecord } from "../bodies/bodies.ts";
import { acceptedIn, checkAnchors } from "../chain/anchors.ts";
import { beginning, Chain, type Head } from "../chain/chain.ts";
import { Broken } from "../errors.ts";
import { checkStream } from "./check.ts";

/** Up to where the links were followed. */
type Reached = Record<Archived, Head>;

/**
 * Follows the links of all sales that are in archives, from a journal's first one to where the journal itself goes on,
 * and reads each row, a few at a time.
 * @throws JournalError when an archive is missing or not as it was written; Broken when the journal does not go on there
 */
export function* checkArchives(path: string, db: Database.Database): Generator<void> {
  const chain = new Chain(db);
  const archives = new Archives(path, db, chain.id);
  const told = acceptedIn(db);
  const reached: Reached = { event: beginning(chain.id, "event"), sale: beginning(chain.id, "sale") };
  for (const archive of archives.all()) {
    try {
      yield* checkArchive(archives, archive, reached, told);
    } catch (error) {
      throw explainedArchive(archive.file, error);
    }
  }
  for (const stream of ARCHIVED) {
    if (!isSame(reached[stream], chain.archived(stream))) {
      throw new Broken(`${stream} number ${reached[stream].seq + 1} does not follow from the archives`);
    }
  }
}

function* checkArchive(archives: Archives, archive: Archive, reached: Reached, told: readonly Gap[]): Generator<void> {
  const db = archives.open(archive);
  try {
    const chain = new Chain(db);
    checkAnchors(chain, told);
    const through = { event: archive.events.through, sale: archive.sales.through };
    for (const stream of ARCHIVED) {
      if (!isSame(reached[stream], beginOf(chain, stream))) {
        throw new Broken(`its ${stream} rows do not follow from the archive before it`);
      }
      yield* checkStream(chain, stream, 0, ({ body }) => {
        if (stream === "event") readEvent(body);
        else readRecord(body);
      });
      // What goes further was moved right before a power cut; the journal has it too.
      reached[stream] = { seq: through[stream], hash: chain.at(stream, through[stream]) ?? reached[stream].hash };
    }
  } finally {
    db.close();
  }
}

function isSame(one: Head, other: Head): boolean {
  return one.seq === other.seq && one.hash.equals(other.hash);
}
