import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { refundedMinor, refundsOf } from "../../../src/core/refund.ts";
import { ReturnedRefunds } from "../../../src/engine/books/returned-refunds.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import type { RefundFate, Refunds } from "../../../src/ports/books.ts";
import { declined, done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { T0_MS } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";

const HOUR_MS = 3_600_000;
const TERMS = { position: "1", paymentReference: "pi_1", amountMinor: 2_000, currency: "SEK", provider: "stripe" };
const BACK: Outcome<RefundFate> = done({ kind: "returned", detail: "shown as failed" });
const STANDS: Outcome<RefundFate> = done({ kind: "stands" });

/** A journal with a refund that was made, and a service that says in turn what became of it, then that it stands. */
async function scene(
  answers: Outcome<RefundFate>[],
  changes: { readonly byHand?: true; readonly provider?: string } = {},
) {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  let ageMs = 0;
  const asked: number[] = [];
  let forPerson = 0;
  const clock = { wallMs: () => T0_MS + ageMs, monotonicMs: () => ageMs, after: () => () => undefined };
  const service: Refunds = {
    recognises: "refund-id",
    refund: async () => done({ kind: "made", reference: null }),
    fate: async () => {
      asked.push(Math.round(ageMs / HOUR_MS));
      return answers.shift() ?? STANDS;
    },
  };
  const open = (): ReturnedRefunds =>
    new ReturnedRefunds({
      ...{ journal, clock, log: SILENT },
      refundsOf: (provider) => (provider === "stripe" ? service : null),
      noted: () => void forPerson++,
    });
  await journal.beginNow("returned-refunds");
  const made = async (refundId: string): Promise<void> => {
    const { byHand, ...named } = changes;
    const of = { refundId, saleId: "s1", ...TERMS, ...named, atMs: clock.wallMs() };
    await journal.note("refunds", "s1", () => ({ type: "asked", ...of }));
    const by = byHand === true ? { byHand } : {};
    await journal.note("refunds", "s1", () => ({ type: "made", reference: "re_1", ...of, ...by }));
  };
  /** Hour by hour. */
  const pass = async (returned: ReturnedRefunds, hours: number): Promise<void> => {
    await returned.tick();
    for (let hour = 0; hour < hours; hour++) {
      ageMs += HOUR_MS;
      await returned.tick();
    }
  };
  const refunds = async () => refundsOf(await journal.notes("refunds", "s1"));
  const off = (hours: number): void => {
    ageMs += hours * HOUR_MS;
  };
  return { open, journal, made, pass, off, asked, refunds, forPerson: () => forPerson };
}

describe("a refund that was made", () => {
  it("is asked about a few times within a month, and then no more", async () => {
    const { open, made, pass, asked, refunds, journal } = await scene([]);
    await made("r1");
    await pass(open(), 40 * 24);
    expect(asked).toEqual([1, 24, 72, 168, 336, 720]);
    expect((await refunds()).map(({ state }) => state)).toEqual(["made"]);
    expect(await journal.pendingCount("returned-refunds")).toBe(0);
  });

  it("that comes back days later goes to a person, counts as given back no more, and is not asked about again", async () => {
    const { open, made, pass, asked, refunds, forPerson, journal } = await scene([STANDS, STANDS, BACK]);
    await made("r1");
    await pass(open(), 40 * 24);
    expect(asked).toEqual([1, 24, 72]);
    expect((await refunds()).map(({ state }) => state)).toEqual(["returned"]);
    expect([refundedMinor(await refunds()), forPerson()]).toEqual([0, 1]);
    const last = (await journal.notes("refunds", "s1")).at(-1);
    expect(last).toMatchObject({ type: "returned", refundId: "r1", ...TERMS, detail: "shown as failed" });
    await pass(open(), 24);
    expect(forPerson()).toBe(1);
  });

  it("is asked about at the next age after a restart, at once only where the last age has gone by", async () => {
    const { open, made, pass, off, asked } = await scene([]);
    await made("r1");
    await pass(open(), 2);
    for (let start = 0; start < 5; start++) await pass(open(), 1);
    expect(asked).toEqual([1]);
    off(60 * 24);
    await pass(open(), 3);
    expect(asked).toEqual([1, 7 + 60 * 24]);
  });

  it.each([
    ["silence", unknown("no answer")],
    ["a key that is not let in", declined("rejected", "no")],
  ])("is asked about six hours later after %s, but not for ever", async (_what, no) => {
    const { open, made, pass, asked, refunds, journal } = await scene([no, STANDS, ...Array(5_000).fill(no)]);
    await made("r1");
    await pass(open(), 60 * 24);
    expect(asked.slice(0, 3)).toEqual([1, 7, 24]);
    expect(asked.at(-1)).toBeLessThanOrEqual(37 * 24 + 6);
    expect((await refunds()).map(({ state }) => state)).toEqual(["made"]);
    expect(await journal.pendingCount("returned-refunds")).toBe(0);
  });

  it.each([
    ["by a person's word", { byHand: true }],
    ["at a service that cannot say", { provider: "seqr" }],
  ] as const)("%s is not asked about", async (_what, changes) => {
    const { open, made, pass, asked } = await scene([BACK], changes);
    await made("r1");
    await pass(open(), 40 * 24);
    expect(asked).toEqual([]);
  });

  it("is one of many, of which only so many are asked about at once", async () => {
    const { open, made, pass, asked } = await scene([]);
    for (let number = 0; number < 12; number++) await made(`r${number}`);
    await pass(open(), 3);
    expect(asked).toEqual([...Array(5).fill(1), ...Array(5).fill(2), ...Array(2).fill(3)]);
  });
});
