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
  readonly invoiceReference?: null;
  /** Nobody has looked for rests before. */
  readonly isNew?: true;
  /** Sales of which a rest is held, beside the first one. */
  readonly others?: readonly string[];
  /** How long the kiosk was without power. */
  readonly offMs?: number;
}

/** A paid sale of which 200.55 are held still, and a service that answers in turn, then that all is free. */
async function scene(answers: Answer[], told: Told = {}) {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  const position = told.position ?? "1";
  if (told.isNew !== true) await journal.beginNow("remainders");
  const { others = [], offMs = 62_000, isNew: _, ...record } = told;
  for (const saleId of ["before", "s1", ...others]) {
    const held = saleId === "before" ? {} : { stillHeld: "200.55", ...record };
    await journal.append(position, { ...HAPPY[0], saleId } as never, { ...PAID, saleId, position, ...held });
  }
  const time = new VirtualTime(T0_MS + offMs);
  const course: string[] = [];
  const sent: [afterS: number, reference: string, number: number][] = [];
  let forPerson = 0;
  const open = (): Remainders => {
    const remainders = new Remainders({
      positions: [{ id: "1", formerly: ["old"] }],
      journal,
      hasRests: true,
      remaindersOf: (provider) => (provider === "gone" ? null : service),
      clock: clockOf(time, { number: 1, alive: true }),
      log: SILENT,
      noted: () => void forPerson++,
    });
    onTestFinished(() => remainders.close());
    return remainders;
  };
  const service = {
    freeRest: async (saleId: string, position: string, reference: string, { number }: { number: number }) => {
      sent.push([Math.round(time.elapsedMs / 1_000), reference, number]);
      course.push(`${saleId} at ${position}`);
      return saleId === "s1" ? (answers.shift() ?? FREE) : FREE;
    },
  };
  const rest = async (steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
      await time.step();
    }
  };
  const notes = async () => (await journal.notes("remainders", "s1")).map(({ type }) => type);
  const details = async () =>
    (await journal.notes("remainders", "s1")).map((note) => ("detail" in note ? note.detail : note.type));
  return { open, journal, sent, course, rest, notes, details, forPerson: () => forPerson };
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
    expect(await notes()).toEqual(["asked", "asked", "delayed", "freed"]);
  });

  it("goes to a person after so many answers that freed nothing, and nothing more is sent", async () => {
    const held: Answer = done({ stillHeldMinor: 20_055 });
    const { open, sent, rest, notes, forPerson } = await scene(Array(9).fill(held));
    open().wake();
    await rest(12);
    expect(sent.length).toBe(5);
    expect((await notes()).at(-1)).toBe("handed-over");
    expect((await notes()).filter((type) => type === "delayed")).toHaveLength(1);
    expect(forPerson()).toBe(2);
  });

  it("goes to a person after a day of silence", async () => {
    const { open, rest, notes } = await scene(Array(500).fill(SILENCE));
    open().wake();
    await rest(20);
    expect(await notes()).toEqual(["asked", "delayed"]);
    await rest(300);
    expect(await notes()).toEqual(["asked", "delayed", "handed-over"]);
  });

  it("that is refused keeps none of the others, and a person hears of it at once", async () => {
    const refused: Answer = declined("refused", "6030 not now");
    const { open, course, rest, details } = await scene([refused, refused], { others: ["s2", "s3"] });
    open().wake();
    await rest(1);
    expect(course.slice(0, 3)).toEqual(["s1 at 1", "s2 at 1", "s3 at 1"]);
    const told = expect.stringMatching(/200.55 SEK are still held.*6030 not now/);
    expect((await details()).slice(0, 3)).toEqual(["asked", "asked", told]);
    await rest(5);
    expect(course.slice(3)).toEqual(["s1 at 1", "s1 at 1"]);
    expect((await details()).at(-1)).toBe("freed");
  });

  it("waits for its next try, however many sales close meanwhile, and as long as the service asks", async () => {
    const busy: Answer = unknown("429", { retryAfterMs: 120_000 });
    const { open, sent, rest } = await scene([SILENCE, SILENCE, busy]);
    const remainders = open();
    for (let sale = 0; sale < 5; sale++) {
      remainders.wake();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(sent.map(([afterS]) => afterS)).toEqual([0]);
    await rest(5);
    expect(sent.map(([afterS]) => afterS)).toEqual([0, 1, 6, 126]);
  });

  it("is tried its full share of times after days without power", async () => {
    const { open, sent, rest, notes } = await scene(Array(50).fill(SILENCE), { offMs: 3 * 86_400_000 });
    open().wake();
    await rest(4);
    expect(await notes()).not.toContain("handed-over");
    await rest(20);
    expect((await notes()).at(-1)).toBe("handed-over");
    expect(sent).toHaveLength(8);
  });

  it("of a sale from before there was such a service is nobody's", async () => {
    const { open, journal, sent, rest } = await scene([], { isNew: true });
    open().wake();
    await rest(2);
    expect(sent).toEqual([]);
    expect(await journal.pendingCount("remainders")).toBe(0);
  });

  it("is asked for by the name that its position has now", async () => {
    const { open, course, rest } = await scene([], { position: "old" });
    open().wake();
    await rest(2);
    expect(course).toEqual(["s1 at 1"]);
  });

  it("without the service's name of its offer says so", async () => {
    const { open, sent, rest, details } = await scene([], { invoiceReference: null });
    open().wake();
    await rest(2);
    expect(sent).toEqual([]);
    expect(await details()).toEqual([expect.stringMatching(/the service's name of its offer is not on record/)]);
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
