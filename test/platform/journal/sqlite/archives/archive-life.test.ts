import { statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoTime } from "../../../../../src/core/time.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { BEGIN_MS, DAY_MS, KEEP_MS, READERS, range, Shop, SMALL } from "../../../../support/archive-shop.ts";
import { PAID, RECEIPT, TERMS } from "../../../../support/sale-fixtures.ts";
import { runs } from "../../../../support/sample.ts";
import { tempFolder } from "../../../../support/temp.ts";

describe("whatever is sold, handed over, amended and acknowledged in whatever order", () => {
  const position = fc.constantFrom("1", "2", "3");
  const deed = fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant("go-on" as const), position }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant("sell" as const), position }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constantFrom("hand-over" as const, "amend" as const), position }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constant("days" as const), days: fc.integer({ min: -3, max: 60 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant("read" as const),
        reader: fc.constantFrom(...READERS),
        seq: fc.nat(40),
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("tidy" as const), steps: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("killed" as const), steps: fc.nat(4) }) },
  );
  interface Handed {
    readonly at: string;
    readonly saleId: string;
    readonly day: number;
  }
  type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

  /** Each position sells one sale at a time, and some of what is handed over is heard of again. */
  async function carryOut(shop: Shop, open: Map<string, string>, handed: Handed[], what: Deed): Promise<void> {
    if (what.what === "days") shop.day = Math.max(0, shop.day + what.days);
    else if (what.what === "read") await shop.journal.acknowledge(what.reader, what.seq);
    else if (what.what === "tidy") await shop.tidy({}, { ...SMALL, stepsANight: what.steps });
    else if (what.what !== "killed") await atPosition(shop, open, handed, what);
    else {
      await shop.tidy({}, SMALL, dieAfter(what.steps)).catch((error) => expect(String(error)).toMatch(/killed/));
    }
  }

  async function atPosition(
    shop: Shop,
    open: Map<string, string>,
    handed: Handed[],
    { what, position: at }: Extract<Deed, { position: string }>,
  ): Promise<void> {
    if (what === "amend") {
      const last = handed.pop();
      if (last?.day === shop.day) await shop.close(last.at, last.saleId, { amends: true });
      return;
    }
    const saleId = open.get(at) ?? (await shop.begin(at));
    open.set(at, saleId);
    if (what === "go-on") return await shop.goOn(at, saleId);
    open.delete(at);
    if (what === "sell") return await shop.close(at, saleId);
    await shop.handOver(at, saleId);
    handed.push({ at, saleId, day: shop.day });
  }

  function dieAfter(steps: number): () => void {
    let left = steps;
    return () => {
      if (left-- === 0) throw new Error("killed");
    };
  }

  it("all reads the same, all links hold, and what must stay is there without archives", async () => {
    let moved = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 30, maxLength: 120 }), async (deeds) => {
        const shop = new Shop();
        const open = new Map<string, string>();
        const handed: Handed[] = [];
        for (const what of deeds) {
          const before = what.what === "tidy" || what.what === "killed" ? await shop.told() : null;
          await carryOut(shop, open, handed, what);
          if (before !== null) expect(await shop.told()).toEqual(before);
        }
        const before = await shop.told();
        await shop.tidy();
        expect(await shop.told()).toEqual(before);
        shop.check();
        moved += shop.archives().length;
        await expectKept(shop, open);
        const seq = shop.seqs("event").at(-1) ?? 0;
        await shop.begin("4");
        expect(shop.seqs("event").slice(-2)).toEqual([seq + 1, seq + 2]);
        shop.check();
        await shop.journal.close();
      }),
      { numRuns: runs(20, 400) },
    );
    expect(moved).toBeGreaterThan(0);
  });

  async function expectKept(shop: Shop, open: ReadonlyMap<string, string>): Promise<void> {
    const here = new Set(shop.seqs("sale"));
    const records = await shop.journal.salesAfter(0, 10_000);
    const oldBefore = isoTime(((await shop.journal.newestAtMs()) ?? 0) - KEEP_MS);
    const young = records.filter((_, at) => records.slice(at).every(({ body }) => body.closedAt >= oldBefore));
    const unread = (await Promise.all(READERS.map((reader) => shop.journal.pending(reader, 10_000)))).flat();
    const staying = [...young, ...unread, ...records.slice(-SMALL.newestRecords)];
    expect(staying.filter(({ seq }) => !here.has(seq))).toEqual([]);
    const last = await Promise.all(["1", "2", "3"].map((at) => shop.journal.lastSale(at)));
    const whole = [
      ...staying.map(({ body }) => body.saleId),
      ...open.values(),
      ...last.flatMap(([event]) => event?.saleId ?? []),
    ];
    for (const saleId of whole) expect(shop.eventsHere(saleId), saleId).toBe(shop.appended.get(saleId));
  }
});

describe("a journal of many years", () => {
  it("stops growing, and takes what comes while sales are moved", async () => {
    const path = join(tempFolder(), "journal.db");
    const journal = openJournal({ path });
    let day = 0;
    let sold = 0;
    async function sell(): Promise<void> {
      const saleId = `s${++sold}`;
      const atMs = BEGIN_MS + day * DAY_MS;
      await journal.append("1", { type: "selected", saleId, position: "1", terms: TERMS, atMs }, null);
      const record = { ...PAID, saleId, closedAt: isoTime(atMs) };
      await journal.append("1", { type: "captured", saleId, capturedMinor: 9_945, receipt: RECEIPT, atMs }, record);
    }
    const sizes: number[] = [];
    for (let year = 0; year < 4; year++) {
      for (let night = 0; night < 4; night++) {
        for (let sale = 0; sale < 180; sale++) {
          await sell();
          day += 0.5;
        }
        await journal.acknowledge("sales", sold);
        const tidying = journal.tidy({ nowMs: BEGIN_MS + day * DAY_MS, keepMs: KEEP_MS, readers: ["sales"] });
        await sell();
        await tidying;
      }
      sizes.push(statSync(path).size);
    }
    expect(sold).toBeGreaterThan(2_800);
    expect(sizes.slice(2)).toEqual([sizes[1], sizes[1]]);
    const seqs: number[] = [];
    for (let more = -1; more !== seqs.length; ) {
      more = seqs.length;
      seqs.push(...(await journal.salesAfter(more, 10_000)).map(({ seq }) => seq));
    }
    expect(seqs).toEqual(range(1, sold));
    expect((await journal.lastSale("1")).map(({ saleId }) => saleId)).toEqual([`s${sold}`, `s${sold}`]);
    await journal.close();
  });
});
