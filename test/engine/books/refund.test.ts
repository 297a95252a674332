import { describe, expect, it } from "vitest";
import { refundsOf } from "../../../src/core/refund.ts";
import type { PaidSale } from "../../../src/engine/books/paid-sale.ts";
import { type RefundDeps, refund, settleRefund } from "../../../src/engine/books/refund.ts";
import type { RefundAnswer, Refunds } from "../../../src/ports/books.ts";
import { declined, done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { journalScene } from "../../support/journal-scene.ts";
import { PAID } from "../../support/sale-fixtures.ts";
import { clockOf } from "../../support/virtual-clock.ts";

const SALE: PaidSale = { record: PAID, paymentReference: "ers-1", chargedMinor: 9_945 };
type Loss = "request" | "answer" | "refused" | "rejected" | null;
const SHUT_OUT: Loss[] = ["request", "rejected", "rejected", "rejected"];

/** The service's side of refunds: gives back no more than was paid, and loses and refuses what it is told to. */
class Service {
  readonly given: number[] = [];
  recognises: Refunds["recognises"] = "nothing";
  readonly losses: Loss[];

  constructor(losses: Loss[]) {
    this.losses = losses;
  }

  readonly #known = new Map<string, Outcome<RefundAnswer>>();

  readonly refund: Refunds["refund"] = async ({ refundId, amountMinor }) => {
    const loss = this.losses.shift() ?? null;
    if (loss === "request") return unknown("lost");
    if (loss === "refused" || loss === "rejected") return declined(loss, "not now");
    const known = this.recognises === "refund-id" ? this.#known.get(refundId) : undefined;
    if (known !== undefined) return known;
    const exceeds = this.given.reduce((sum, each) => sum + each, amountMinor) > SALE.chargedMinor;
    if (!exceeds) this.given.push(amountMinor);
    if (!exceeds) this.#known.set(refundId, done({ kind: "made", reference: `rf-${this.given.length}` }));
    if (loss === "answer") return unknown("lost");
    return done(exceeds ? { kind: "exceeds", detail: "98" } : { kind: "made", reference: `rf-${this.given.length}` });
  };
}

/** Deps on a journal in virtual time; each call of them is a program of its own. */
function programs(service: Refunds) {
  const { journal, time, until } = journalScene();
  let ids = 0;
  let turn: object | null = null;
  const program = (): RefundDeps => ({
    journal,
    serviceOf: () => service,
    clock: clockOf(time, { number: 1, alive: true }),
    newRefundId: () => `r${++ids}`,
    agree: async () => {},
    takeTurn: () => {
      if (turn !== null) return null;
      const mine = {};
      turn = mine;
      return () => {
        if (turn === mine) turn = null;
      };
    },
  });
  const noted = async () => refundsOf(await journal.notes("refunds", PAID.saleId));
  return { program, until, noted, journal };
}

describe("a refund", () => {
  const made = (amountMinor: number) => ({ kind: "made", amountMinor });
  it.each<[string, number | null, Loss[], object, number[]]>([
    ["of the whole", null, [], made(9_945), [9_945]],
    ["of a part", 1_000, [], made(1_000), [1_000]],
    ["of the whole, its answer lost", null, ["answer"], { kind: "unclear" }, [9_945]],
    ["of the whole, its request lost", null, ["request"], made(9_945), [9_945]],
    ["of the whole, requests lost in turn", null, ["request", "request", "request"], made(9_945), [9_945]],
    ["of the whole, both lost in turn", null, ["request", "answer", "request"], { kind: "unclear" }, [9_945]],
    ["of more than half, its answer lost", 5_000, ["answer"], { kind: "unclear" }, [5_000]],
    ["of more than half, its request lost", 5_000, ["request"], made(5_000), [5_000]],
    ["of a part, its answer lost", 1_000, ["answer"], { kind: "unclear" }, [1_000]],
    ["of a part, its request lost", 1_000, ["request"], { kind: "unclear" }, []],
    ["of too much", 10_000, [], { kind: "refused" }, []],
    ["of nothing", 0, [], { kind: "refused" }, []],
    ["of the whole, answer lost, then refused", null, ["answer", "refused"], { kind: "unclear" }, [9_945]],
    ["of the whole, request lost, then refused", null, ["request", "refused"], made(9_945), [9_945]],
    ["of the whole, answer lost, then shut out", null, ["answer", "rejected"], { kind: "unclear" }, [9_945]],
    ["of the whole, request lost, then shut out for long", null, SHUT_OUT, { kind: "unclear" }, []],
    ["of the whole, shut out at once", null, ["rejected"], { kind: "refused" }, []],
  ])("%s", async (_what, amountMinor, losses, outcome, given) => {
    const service = new Service([...losses]);
    const { program, until, noted } = programs(service);
    expect(await until(refund(program(), SALE, amountMinor))).toMatchObject(outcome);
    expect(service.given).toEqual(given);
    if (given.length > 0) expect((await noted())[0]?.state).not.toBe("refused");
  });

  it.each<[string, Loss[], object, number[]]>([
    ["an answer that was lost", ["answer"], made(1_000), [1_000]],
    ["a request that was lost", ["request"], made(1_000), [1_000]],
    ["answers lost in turn", ["answer", "answer", "request"], made(1_000), [1_000]],
    ["an answer lost, then refused, then shut out", ["answer", "refused", "rejected"], made(1_000), [1_000]],
    ["no answer at all", ["request", "request", "request", "request"], { kind: "unclear" }, []],
  ])("that its service knows again is sent once more after %s", async (_what, losses, outcome, given) => {
    const service = new Service([...losses]);
    service.recognises = "refund-id";
    const { program, until } = programs(service);
    expect(await until(refund(program(), SALE, 1_000))).toMatchObject(outcome);
    expect(service.given).toEqual(given);
    expect(await until(refund(program(), SALE, 1_000))).toMatchObject(made(1_000));
    expect(service.given).toEqual(given.length === 0 ? [1_000] : [1_000, 1_000]);
  });

  it("that is refused because somebody gave the money back by hand is noted as made by nobody", async () => {
    const service = new Service(["request"]);
    const { program, until, noted } = programs(service);
    service.given.push(9_945);
    expect(await until(refund(program(), SALE, 5_000))).toMatchObject({ kind: "unclear" });
    expect(await noted()).toMatchObject([{ state: "open" }]);
    expect(await until(settleRefund(program(), SALE, false))).toMatchObject({ amountMinor: 5_000 });
    expect(await noted()).toMatchObject([{ state: "refused" }]);
  });

  it("without a clear answer is never sent again unless that is safe, and blocks others", async () => {
    const service = new Service(["answer"]);
    const { program, until, noted } = programs(service);
    for (const amountMinor of [1_000, 1_000, 2_000, null]) {
      expect(await until(refund(program(), SALE, amountMinor))).toMatchObject({ kind: "unclear", refundId: "r1" });
    }
    expect(service.given).toEqual([1_000]);
    expect(await noted()).toHaveLength(1);
  });

  it("is not sent again because of what a person said of an earlier one", async () => {
    const service = new Service(["request", "answer"]);
    const { program, until } = programs(service);
    await until(refund(program(), SALE, 3_000));
    await until(settleRefund(program(), SALE, true));
    expect(await until(refund(program(), SALE, 4_000))).toMatchObject({ kind: "unclear" });
    expect(await until(refund(program(), SALE, 4_000))).toMatchObject({ kind: "unclear" });
    expect(service.given).toEqual([4_000]);
  });

  it("is not tried for ever: what is on record of it stays short", async () => {
    const refused = {
      recognises: "nothing",
      refund: async () => ({ kind: "declined", reason: "other", detail: "no" }),
    } as never;
    const { program, until, journal } = programs(refused);
    const tried = [];
    for (let times = 0; times < 60; times++) tried.push(await until(refund(program(), SALE, 1_000)));
    expect(tried[49]).toEqual({ kind: "refused", detail: "no" });
    expect(tried[50]).toMatchObject({ kind: "refused", detail: expect.stringContaining("tried too often") });
    expect(await journal.notes("refunds", PAID.saleId)).toHaveLength(100);
  });

  it("that another program has under way is neither joined nor settled", async () => {
    const service = new Service(["answer", "request"]);
    const { program, until, noted } = programs(service);
    const first = refund(program(), SALE, 6_000);
    expect(await refund(program(), SALE, 6_000)).toEqual({ kind: "busy" });
    expect(await settleRefund(program(), SALE, false)).toBe("busy");
    expect(await until(first)).toMatchObject({ kind: "unclear" });
    expect(await noted()).toMatchObject([{ refundId: "r1", state: "open" }]);
    expect(service.given).toEqual([6_000]);
  });

  it("is asked about first when nobody has named its amount, and not sent when nobody agrees", async () => {
    const service = new Service([]);
    const { program, until, noted } = programs(service);
    const asked: [number, boolean][] = [];
    const agree = async (amountMinor: number, again: boolean): Promise<void> => {
      asked.push([amountMinor, again]);
      throw new Error("no");
    };
    await until(refund({ ...program(), agree }, SALE, 945));
    await expect(until(refund({ ...program(), agree }, SALE, null))).rejects.toThrow("no");
    expect(asked).toEqual([[9_000, false]]);
    expect(service.given).toEqual([945]);
    expect(await noted()).toHaveLength(1);
    expect(await until(refund(program(), SALE, null)), "the turn was handed on").toMatchObject(made(9_000));
  });

  it("of a name that is known is not made again, whatever became of it", async () => {
    const service = new Service(["answer"]);
    const { program, until, noted, journal } = programs(service);
    const asked = { by: "anna", reason: "spilled" };
    const named = (refundId: string, amountMinor: number) =>
      refund({ ...program(), newRefundId: () => refundId, asked }, SALE, amountMinor);
    expect(await until(named("a", 1_000))).toMatchObject({ kind: "unclear", refundId: "a" });
    expect(await until(named("a", 1_000))).toMatchObject({ kind: "unclear", refundId: "a" });
    await settleRefund(program(), SALE, true);
    expect(await until(named("a", 1_000))).toMatchObject({ kind: "made", refundId: "a" });
    const both = await Promise.all([named("b", 500), named("b", 500)].map(until));
    expect(both).toMatchObject([{ kind: "made" }, { kind: "busy" }]);
    expect(await until(named("b", 500))).toMatchObject({ kind: "made", refundId: "b", amountMinor: 500 });
    expect(service.given).toEqual([1_000, 500]);
    expect(await noted()).toHaveLength(2);
    expect((await journal.notes("refunds", PAID.saleId))[0]).toMatchObject(asked);
  });

  it("is repeated up to what was paid, and no further", async () => {
    const service = new Service([]);
    const { program, until } = programs(service);
    for (const amountMinor of [4_000, 4_000, 4_000, null, null]) await until(refund(program(), SALE, amountMinor));
    expect(service.given).toEqual([4_000, 4_000, 1_945]);
  });

  it("refused by the service leaves everything as it was", async () => {
    const { program, until, noted } = programs({
      recognises: "nothing",
      refund: async () => declined<never>("refused", "the bank says no"),
    });
    expect(await until(refund(program(), SALE, null))).toEqual({ kind: "refused", detail: "the bank says no" });
    expect(await noted()).toMatchObject([{ state: "refused" }]);
  });
});
