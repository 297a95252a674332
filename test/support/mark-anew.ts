import Database from "better-sqlite3";
import { Chain } from "../../src/platform/journal/sqlite/chain/chain.ts";
import { OutsideMark } from "../../src/platform/journal/sqlite/chain/outside-mark.ts";
import { reachedBy } from "../../src/platform/journal/sqlite/chain/trust.ts";
import { markPathOf } from "../../src/platform/journal/sqlite/open.ts";

/** Writes the mark of a journal as if it had been written when the journal held what it holds now. */
export function markAnew(path: string): void {
  const db = new Database(path, { readonly: true });
  const mark = new OutsideMark(markPathOf({ path }));
  try {
    // Both slots: what the mark said before is gone.
    for (let slot = 0; slot < 2; slot++) mark.write(reachedBy(new Chain(db), null));
  } finally {
    mark.close();
    db.close();
  }
}
