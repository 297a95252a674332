import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Receipts } from "../../../src/engine/books/receipts.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import { declined, done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { HAPPY, PAID, T0_MS } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

const SHUT_OUT = declined<null>("rejected", "33 the account is blocked");
const SILENCE = unknown<null>("no answer");

/** Receipts on a real journal and virtual time; `answers` are what the service says, in turn, then yes. */
async function scene(answers: Outcome<null>[], sales: readonly [saleId: string, position: string][]) {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  for (const [saleId, position] of sales) {
    await journal.append(position, { ...HAPPY[0], saleId } as never, { ...PAID, saleId, position });
  }
  const time = new VirtualTime(T0_MS);
  const sent: [afterS: number, saleId: string][] = [];
  const faults = new Map<string, string>();
  const receipts = new Receipts({
    positions: [{ id: "1", formerly: [] }],
    journal,
    receiptsOf: () => ({
      submitReceipt: async ({ saleId }) => {
        sent.push([Math.round(time.elapsedMs / 1_000), saleId]);
        return answers.shift() ?? done(null);
      },
    }),
    faults: {
      raise: (code, _position, detail) => void faults.set(code, detail),
      clear: (code) => void faults.delete(code),
    },
    clock: clockOf(time, { number: 1, alive: true }),
    log: SILENT,
  });
  onTestFinished(() => receipts.close());
  const rest = async (steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await time.step();
    }
  };
  receipts.start();
  return { journal, receipts, sent, faults, rest };
}

describe("a receipt", () => {
  it("waits while the terminal is refused, ever longer, with those behind it, and somebody hears of it", async () => {
    const { journal, sent, faults, rest } = await scene(
      [...Array(5)].map(() => SHUT_OUT),
      [
        ["a", "1"],
        ["b", "1"],
      ],
    );
    await rest(1);
    expect([...faults]).toEqual([["receipts-wait", "sale a: 33 the account is blocked"]]);
    await rest(9);
    expect(sent).toEqual([
      [0, "a"],
      [5, "a"],
      [20, "a"],
      [80, "a"],
      [380, "a"],
      [680, "a"],
      [680, "b"],
    ]);
    expect([...faults]).toEqual([]);
    expect(await journal.pendingCount("receipts")).toBe(0);
  });

  it("that nobody answers is told of when it has waited for a while", async () => {
    const { sent, faults, rest } = await scene([SILENCE, SILENCE, SILENCE], [["a", "1"]]);
    await rest(1);
    expect(sent).toHaveLength(2);
    expect([...faults.keys()]).toEqual([]);
    await rest(1);
    expect([...faults.keys()]).toEqual(["receipts-wait"]);
    await rest(3);
    expect(sent).toHaveLength(4);
    expect([...faults.keys()]).toEqual([]);
  });

  it.each<[string, Outcome<null>[], string, string]>([
    ["the service refuses it", [declined("refused", "23 no such payment")], "1", "23 no such payment"],
    ["its position is gone", [], "7", "its position is gone"],
  ])("is noted and passed over when %s", async (_what, answers, position, detail) => {
    const { journal, sent, faults, rest } = await scene(answers, [
      ["a", position],
      ["b", "1"],
    ]);
    await rest(4);
    expect(sent.map(([, saleId]) => saleId).at(-1)).toBe("b");
    expect(await journal.notes("receiptRefusals", "a")).toMatchObject([{ saleId: "a", detail }]);
    expect(await journal.notes("receiptRefusals", "b")).toEqual([]);
    expect(await journal.pendingCount("receipts")).toBe(0);
    expect([...faults.keys()]).toEqual([]);
  });
});
