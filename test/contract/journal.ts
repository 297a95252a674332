import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RefundEvent } from "../../src/core/refund.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { HAPPY, PAID } from "../support/sale-fixtures.ts";

/** Opens the same journal again after the one before was closed. */
export type MakeJournal = () => Promise<{ reopen(): Promise<Journal>; remove(): Promise<void> }>;

/** What every journal must hold to. */
export function journalContract(name: string, make: MakeJournal): void {
  describe(`the journal contract: ${name}`, () => {
    let place: Awaited<ReturnType<MakeJournal>>;
    let journal: Journal;
    const sale = (saleId: string) => HAPPY.map((event) => ({ ...event, saleId }));

    async function append(saleId: string, position = "1", count = HAPPY.length): Promise<void> {
      for (const [index, event] of sale(saleId).slice(0, count).entries()) {
        await journal.append(position, event, index === HAPPY.length - 1 ? { ...PAID, saleId } : null);
      }
    }

    async function restart(): Promise<void> {
      await journal.close();
      journal = await place.reopen();
    }

    beforeEach(async () => {
      place = await make();
      journal = await place.reopen();
    });
    afterEach(async () => {
      await journal.close();
      await place.remove();
    });

    it("is empty at first", async () => {
      expect(await journal.lastSale("1")).toEqual([]);
      expect(await journal.newestAtMs()).toBeNull();
      expect(await journal.pending("sales", 10)).toEqual([]);
      expect(await journal.pendingCount("sales")).toBe(0);
    });

    it("gives a position's last sale back, whole and in order, after a restart too", async () => {
      await append("a");
      await append("b", "1", 4);
      await append("c", "2", 2);
      for (let round = 0; round < 2; round++) {
        expect(await journal.lastSale("1")).toEqual(sale("b").slice(0, 4));
        expect(await journal.lastSale("2")).toEqual(sale("c").slice(0, 2));
        expect(await journal.lastSale("3")).toEqual([]);
        expect(await journal.newestAtMs()).toBe(HAPPY[1]?.atMs);
        await restart();
      }
    });

    it("takes what is learned of a sale late between the events of the next one, and keeps the two apart", async () => {
      const handedOver = { ...PAID, saleId: "a", outcome: "needs-attention" } as const;
      for (const event of sale("a").slice(0, 5)) await journal.append("1", event, null);
      await journal.append("1", { type: "deadline-passed", saleId: "a", atMs: 5 }, handedOver);
      await append("b", "1", 3);
      const closedAtMs = Date.parse(PAID.closedAt);
      for (let round = 0; round < 2; round++) {
        const events = await journal.handedOver("1", closedAtMs, 8);
        expect(events.map((each) => each.map(({ type }) => type).at(-1))).toEqual(["deadline-passed"]);
        await restart();
      }
      expect(await journal.handedOver("1", closedAtMs + 1, 8)).toEqual([]);
      expect(await journal.handedOver("2", closedAtMs, 8)).toEqual([]);
      const learned = { ...HAPPY[5], saleId: "a" } as SaleEvent;
      await journal.append("1", learned, { ...PAID, saleId: "a", amends: true });
      for (let round = 0; round < 2; round++) {
        expect(await journal.lastSale("1")).toEqual(sale("b").slice(0, 3));
        expect((await journal.handedOver("1", closedAtMs, 8)).map((each) => each.at(-1))).toEqual([learned]);
        expect((await journal.pending("sales", 9)).map(({ seq, body }) => [seq, body.saleId, body.outcome])).toEqual([
          [1, "a", "needs-attention"],
          [2, "a", "paid"],
        ]);
        await restart();
      }
      await journal.append("1", sale("b")[3] as SaleEvent, null);
      expect(await journal.lastSale("1")).toEqual(sale("b").slice(0, 4));
    });

    it("knows for ever which sale a name of the payment service belongs to: the one that had it first", async () => {
      const offer = { kind: "offer", name: "R1" } as const;
      const payment = { kind: "payment", name: "ers-1" } as const;
      expect(await journal.ownerOf(offer)).toBeNull();
      await append("a", "1", 2);
      expect(await journal.ownerOf(offer)).toBe("a");
      expect(await journal.ownerOf(payment)).toBeNull();
      await append("b", "2");
      for (let round = 0; round < 2; round++) {
        expect([await journal.ownerOf(offer), await journal.ownerOf(payment)]).toEqual(["a", "b"]);
        expect(await journal.ownerOf({ kind: "payment", name: "R1" })).toBeNull();
        await restart();
      }
    });

    it("keeps one name that two services give apart, and takes one without a service for everybody's", async () => {
      const made = (saleId: string, service: string | null) =>
        sale(saleId)
          .slice(0, 2)
          .map((event) => (event.type === "offer-made" && service !== null ? { ...event, service } : event));
      const bring = async (saleId: string, service: string | null) => {
        for (const event of made(saleId, service)) await journal.append("1", event, null);
      };
      const ownerAt = (service: string) => journal.ownerOf({ kind: "offer", name: "R1", service });
      await bring("a", "stripe");
      await bring("b", "vipps");
      expect([await ownerAt("stripe"), await ownerAt("vipps"), await ownerAt("seqr")]).toEqual(["a", "b", null]);
      await bring("c", null);
      await restart();
      expect([await ownerAt("stripe"), await ownerAt("vipps"), await ownerAt("seqr")]).toEqual(["a", "b", "c"]);
    });

    it("keeps closed sales in order until they are acknowledged, numbers rising for ever", async () => {
      for (const id of ["a", "b", "c"]) await append(id);
      expect((await journal.pending("sales", 2)).map(({ seq, body: { saleId } }) => [seq, saleId])).toEqual([
        [1, "a"],
        [2, "b"],
      ]);
      await journal.acknowledge("sales", 1);
      await journal.acknowledge("sales", 1);
      await restart();
      expect((await journal.pending("sales", 10)).map(({ seq }) => seq)).toEqual([2, 3]);
      await journal.acknowledge("sales", 3);
      await append("d");
      expect((await journal.pending("sales", 10)).map(({ seq }) => seq)).toEqual([4]);
      expect(await journal.pendingCount("sales")).toBe(1);
    });

    it("keeps notes by key and stream, numbered on their own, each reader with its own mark", async () => {
      const asked = (saleId: string, atMs: number): RefundEvent => ({
        type: "unclear",
        refundId: "r",
        saleId,
        atMs,
        detail: "",
      });
      await append("a");
      for (const [saleId, atMs] of [
        ["a", 1],
        ["b", 2],
        ["a", 3],
      ] as const) {
        expect(await journal.note("refunds", saleId, () => asked(saleId, atMs))).toEqual(asked(saleId, atMs));
      }
      expect(await journal.note("refunds", "a", (notes) => (notes.length === 2 ? null : asked("a", 9)))).toBeNull();
      await restart();
      expect(await journal.notes("refunds", "a")).toEqual([asked("a", 1), asked("a", 3)]);
      expect(await journal.notes("reconciliations", "a")).toEqual([]);
      expect((await journal.notesAfter("refunds", 1, 9)).map(({ seq }) => seq)).toEqual([2, 3]);
      await journal.acknowledge("refunds", 2);
      await journal.acknowledge("receipts", 1);
      await restart();
      expect((await journal.pending("refunds", 9)).map(({ seq }) => seq)).toEqual([3]);
      expect(await journal.pending("receipts", 9)).toEqual([]);
      expect((await journal.pending("sales", 9)).map(({ seq }) => seq)).toEqual([1]);
      expect((await journal.salesAfter(0, 9)).map(({ body }) => body.saleId)).toEqual(["a"]);
    });

    it("knows every position that anything was ever written of, and gives notes of several keys in order", async () => {
      const order = (position: string | null, atMs: number) => ({ type: "unblocked", position, atMs }) as const;
      expect(await journal.positions()).toEqual([]);
      await append("a");
      await append("b", "2", 2);
      await append("c");
      for (const [key, atMs] of [
        ["3", 1],
        ["*", 2],
        ["4", 3],
        ["3", 4],
      ] as const) {
        await journal.note("orders", key, () => order(key === "*" ? null : key, atMs));
      }
      await journal.note("orders", "3", () => ({ type: "blocked", position: "3", atMs: 5, reason: "leak" }));
      await journal.note("reconciliations", "5", () => ({ type: "requested", position: "5", atMs: 1 }));
      await journal.note("reconciliations", ["6", "5"], (notes) => ({
        type: "requested",
        position: "6",
        atMs: notes.length,
      }));
      expect(await journal.notes("reconciliations", "6")).toMatchObject([{ atMs: 1 }]);
      for (let round = 0; round < 2; round++) {
        expect((await journal.positions()).toSorted((one, other) => (one < other ? -1 : 1))).toEqual([
          "1",
          "2",
          "3",
          "4",
          "5",
          "6",
        ]);
        const several = await journal.notes("orders", ["4", "3", "none"]);
        expect(several.map(({ atMs }) => atMs)).toEqual([3, 4, 5]);
        expect(await journal.notes("orders", [])).toEqual([]);
        let seen = 0;
        const count = (notes: readonly unknown[]): null => {
          seen = notes.length;
          return null;
        };
        await journal.note("orders", ["4", "3"], count);
        expect(seen).toBe(3);
        await restart();
      }
    });

    it("checks and tidies without changing what it holds", async () => {
      await append("a", "1", 3);
      await journal.check();
      await journal.tidy({ nowMs: Date.parse(PAID.closedAt), keepMs: 90 * 86_400_000, readers: ["sales"] });
      expect(await journal.lastSale("1")).toEqual(sale("a").slice(0, 3));
      await restart();
      expect(await journal.lastSale("1")).toEqual(sale("a").slice(0, 3));
    });
  });
}
