/** No answer has more. */
export const MOST_ROWS = 1_000;
/** The thread has 64 MB for rows, what is read of them, and the message that takes it away. */
const MOST_CHARACTERS = 2_000_000;

/** As many rows as one answer may hold, and one at least: a single row may be large. */
export function batchOf<R extends { readonly body: string }>(rows: Iterable<R>): R[] {
  const batch: R[] = [];
  let characters = 0;
  for (const row of rows) {
    const { length } = row.body;
    if (batch.length === MOST_ROWS || (batch.length > 0 && characters + length > MOST_CHARACTERS)) break;
    batch.push(row);
    characters += length;
  }
  return batch;
}
