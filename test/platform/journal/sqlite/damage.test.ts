import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SaleEvent } from "../../../../src/core/sale/event.ts";
import { openForAccepting } from "../../../../src/platform/journal/sqlite/accept/accept.ts";
import { OutsideMark, readMark } from "../../../../src/platform/journal/sqlite/chain/outside-mark.ts";
import { openJournal, openJournalBeside } from "../../../../src/platform/journal/sqlite/journal.ts";
import type { Notes } from "../../../../src/ports/journal.ts";
import { runs } from "../../../support/sample.ts";
import { eventsOf, JOURNAL_SALES, journalOf, sell } from "../../../support/spoiled-journal.ts";
import { tempFolder } from "../../../support/temp.ts";

const STREAMS: readonly (keyof Notes)[] = ["orders", "refunds", "matters", "unaccounted", "reconciliations", "clock"];

/** All that a kiosk reads of it. */
async function told(path: string): Promise<unknown> {
  const journal = openJournal({ path });
  try {
    while (journal.checkOn(0));
    await journal.look();
    const names = Array.from({ length: JOURNAL_SALES }, (_, sale) => `s${sale}`);
    const owners = names.flatMap((name) => [
      journal.ownerOf({ kind: "offer", name: `offer-${name}` }),
      journal.ownerOf({ kind: "payment", name: `payment-${name}` }),
    ]);
    return {
      positions: (await journal.positions()).toSorted(),
      last: await Promise.all([journal.lastSale("1"), journal.lastSale("2")]),
      handedOver: await journal.handedOver("1", 0, 8),
      sales: await journal.salesAfter(0, 99),
      notes: await Promise.all(STREAMS.map((stream) => journal.notesAfter(stream, 0, 99))),
      orders: await Promise.all([journal.notes("orders", "*"), journal.notes("orders", "1")]),
      owners: await Promise.all(owners),
      waiting: await journal.pending("sales", 99),
      newestAtMs: await journal.newestAtMs(),
    };
  } finally {
    await journal.close();
  }
}

describe("one bit that has flipped", () => {
  it.each([
    ["journal.db", "closed"],
    ["journal.db-wal", "killed"],
    ["journal.mark", "closed"],
    ["journal.mark", "killed"],
  ] as const)("in %s of a journal that was %s is noticed, or changes nothing", async (name, end) => {
    const whole = await journalOf(end);
    const scratch = join(tempFolder(), "scratch");
    const fresh = (): string => {
      rmSync(scratch, { recursive: true, force: true });
      cpSync(whole, scratch, { recursive: true });
      return join(scratch, "journal.db");
    };
    const truth = await told(fresh());
    const size = statSync(join(whole, name)).size;
    const flips = runs(40, 400);
    let noticed = 0;
    for (let flip = 0; flip < flips; flip++) {
      const path = fresh();
      const bytes = readFileSync(join(scratch, name));
      // Spread over the file, and over the eight bits.
      const at = Math.floor(((flip + 0.5) * size) / flips);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << ((flip * 5) % 8));
      writeFileSync(join(scratch, name), bytes);
      const found = await told(path).catch((error: Error) => error);
      if (found instanceof Error) {
        noticed++;
        expect(found.name, `byte ${at}: ${found.stack}`).toBe("JournalError");
        expect(found.message).toMatch(/What to do:\n {2}1[.] Keep a copy/);
      } else {
        expect(found, `byte ${at}`).toEqual(truth);
      }
    }
    // A log is lost from the first spoiled frame on; a mark has a second slot.
    if (name === "journal.db-wal") expect(noticed).toBe(flips);
    if (name === "journal.mark") expect(noticed).toBe(0);
  });
});

describe("a journal that is not the one it was", () => {
  const stopped = async () => {
    const folder = await journalOf("closed");
    return { folder, path: join(folder, "journal.db") };
  };

  it("is an older copy: refused, and left as it is", async () => {
    const { folder, path } = await stopped();
    cpSync(path, join(folder, "older.db"));
    const journal = openJournal({ path });
    await sell(journal, "later", "2");
    await journal.close();
    cpSync(join(folder, "older.db"), path);
    const before = readFileSync(path);
    expect(() => openJournal({ path })).toThrow(/an older copy was put in its place.*sale: it ends at 6, there were 7/);
    expect(() => openJournalBeside({ path })).toThrow(/an older copy/);
    expect(readFileSync(path)).toEqual(before);
  });

  it("went on from an older copy: refused", async () => {
    const { folder, path } = await stopped();
    const other = join(folder, "other");
    mkdirSync(other);
    for (const file of ["journal.db", "journal.mark"]) cpSync(join(folder, file), join(other, file));
    for (const [place, sale] of [
      [path, "later"],
      [join(other, "journal.db"), "elsewhere"],
    ] as const) {
      const journal = openJournal({ path: place });
      await sell(journal, sale, "2");
      await journal.close();
    }
    cpSync(join(other, "journal.db"), path);
    expect(() => openJournal({ path })).toThrow(/went on from an older copy: its event number \d+ is not the one/);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      "has a mark that is another file",
      (folder) => writeFileSync(join(folder, "journal.mark"), "password"),
      /journal.mark is no mark of a journal: it is left as it is. Let journal.mark name/,
    ],
    [
      "has a folder for a mark",
      (folder) => {
        rmSync(join(folder, "journal.mark"));
        mkdirSync(join(folder, "journal.mark"));
      },
      /The mark .* is a folder: let journal.mark name a file in it/,
    ],
    [
      "is a folder",
      (folder) => {
        rmSync(join(folder, "journal.db"));
        mkdirSync(join(folder, "journal.db"));
      },
      /The journal .* is a folder: let journal.path name a file in it/,
    ],
    [
      "is a device",
      (folder) => {
        rmSync(join(folder, "journal.db"));
        symlinkSync("/dev/null", join(folder, "journal.db"));
      },
      /The journal .* is no file: let journal.path name one\.$/,
    ],
  ])("%s: refused, and nothing is written to it", async (_what, spoil, message) => {
    const { folder, path } = await stopped();
    spoil(folder);
    const there = (): unknown =>
      readdirSync(folder).map((name) => {
        const file = join(folder, name);
        return [name, statSync(file).isFile() ? readFileSync(file) : null];
      });
    const before = there();
    expect(() => openJournal({ path })).toThrow(message);
    expect(() => openJournalBeside({ path })).toThrow(message);
    expect(() => openForAccepting({ path }, 0)).toThrow(message);
    expect(there()).toEqual(before);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ["has lost its mark", (folder) => rmSync(join(folder, "journal.mark")), /has no mark at/],
    ["has a mark of nothing", (folder) => writeFileSync(join(folder, "journal.mark"), ""), /mark .* is damaged/],
    [
      "is another one's",
      (folder) => {
        const path = join(folder, "another", "journal.db");
        void openJournal({ path }).close();
        renameSync(path, join(folder, "journal.db"));
      },
      /is not the one that the mark .* belongs to/,
    ],
    [
      "has a mark of a newer version",
      (folder) => {
        const mark = new OutsideMark(join(folder, "journal.mark"));
        const known = readMark(mark.path);
        if (known.kind !== "reached") throw new Error("no mark");
        const streams = { ...known.reached.streams, letters: [1, "0".repeat(64)] as const };
        for (let slot = 0; slot < 2; slot++) mark.write({ ...known.reached, streams });
        mark.close();
      },
      /tells of "letters", which this version does not know.*newer/,
    ],
    ["is gone", (folder) => rmSync(join(folder, "journal.db")), /is gone[.] Its mark .* says that it held 6 sales/],
  ])("%s: refused, with steps", async (_what, spoil, message) => {
    const { folder, path } = await stopped();
    spoil(folder);
    expect(() => openJournal({ path })).toThrow(message);
    expect(() => openJournal({ path })).toThrow(
      /What to do:\n {2}1[.] .*\n(?:.*\n)* {2}\d[.] .*`kioskd journal accept`/,
    );
  });

  it("begins anew where a power cut left only the mark of one in the making", async () => {
    const folder = tempFolder();
    const path = join(folder, "journal.db");
    await openJournal({ path }).close();
    rmSync(path);
    const journal = openJournal({ path });
    await sell(journal, "first", "1");
    await journal.close();
    await openJournal({ path }).close();
  });

  it.each(["journal.db", "journal.db-wal", "journal.db-shm", "journal.mark"])(
    "loses %s while it is written to: nothing begins any more, and it is told",
    async (name) => {
      const { folder, path } = await stopped();
      const journal = openJournal({ path });
      renameSync(join(folder, name), join(folder, "moved"));
      await expect(journal.look()).rejects.toThrow(/is gone or was replaced/);
      await expect(journal.append("1", eventsOf("new", "1")[0] as SaleEvent, null)).rejects.toThrow(
        /is gone or was replaced/,
      );
      // What has begun is written down as long as there is a place for it.
      const [, made] = eventsOf("open", "1");
      const going = journal.append("1", made as SaleEvent, null);
      if (name === "journal.mark") await going;
      else await expect(going).rejects.toThrow(/is gone or was replaced/);
      await journal.close();
    },
  );
});

describe("one owner", () => {
  it("has the file, whatever it is called", async () => {
    const folder = await journalOf("closed");
    const path = join(folder, "journal.db");
    symlinkSync(path, join(folder, "link.db"));
    const journal = openJournal({ path });
    expect(() => openJournal({ path: join(folder, "link.db"), mark: join(folder, "journal.mark") })).toThrow(
      /in use by another kioskd/,
    );
    await journal.close();
    linkSync(path, join(folder, "second.db"));
    expect(() => openJournal({ path })).toThrow(/has a second name \(a hard link\).*find DISK -samefile/);
  });

  it.skipIf(process.getuid?.() !== 0)("has what the administrator makes for it", async () => {
    const folder = await journalOf("closed");
    const path = join(folder, "journal.db");
    for (const file of [folder, path]) chownSync(file, 65_534, 65_534);
    const journal = openJournal({ path });
    expect(statSync(`${path}.lock`).uid).toBe(65_534);
    await journal.close();
  });

  it("has a mark that no other journal of the folder has", async () => {
    const folder = tempFolder();
    for (const name of ["journal", "journal.db", "journal.sqlite"])
      await openJournal({ path: join(folder, name) }).close();
    for (const name of ["journal", "journal.db", "journal.sqlite"])
      await openJournal({ path: join(folder, name) }).close();
    const marks = readdirSync(folder).filter((name) => name.endsWith("mark"));
    expect(marks.toSorted()).toEqual(["journal-mark", "journal.mark", "journal.sqlite-mark"]);
  });

  it("alone may read it", async () => {
    const folder = await journalOf("closed");
    const path = join(folder, "journal.db");
    const modeOf = (file: string): number => statSync(join(folder, file)).mode & 0o777;
    expect([modeOf("journal.db"), modeOf("journal.mark")]).toEqual([0o600, 0o600]);
    chmodSync(path, 0o644);
    const journal = openJournal({ path });
    expect([modeOf("journal.db"), modeOf("journal.db-wal"), modeOf("journal.db-shm")]).toEqual([0o600, 0o600, 0o600]);
    await journal.close();
  });
});
