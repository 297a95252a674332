import type Database from "better-sqlite3";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import { readEvent } from "../bodies/bodies.ts";
import { Marks } from "../rows/marks.ts";
import { Owners } from "../rows/owners.ts";
import { Positions } from "../rows/positions.ts";
import { beginning, Chain, link, STREAMS } from "./chain.ts";

const BATCH = 1_000;

/**
 * Brings what was written before there was a chain into it: each stream's hash over all of its rows stands in an
 * anchor behind the last of them, and the rows stay as they are.
 * @param unreadable what to do about an event that cannot be read, when not to throw
 */
export function seal(db: Database.Database, id: string, unreadable: "throw" | "pass over"): void {
  db.prepare("INSERT INTO journal VALUES (?)").run(id);
  const chain = new Chain(db);
  const owners = new Owners(db, id);
  const marks = new Marks(db, id);
  const positions = new Positions(db, marks);
  for (const stream of STREAMS) {
    let head = beginning(id, stream);
    for (let rows = chain.rows(stream, 1, BATCH); rows.length > 0; rows = chain.rows(stream, head.seq + 1, BATCH)) {
      for (const { seq, columns, body } of rows) {
        head = { seq, hash: link(head.hash, stream, seq, columns) };
        if (stream !== "event") continue;
        const event = unreadable === "throw" ? readEvent(body) : readable(body);
        if (event === null) continue;
        owners.learn(event);
        positions.learn(String(columns[0]), event, seq);
      }
    }
    if (head.seq > 0) chain.putAnchor(stream, head, "older");
  }
  for (const { position, first, last } of recordsOf(db)) positions.recorded(position, first, last);
  marks.seal();
}

/** Where the sales stand of which there are records. */
function recordsOf(db: Database.Database): { position: string; first: number; last: number }[] {
  return db
    .prepare<[], { position: string; first: number; last: number }>(
      `SELECT position, first_event AS first, last_event AS last
       FROM sale JOIN event ON event.seq = first_event ORDER BY sale.seq`,
    )
    .all();
}

function readable(body: string): SaleEvent | null {
  try {
    return readEvent(body);
  } catch {
    return null;
  }
}
