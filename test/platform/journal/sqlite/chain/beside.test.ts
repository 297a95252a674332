import { join } from "node:path";
import { expect, it } from "vitest";
import { readMark } from "../../../../../src/platform/journal/sqlite/chain/outside-mark.ts";
import { openJournal, openJournalBeside } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { markPathOf } from "../../../../../src/platform/journal/sqlite/open.ts";
import { tempFolder } from "../../../../support/temp.ts";

it("is ended by nobody but who sells: a command beside it does not say that it has ended", async () => {
  const place = { path: join(tempFolder(), "journal.db") };
  const closed = (): unknown => {
    const mark = readMark(markPathOf(place));
    return mark.kind === "reached" ? mark.reached.closed : mark.kind;
  };
  const besides = async (): Promise<void> => await openJournalBeside(place).close();
  const daemon = openJournal(place);
  expect(closed()).toBeNull();
  await besides();
  expect(closed()).toBeNull();
  await daemon.close();
  const asClosed = closed();
  expect(asClosed).toMatchObject({ bytes: expect.any(Number) });
  await besides();
  expect(closed()).toEqual(asClosed);
});
