import { createHash } from "node:crypto";
import { chownSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../../../../src/core/faults.ts";
import type { Looked } from "../../../../../src/core/matters.ts";
import { Matters } from "../../../../../src/engine/books/matters.ts";
import { MOST_ACCEPTED_SEQ, MOST_SEQ } from "../../../../../src/platform/journal/sqlite/chain/chain.ts";
import { OutsideMark, readMark } from "../../../../../src/platform/journal/sqlite/chain/outside-mark.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { SILENT } from "../../../../support/silent-log.ts";
import {
  accept,
  brokenIn,
  edit,
  eventsOf,
  NOW_MS,
  sell,
  soldJournal,
  withoutEnd,
} from "../../../../support/spoiled-journal.ts";

describe("what is lost and no sale tells of", () => {
  const selected = eventsOf("s6", "1").slice(0, 5);

  it.each<[string, () => Promise<{ readonly path: string }>, RegExp]>([
    [
      "a whole sale",
      () => withoutEnd([], selected),
      /^the journal was accepted, event 31[.][.]35 gone from it: compare its sales.*payment service's list$/,
    ],
    [
      "a refund",
      () => spoilt("DELETE FROM note WHERE stream = 'refunds' AND seq = 2"),
      /refunds\) 2 gone.*its refunds/,
    ],
    ["an order", () => spoilt("DELETE FROM note WHERE stream = 'orders' AND seq = 3"), /orders\) 3 gone.*blocks/],
    ["a record", () => spoilt("DELETE FROM sale WHERE seq = 5"), /record 5 gone.*records/],
    [
      "nobody can tell: no mark",
      () => without("journal.mark"),
      /accepted, nobody can tell what was at its end: .*blocks/,
    ],
    ["the journal", () => without("journal.db"), /event 1[.][.]30, record 1[.][.]5, .* gone from it, nobody can tell/],
  ])("%s: waits for a person, after each start, until somebody has looked", async (_what, spoil, says) => {
    const { path } = await spoil();
    const { waiting } = accept(path);
    expect(waiting).toMatch(says);
    const shown = { code: "needs-attention", position: null, detail: waiting };
    for (let start = 0; start < 2; start++) {
      const matters = await mattersIn(path);
      expect(matters.open.map(({ code, position, detail }) => ({ code, position, detail }))).toEqual([shown]);
      expect(matters.faults).toMatchObject([shown]);
      await matters.close();
    }
    const matters = await mattersIn(path);
    const looked = { code: "needs-attention", position: null, saleId: null } as const;
    expect(await matters.acknowledge(looked)).toMatchObject({ matters: [shown] });
    await matters.close();
    const after = await mattersIn(path);
    expect(after.open).toEqual([]);
    await after.close();
    expect(brokenIn(path)).toEqual([]);
  });

  it("is nothing where all is there", async () => {
    const { path } = await spoilt("UPDATE mark SET value = 5 WHERE name = 'delivered'");
    expect(accept(path).waiting).toBeNull();
  });

  async function spoilt(statement: string) {
    const { path } = await soldJournal();
    edit(path, statement);
    return { path };
  }

  async function without(file: string) {
    const { folder, path } = await soldJournal();
    rmSync(join(folder, file));
    return { path };
  }

  async function mattersIn(path: string) {
    const journal = openJournal({ path });
    const faults: Fault[] = [];
    const board = { put: (fault: Fault) => void faults.push(fault), clear: () => {} };
    const clock = { wallMs: () => NOW_MS, monotonicMs: () => 0, after: () => () => {} };
    const places = { positions: [], retired: [] };
    const matters = new Matters({ journal, faults: board, clock, log: SILENT, places });
    await matters.start();
    const open = matters.open;
    return {
      ...{ open, faults: [...faults] },
      acknowledge: (looked: Looked) => matters.acknowledge(looked, { by: "anna", note: "compared" }),
      close: async () => {
        await matters.close();
        await journal.close();
      },
    };
  }
});

describe.runIf(process.getuid?.() === 0)("a journal that the administrator accepts", () => {
  it.each<[string, (folder: string) => void]>([
    ["is gone", (folder) => rmSync(join(folder, "journal.db"))],
    ["has no mark", (folder) => rmSync(join(folder, "journal.mark"))],
    ["was copied by the administrator", (folder) => spoilAsRoot(folder)],
  ])("%s: all of it is the kiosk's own user's", async (_what, spoil) => {
    const { folder, path } = await soldJournal();
    for (const file of [".", ...readdirSync(folder)]) chownSync(join(folder, file), 65_534, 65_534);
    spoil(folder);
    rmSync(`${path}.lock`, { force: true });
    accept(path);
    const owners = readdirSync(folder).map((file) => [file, statSync(join(folder, file)).uid]);
    expect(owners.map(([file]) => file)).toEqual(
      expect.arrayContaining(["journal.db", "journal.db.lock", "journal.mark"]),
    );
    expect(owners.filter(([, uid]) => uid !== 65_534)).toEqual([]);
  });

  function spoilAsRoot(folder: string): void {
    const path = join(folder, "journal.db");
    edit(path, "DELETE FROM event WHERE seq = 9");
    chownSync(path, 0, 0);
  }
});

describe("a mark with a number that leaves no room behind it", () => {
  it.each([2 ** 53 - 1, MOST_SEQ + 1, MOST_SEQ, MOST_ACCEPTED_SEQ + 1, MOST_ACCEPTED_SEQ])(
    "%s: is accepted, and the kiosk goes on",
    async (seq) => {
      const { folder, path } = await soldJournal();
      const file = join(folder, "journal.mark");
      const known = readMark(file);
      if (known.kind !== "reached") throw new Error("no mark");
      const mark = new OutsideMark(file);
      const streams = { ...known.reached.streams, event: [seq, "0".repeat(64)] as const };
      for (let slot = 0; slot < 2; slot++) mark.write({ ...known.reached, streams });
      mark.close();
      expect(() => openJournal({ path })).toThrow(/What to do:/);
      expect(accept(path).isNothing).toBe(false);
      for (const sale of ["n1", "n2", "n3"]) {
        const journal = openJournal({ path });
        await sell(journal, sale, "1");
        await journal.close();
      }
      expect(accept(path).isNothing).toBe(true);
      expect(brokenIn(path)).toEqual([]);
    },
  );

  it("is counted anew when its own turns are beyond what can be counted", async () => {
    const { folder, path } = await soldJournal();
    const file = join(folder, "journal.mark");
    for (const turn of [MOST_SEQ, 2 ** 53 - 2]) {
      const slots = readFileSync(file, "utf8").match(/[^\0]{4096}/g) ?? [];
      const spoilt = slots.map((slot, at) => {
        const body = JSON.stringify({ ...JSON.parse(slot.split("\n")[1] ?? ""), turn: turn - at });
        const sum = createHash("sha256").update(body).digest("hex");
        return `${slot.split("\n")[0]}\n${body}\n${sum}\n`.padEnd(4_095, " ").concat("\n");
      });
      writeFileSync(file, spoilt.join(""));
      accept(path);
      for (const sale of ["a", "b", "c"]) {
        const journal = openJournal({ path });
        await sell(journal, `${sale}${turn}`, "1");
        await journal.close();
      }
    }
    expect(brokenIn(path)).toEqual([]);
  });
});
