import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { tempFolder } from "../support/temp.ts";
import { contentOf, isBeginning, type Remains, takeRemains } from "./remains.ts";
import { tearTail } from "./torn-tail.ts";

const EVENTS = 5;
const WAL_HEADER = 32;
const PATIENCE_MS = 120_000;

/** A journal as a kill would leave it: its writer is still there. */
async function remains(folder: string): Promise<Remains> {
  const path = join(folder, "journal.db");
  const journal = openJournal({ path });
  for (let at = 1; at <= EVENTS; at++) {
    await journal.append("1", { type: "released", saleId: `s-${at}`, atMs: at }, null);
  }
  const taken = takeRemains(path, folder, "taken");
  await journal.close();
  if (taken === null) throw new Error("there is no journal");
  return taken;
}

it("opens a journal that is cut at every byte, with what was whole by then", { timeout: PATIENCE_MS }, async () => {
  const folder = tempFolder();
  const taken = await remains(folder);
  const { cuts, problems } = await tearTail(taken, 1);
  expect(cuts).toBe(1_024 + 24 + 1);
  expect(problems).toEqual([]);
});

it("sees an entry that was never written, and one that is gone", async () => {
  const folder = tempFolder();
  const { db } = await remains(folder);
  const whole = await contentOf(db);
  expect(whole.events).toHaveLength(EVENTS);
  const [first = "", ...rest] = whole.events;
  expect(isBeginning({ ...whole, events: [first] }, whole)).toBe(true);
  expect(isBeginning(whole, { ...whole, events: [first] })).toBe(false);
  expect(isBeginning({ ...whole, events: [first.replace("s-1", "s-0"), ...rest] }, whole)).toBe(false);
});

it("tells when what is left does not open", async () => {
  const folder = tempFolder();
  const taken = await remains(folder);
  writeFileSync(taken.db, "this is no database");
  truncateSync(taken.wal, WAL_HEADER);
  await expect(tearTail(taken, 1)).rejects.toThrow("damaged");
});
