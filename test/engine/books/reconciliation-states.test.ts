import { describe, expect, it } from "vitest";
import { type ReconciliationEvent, reconciliationOf } from "../../../src/core/reconcile.ts";
import type { Named } from "../../../src/engine/belongings.ts";
import { ReconciliationStates } from "../../../src/engine/books/reconciliation-states.ts";
import { journalScene } from "../../support/journal-scene.ts";
import { T0_MS } from "../../support/sale-fixtures.ts";

const MISSING = { paymentReference: "P", saleId: null, oursMinor: null, theirsMinor: 1 };
const ONE: readonly Named[] = [{ id: "1", formerly: [] }];
const RENAMED: readonly Named[] = [{ id: "a", formerly: ["1"] }];

/** Nights of a position's books; in the first of them a payment is missing here. */
function night(at: number): ReconciliationEvent[] {
  const about = { position: "1", atMs: T0_MS + at };
  const found = { missingThere: [], missingHere: at === 0 ? [MISSING] : [], differing: [], carried: [] };
  return [
    { type: "begun", due: `2026-11-22 ${at}`, ...about },
    { type: "marked", periodId: `p${at}`, ...about },
    {
      ...{ type: "compared", periodId: `p${at}`, throughSale: at, throughRefund: 0, matched: 1, gap: false },
      ...{ ...found, ...about },
    },
  ];
}

describe("where the books of long ago stand", () => {
  it("is read from where it was kept, unless the position has another name by now", async () => {
    const { journal } = journalScene();
    const all: ReconciliationEvent[] = [];
    const note = async (nights: number): Promise<void> => {
      const events = Array.from({ length: nights }, (_, at) => night(all.length / 3 + at)).flat();
      for (const event of events) await journal.note("reconciliations", "1", () => event);
      all.push(...events);
    };
    const read = async (positions: readonly Named[]) => {
      const from: number[] = [];
      const states = new ReconciliationStates(
        {
          notes: (stream, key) => journal.notes(stream, key),
          notesAfter: (stream, seq, limit) => {
            from.push(seq);
            return journal.notesAfter(stream, seq, limit);
          },
        },
        positions,
      );
      const [[position, state] = [], ...others] = await states.all();
      expect(others).toEqual([]);
      expect(state).toEqual(reconciliationOf(all));
      return { states, position, from: Math.min(...from) };
    };
    await note(70);
    const { states, from } = await read(ONE);
    expect(from).toBe(0);
    await states.keep(journal);
    await note(1);
    await states.keep(journal);
    expect(await read(ONE)).toMatchObject({ position: "1", from: 210 });
    expect(await read(RENAMED)).toMatchObject({ position: "a", from: 0 });
    expect(await journal.notesAfter("booksSoFar", 0, 10)).toHaveLength(1);
  });
});
