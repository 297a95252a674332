import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Fault, FaultCode } from "../../../src/core/faults.ts";
import type { RefundEvent } from "../../../src/core/refund.ts";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import { Matters, type MattersDeps } from "../../../src/engine/books/matters.ts";
import { POLICY } from "../../../src/engine/policy.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import { HAPPY, PAID, T0_MS } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";

const ACK = { by: "Ann", note: "seen" };
const LOST: Partial<SaleRecord> = { outcome: "needs-attention", reason: "deadline" };

/** A journal, and runs of the daemon on it. */
function place() {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  let nowMs = T0_MS;
  const sell = async (saleId: string, news: Partial<SaleRecord> = {}, position = "1"): Promise<void> => {
    await journal.append(position, { ...HAPPY[0], saleId } as never, { ...PAID, ...news, saleId, position });
  };
  const run = async (changed: Partial<MattersDeps["journal"]> = {}) => {
    const raised = new Map<string, string>();
    const key = (code: FaultCode, at: string | null) => `${at} ${code}`;
    const looked: string[] = [];
    const matters = new Matters({
      journal: { ...journal, ...changed },
      faults: {
        put: ({ code, position, detail }: Fault) => void raised.set(key(code, position), detail),
        clear: (code, position) => void raised.delete(key(code, position)),
      },
      clock: { wallMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} },
      log: SILENT,
      places: { positions: [{ id: "1", formerly: ["old"] }], retired: ["gone"] },
      looked: (position) => void looked.push(position),
    });
    onTestFinished(() => matters.close());
    await matters.start();
    await matters.look();
    return { matters, raised, looked, shown: () => Object.fromEntries(raised) };
  };
  const refunded = async (refundId: string, type: RefundEvent["type"]): Promise<void> => {
    const terms = { position: "1", paymentReference: "p", amountMinor: 1, currency: "SEK" };
    const fields = {
      asked: terms,
      made: { ...terms, reference: null },
      refused: { detail: "" },
      unclear: { detail: "" },
      returned: { ...terms, detail: "shown as failed" },
    };
    const event = { type, refundId, saleId: "s", atMs: nowMs, ...fields[type] } as RefundEvent;
    await journal.note("refunds", "s", () => event);
  };
  return { journal, sell, run, refunded, pass: (ms: number) => (nowMs += ms) };
}

describe("what waits for a person", () => {
  it("tells a device once the last that it left has been looked at, whoever noted that, and no other device", async () => {
    const { sell, run } = place();
    await sell("a", LOST);
    await sell("b", LOST, "old");
    await sell("c", { loss: "1.00" });
    const beside = await run();
    const { matters, looked } = await run();
    const at = { code: "needs-attention", position: "1" } as const;
    await matters.acknowledge({ ...at, code: "overrun", saleId: "c" }, ACK);
    await matters.acknowledge({ ...at, saleId: "a" }, ACK);
    expect(looked).toEqual([]);
    await beside.matters.acknowledge({ ...at, saleId: "b" }, ACK);
    await matters.look();
    expect(looked).toEqual(["1"]);
  });

  it.each<[string, Partial<SaleRecord>, object]>([
    ["a sale like any other", {}, {}],
    ["one that nobody could resolve", LOST, { "1 needs-attention": "sale a: deadline" }],
    ["a loss", { loss: "2.00" }, { "1 overrun": "sale a: 2.00 SEK" }],
    [
      "a meter that was guessed",
      { meterCertain: false },
      { "1 needs-attention": "sale a: the meter was not believed" },
    ],
  ])("%s", async (_what, news, expected) => {
    const { sell, run } = place();
    await sell("a", news);
    for (let start = 0; start < 2; start++) expect((await run()).shown()).toEqual(expected);
  });

  it("stays over restarts until it is acknowledged, by name where there are several, and the note is kept", async () => {
    const { journal, sell, run } = place();
    for (const saleId of ["a", "b"]) await sell(saleId, LOST);
    const { matters } = await run();
    const looked = { code: "needs-attention", position: null } as const;
    expect(await matters.acknowledge({ ...looked, saleId: null }, ACK)).toEqual({
      problem: '2 sales are open, so say which one, or "all": a, b',
    });
    expect(await matters.acknowledge({ ...looked, saleId: "c" }, ACK)).toMatchObject({ problem: /"c"/ });
    expect(await matters.acknowledge({ ...looked, position: "2", saleId: "a" }, ACK)).toHaveProperty("problem");
    expect(await matters.acknowledge({ ...looked, saleId: "a" }, ACK)).toMatchObject({ matters: [{ saleId: "a" }] });
    expect((await run()).shown()).toEqual({ "1 needs-attention": "sale b: deadline" });

    await sell("c", LOST);
    const second = await run();
    expect(second.shown()).toEqual({ "1 needs-attention": "sale b: deadline; sale c: deadline" });
    await second.matters.acknowledge({ ...looked, saleId: "all" }, ACK);
    expect(second.shown()).toEqual({});
    expect((await run()).shown()).toEqual({});
    expect((await journal.notes("matters", "unresolved a")).at(-1)).toEqual({
      ...{ type: "acknowledged", matterId: "unresolved a", atMs: T0_MS },
      ...ACK,
    });
  });

  it("is not taken back by a later record of the same sale, nor brought back by one", async () => {
    const { sell, run } = place();
    await sell("a", LOST);
    await sell("a");
    const { matters, shown } = await run();
    expect(shown()).toHaveProperty(["1 needs-attention"]);
    await matters.acknowledge({ code: "needs-attention", position: "1", saleId: null }, ACK);
    await sell("a", { ...LOST, amends: true });
    await matters.look();
    expect(shown()).toEqual({});
  });

  it("comes back when a later record says what nobody has seen yet", async () => {
    const { sell, run } = place();
    await sell("a", LOST);
    const { matters, shown } = await run();
    await matters.acknowledge({ code: "needs-attention", position: "1", saleId: "a" }, ACK);
    await sell("a", { ...LOST, reason: "captured-differs", amends: true });
    await matters.look();
    expect(shown()).toEqual({ "1 needs-attention": "sale a: captured-differs" });
  });

  it("stands at the position that has the name now, of a retired one at the kiosk, and is acknowledged there", async () => {
    const { sell, run } = place();
    for (const position of ["old", "gone", "unknown"]) await sell(`of-${position}`, LOST, position);
    const { matters, shown } = await run();
    expect(shown()).toEqual({
      "1 needs-attention": "sale of-old: deadline",
      "null needs-attention": "sale of-gone: deadline",
      "unknown needs-attention": "sale of-unknown: deadline",
    });
    const looked = { code: "needs-attention", saleId: null } as const;
    for (const position of ["1", "gone"]) await matters.acknowledge({ ...looked, position }, ACK);
    expect(shown()).toEqual({ "unknown needs-attention": "sale of-unknown: deadline" });
  });

  it.each([
    ["position-gone", 'its position "1" is retired: settle or release it at the payment service'],
    ["terminal-changed", /another terminal now, which does not reach it: settle or release it/],
    ["meter-changed", /another meter now: read the one it was delivered by, then settle or release it/],
  ])("says of %s what to do", async (reason, text) => {
    const { sell, run } = place();
    await sell("a", { ...LOST, reason });
    expect((await run()).shown()["1 needs-attention"]).toMatch(text);
  });

  it("is seen by a daemon when a command beside it has noted it", async () => {
    const { sell, run } = place();
    await sell("a", LOST);
    const [daemon, command] = [await run(), await run()];
    await command.matters.acknowledge({ code: "needs-attention", position: null, saleId: "a" }, ACK);
    expect(daemon.shown()).not.toEqual({});
    await daemon.matters.look();
    expect(daemon.shown()).toEqual({});
  });

  it.each(["note", "acknowledge"] as const)("loses nothing and doubles nothing when %s fails", async (method) => {
    const { journal, sell, run } = place();
    await sell("a", LOST);
    const failing = { [method]: () => Promise.reject(new Error("no space left")) };
    await run(failing);
    await run(failing);
    expect((await run()).shown()).toEqual({ "1 needs-attention": "sale a: deadline" });
    expect(await journal.notesAfter("matters", 0, 9)).toHaveLength(1);
  });

  it("is told at once when the daemon saw it itself, and outlives it once it is on disk", async () => {
    const { run } = place();
    const { matters, shown } = await run();
    const about = { code: "needs-attention", position: "1", saleId: "a", atMs: T0_MS } as const;
    matters.found({ matterId: "backwards a", ...about, detail: "sale a: backwards" });
    expect(shown()).toEqual({ "1 needs-attention": "sale a: backwards" });
    await matters.look();
    expect((await run()).shown()).toEqual(shown());
  });

  it("is a refund without an answer when that is overdue, until it is there", async () => {
    const { refunded, run, pass } = place();
    await refunded("r1", "asked");
    await refunded("r2", "asked");
    await refunded("r2", "made");
    const { matters, shown } = await run();
    expect(shown(), "under way").toEqual({});
    pass(POLICY.refundAnswerMs);
    await matters.look();
    expect(shown()).toEqual({ "1 refund-unclear": "sale s: refund r1 has no answer" });
    await refunded("r1", "refused");
    await matters.look();
    expect(shown()).toEqual({});
    expect((await run()).shown()).toEqual({});
  });

  it("is a refund that the bank sent back, until somebody has looked", async () => {
    const { refunded, run } = place();
    for (const type of ["asked", "made", "returned"] as const) await refunded("r1", type);
    const { matters, shown } = await run();
    const said = { "1 refund-returned": "sale s: refund r1 of 0.01 SEK came back: shown as failed" };
    expect(shown()).toEqual(said);
    expect((await run()).shown()).toEqual(said);
    await matters.acknowledge({ code: "refund-returned", position: "1", saleId: "s" }, ACK);
    expect(shown()).toEqual({});
  });

  it("is what flowed for nobody, each time of it", async () => {
    const { journal, run } = place();
    for (const quantity of ["1.5", null]) {
      const note = { position: "1", at: "2026-06-01T10:00:00.000Z", unit: "L", quantity, detail: "leak" };
      await journal.note("unaccounted", `1 ${quantity}`, () => note);
    }
    const { matters, shown } = await run();
    expect(shown()).toEqual({ "1 unaccounted": "1.5 L: leak; leak" });
    await matters.acknowledge({ code: "unaccounted", position: "1", saleId: null }, ACK);
    expect(shown()).toEqual({});
  });

  it("is bounded: what is beyond that is found when there is room for it", async () => {
    const { sell, run } = place();
    const count = POLICY.mattersMax + 2 * POLICY.mattersBatch;
    for (let sale = 1; sale <= count; sale++) await sell(`s${sale}`, LOST);
    const { matters, shown } = await run();
    expect(matters.open.length).toBeLessThan(POLICY.mattersMax + POLICY.mattersBatch);
    expect(shown()["1 needs-attention"]).toMatch(/^\d+ are open, the newest: sale s\d+: deadline; /);
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      const answer = await matters.acknowledge({ code: "needs-attention", position: null, saleId: "all" }, ACK);
      acknowledged += "matters" in answer ? answer.matters.length : 0;
    }
    expect(acknowledged).toBe(count);
    expect(shown()).toEqual({});
  });

  it("does not make a start read what was looked at", async () => {
    const { journal, sell, run } = place();
    for (let sale = 0; sale < 300; sale++) await sell(`s${sale}`, sale % 3 === 0 ? LOST : {});
    const first = await run();
    await first.matters.acknowledge({ code: "needs-attention", position: null, saleId: "all" }, ACK);
    let read = 0;
    const counted = async (...args: Parameters<Journal["pending"]>) => {
      const entries = await journal.pending(...args);
      read += entries.length;
      return entries;
    };
    await run({ pending: counted as Journal["pending"] });
    expect(read).toBeLessThan(2 * POLICY.mattersMarkEvery);
  });
});
