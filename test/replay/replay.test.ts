import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../src/core/sale/state.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { openJournal, openJournalBeside } from "../../src/platform/journal/sqlite/journal.ts";
import { markPathOf } from "../../src/platform/journal/sqlite/open.ts";
import { MIGRATIONS } from "../../src/platform/journal/sqlite/tables.ts";
import { tempFolder } from "../support/temp.ts";
import { CHECKSUMS, EXPECTED, goldenJournals, JOURNAL, MARK } from "./golden.ts";
import { KINDS, standingOf } from "./kinds.ts";
import { lookInside, type Reading, readWhole } from "./reading.ts";
import { resumed } from "./resumed.ts";

const GOLDEN = goldenJournals();
const NEWEST = GOLDEN.at(-1) ?? "none";
const MAKE_ANOTHER = "no golden journal holds this: run `npx tsx test/replay/make.ts`, which adds the next one";

function place(golden: string, file: string): string {
  return join(import.meta.dirname, golden, file);
}

function expectedOf(golden: string): Reading {
  return JSON.parse(readFileSync(place(golden, EXPECTED), "utf8"));
}

/** As JSON has it, which is how it is kept. */
function plain(reading: Reading): Reading {
  return JSON.parse(JSON.stringify(reading));
}

function checksum(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function copyOf(golden: string): string {
  const path = join(tempFolder(), JOURNAL);
  copyFileSync(place(golden, JOURNAL), path);
  if (existsSync(place(golden, MARK))) copyFileSync(place(golden, MARK), markPathOf({ path }));
  return path;
}

describe("the golden journals", () => {
  it("are the files that were once written, every one of them", () => {
    const sums = GOLDEN.map((golden) => `${checksum(place(golden, JOURNAL))}  ${golden}/${JOURNAL}`);
    expect(readFileSync(CHECKSUMS, "utf8").trim().split("\n")).toEqual(sums);
    expect(GOLDEN).toEqual(GOLDEN.map((_, at) => `v${at + 1}`));
  });

  it("have every layout that there ever was", () => {
    const layouts = GOLDEN.map((golden) => lookInside(copyOf(golden)).layout);
    expect([...new Set(layouts)], MAKE_ANOTHER).toEqual(MIGRATIONS.map((_, at) => at + 1));
  });

  it("hold, in the newest, everything that a journal can hold today", () => {
    const { states, sales, notes } = expectedOf(NEWEST);
    const history = openHistory(copyOf(NEWEST));
    const stories = sales.map(({ body }) => history.sale(body.saleId)?.events ?? []);
    history.close();
    const typesOf = (stream: string) => notes[stream]?.map(({ body }) => "type" in body && body.type);
    const held: Record<keyof typeof KINDS, unknown[] | undefined> = {
      events: stories.flat().map(({ type }) => type),
      outcomes: sales.map(({ body }) => body.outcome),
      standings: Object.values(states).map(standingOf),
      refunds: typesOf("refunds"),
      reconciliations: typesOf("reconciliations"),
      matters: typesOf("matters"),
      remainders: typesOf("remainders"),
      orders: typesOf("orders"),
    };
    for (const [what, kinds] of Object.entries(KINDS)) {
      const missing = Object.keys(kinds).filter((kind) => held[what as keyof typeof KINDS]?.includes(kind) !== true);
      expect(missing, `${what}: ${MAKE_ANOTHER}`).toEqual([]);
    }
    expect(notes["unaccounted"]).not.toEqual([]);
  });
});

describe("a journal of an older layout", () => {
  it.each(GOLDEN.filter((golden) => expectedOf(golden).layout < MIGRATIONS.length))(
    "%s is not read beside the daemon until that has brought it up to date",
    async (golden) => {
      const path = copyOf(golden);
      for (const open of [openHistory, (file: string) => openJournalBeside({ path: file })]) {
        expect(() => open(path)).toThrow(/older kioskd: start the kiosk once/);
      }
      expect(checksum(path)).toBe(checksum(place(golden, JOURNAL)));
      await openJournal({ path }).close();
      openHistory(path).close();
      await openJournalBeside({ path }).close();
    },
  );
});

describe.each(GOLDEN)("golden journal %s", (golden) => {
  it("says today what it always said, and is brought up to date once", async () => {
    const path = copyOf(golden);
    const expected = expectedOf(golden);
    expect(plain(await readWhole(path))).toEqual(expected);
    const once = checksum(path);
    expect(plain(await readWhole(path))).toEqual({ ...expected, layout: MIGRATIONS.length });
    expect(checksum(path)).toBe(once);
  });

  it("has for every closed sale the record that follows from its events", async () => {
    const path = copyOf(golden);
    const { sales } = await readWhole(path);
    expect(sales.length).toBeGreaterThan(20);
    const history = openHistory(path);
    for (const { body } of sales) {
      // A sale that was amended has a record for each time that it was closed.
      const events = history.sale(body.saleId)?.events ?? [];
      const states = events.map((_, at) => replay(IDLE, events.slice(0, at + 1)));
      const closed = states.filter((state): state is Closed => state.phase === "closed");
      expect(closed.map(saleRecord), body.saleId).toContainEqual(expect.objectContaining(body));
    }
    history.close();
  });

  it("lets the kiosk resolve every sale that is open in it", async () => {
    const path = copyOf(golden);
    const { states, sales } = expectedOf(golden);
    const { closed, armed, heldMinor, chargedMinor } = await resumed(path, states);
    const open = Object.values(states).flatMap((state) =>
      "sale" in state && standingOf(state) !== null ? [state] : [],
    );
    expect(open.length).toBe(Object.keys(KINDS.standings).length);
    expect(armed).toEqual([]);
    for (const state of open) {
      const now = closed.get(state.sale.id);
      const sold = ["dispensing", "stopping", "commit"].includes(standingOf(state) ?? "");
      expect(now, state.sale.id).toMatchObject({ outcome: sold ? "paid" : "released" });
      expect(heldMinor(state.sale.id)).toBe(0);
      expect(chargedMinor(state.sale.id)).toBe(now?.chargedMinor);
      expect(now?.chargedMinor ?? 0).toBe(now?.delivery?.amountMinor ?? 0);
      if (sold) expect(now?.chargedMinor).toBeGreaterThan(0);
    }
    const after = await readWhole(path);
    expect(after.sales.slice(0, sales.length)).toEqual(sales);
    const added = after.sales.slice(sales.length).map(({ body }) => body.saleId);
    expect(new Set(added)).toEqual(new Set(closed.keys()));
  });
});
