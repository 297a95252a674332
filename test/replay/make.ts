import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { saleRecord } from "../../src/core/sale/record.ts";
import { IDLE, type State } from "../../src/core/sale/state.ts";
import { transition } from "../../src/core/sale/transition.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { markPathOf } from "../../src/platform/journal/sqlite/open.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { writeFormatted } from "../generate/examples.ts";
import { ROOT } from "../generate/schemas.ts";
import { CHECKSUMS, EXPECTED, goldenJournals, JOURNAL, MARK } from "./golden.ts";
import { KINDS, type Standing } from "./kinds.ts";
import { fillNotes } from "./notes.ts";
import { readWhole } from "./reading.ts";
import { gatherSales, type Story, upTo } from "./sales.ts";

/** Enough of them for everything that the simulation does at all. */
const SEEDS = 1_200;
/** When the newest event of the journal was observed. */
const LAST_MS = Date.UTC(2026, 5, 1, 12, 0, 0);
/** From the end of a sale to the end of the next one; no sale lasts so long. */
const APART_MS = 6 * 3_600_000;

/** Each position closes some sales, and all but the last leave one open, each at another point. */
function shareOut(stories: readonly Story[]): ReadonlyMap<string, readonly Story[]> {
  const standings = Object.keys(KINDS.standings) as Standing[];
  const open = [...standings.map((standing) => upTo(standing, stories)), null];
  return new Map(
    open.map((last, at) => {
      const closed = stories.filter((_, index) => index % open.length === at);
      return [String(at + 1), last === null ? closed : [...closed, last]];
    }),
  );
}

/** The story with an id, a place and a time of its own. */
function retold(story: Story, saleId: string, position: string, endMs: number): SaleEvent[] {
  const laterMs = endMs - (story.at(-1)?.atMs ?? 0);
  return story.map((event): SaleEvent => {
    const moved = { ...event, saleId, atMs: event.atMs + laterMs };
    if (moved.type === "selected") return { ...moved, position };
    if (moved.type !== "reserved" || moved.holdUntilMs === null) return moved;
    return { ...moved, holdUntilMs: moved.holdUntilMs + laterMs };
  });
}

function retoldAll(position: string, stories: readonly Story[]): SaleEvent[] {
  return stories.flatMap((story, index) => {
    const endMs = LAST_MS - (stories.length - 1 - index) * APART_MS;
    return retold(story, `sale-${position}-${index + 1}`, position, endMs);
  });
}

/** All positions at once, one event each in turn. */
async function fillSales(journal: Journal, shares: ReadonlyMap<string, readonly Story[]>): Promise<void> {
  const positions = [...shares].map(([id, stories]) => ({ id, events: retoldAll(id, stories), state: IDLE as State }));
  const longest = Math.max(...positions.map(({ events }) => events.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const position of positions) {
      const event = position.events[turn];
      if (event === undefined) continue;
      const [state] = transition(position.state, event);
      if (state === position.state) throw new Error(`${event.type} of ${event.saleId} cannot happen there`);
      position.state = state;
      await journal.append(position.id, event, state.phase === "closed" ? saleRecord(state) : null);
    }
  }
}

async function make(): Promise<void> {
  const folder = join(import.meta.dirname, `v${goldenJournals().length + 1}`);
  const work = mkdtempSync(join(tmpdir(), "kioskd-golden-"));
  const path = join(work, JOURNAL);
  const journal = openJournal({ path });
  await fillSales(journal, shareOut(await gatherSales(SEEDS)));
  await fillNotes(journal);
  await journal.close();

  mkdirSync(folder);
  copyFileSync(path, join(folder, JOURNAL));
  copyFileSync(markPathOf({ path }), join(folder, MARK));
  const sum = createHash("sha256").update(readFileSync(path)).digest("hex");
  appendFileSync(CHECKSUMS, `${sum}  ${relative(import.meta.dirname, join(folder, JOURNAL))}\n`);
  const expected = await readWhole(path);
  writeFormatted({ [relative(ROOT, join(folder, EXPECTED))]: JSON.stringify(expected, null, 2) });
  rmSync(work, { recursive: true });
  console.log(`${folder}: ${expected.sales.length} closed sales, ${readFileSync(join(folder, JOURNAL)).length} bytes`);
}

await make();
