import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Remainders } from "../../../src/engine/books/remainders.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import { declined, done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { HAPPY, PAID, T0_MS } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

type Answer = Outcome<{ readonly stillHeldMinor: number }>;
const FREE = done({ stillHeldMinor: 0 });
const SILENCE: Answer = unknown("no answer");

interface Told {
  readonly provider?: string;
  readonly amends?: true;
  readonly position?: string;
}

/** A paid sale of which 200.55 are held still, and a service that answers in turn, then that all is free. */
async function scene(answers: Answer[], told: Told = {}) {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  const position = told.position ?? "1";
  for (const saleId of ["before", "s1"]) {
    const held = saleId === "s1" ? { stillHeld: "200.55", ...told } : {};
    await journal.append(position, { ...HAPPY[0], saleId } as never, { ...PAID, saleId, position, ...held });
  }
  const time = new VirtualTime(T0_MS + 62_000);
  const sent: [afterS: number, reference: string, number: number][] = [];
  let forPerson = 0;
  const open = (): Remainders => {
    const remainders = new Remainders({
      positions: [{ id: "1", formerly: [] }],
      journal,
      remaindersOf: (provider) => (provider === "gone" ? null : service),
      clock: clockOf(time, { number: 1, alive: true }),
      log: SILENT,
      noted: () => void forPerson++,
    });
    onTestFinished(() => remainders.close());
    return remainders;
  };
  const service = {
    freeRest: async (_saleId: string, _position: string, reference: string, { number }: { number: number }) => {
      sent.push([Math.round(time.elapsedMs / 1_000), reference, number]);
      return answers.shift() ?? FREE;
    },
  };
  const rest = async (steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
      await time.step();
    }
  };
  const notes = async () => (await journal.notes("remainders", "s1")).map(({ type }) => type);
  return { open, journal, sent, rest, notes, forPerson: () => forPerson };
}

describe("the rest of a paid sale's reservation", () => {
  it("is freed once, on record before and after, and not asked for again by the next start", async () => {
    const { open, sent, rest, notes, journal } = await scene([]);
    const first = open();
    first.wake();
    await rest(2);
    first.close();
    open().wake();
    await rest(2);
    expect(sent).toEqual([[0, "R1", 1]]);
    expect(await notes()).toEqual(["asked", "freed"]);
    expect(await journal.pendingCount("remainders")).toBe(0);
  });

  it("is asked for with the same number after silence, and with the next one after an answer", async () => {
    const { open, sent, rest, notes } = await scene([SILENCE, SILENCE, declined("rejected", "no"), SILENCE]);
    open().wake();
    await rest(6);
    expect(sent.map(([, , number]) => number)).toEqual([1, 1, 1, 2, 2]);
    expect(await notes()).toEqual(["asked", "asked", "freed"]);
  });

  it("goes to a person after so many answers that freed nothing, and nothing more is sent", async () => {
    const held: Answer = done({ stillHeldMinor: 20_055 });
    const { open, sent, rest, notes, forPerson } = await scene(Array(9).fill(held));
    open().wake();
    await rest(12);
    expect(sent.length).toBe(5);
    expect((await notes()).at(-1)).toBe("handed-over");
    expect(forPerson()).toBe(1);
  });

  it("goes to a person after a day of silence", async () => {
    const { open, rest, notes } = await scene(Array(500).fill(SILENCE));
    open().wake();
    await rest(20);
    expect(await notes()).toEqual(["asked"]);
    await rest(300);
    expect(await notes()).toEqual(["asked", "handed-over"]);
  });

  it.each<[string, Told]>([
    ["whose service is not configured any more", { provider: "gone" }],
    ["that a person had before", { amends: true }],
    ["whose position is gone", { position: "9" }],
  ])("of a sale %s is a person's, and nothing is sent", async (_, told) => {
    const { open, sent, rest, notes } = await scene([], told);
    open().wake();
    await rest(2);
    expect(sent).toEqual([]);
    expect(await notes()).toEqual(["handed-over"]);
  });
});
