import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/core/operator/messages.ts";
import { scene } from "../scene.ts";

const refused = (refusal: string): object => ({ kind: "refused", refusal, detail: expect.any(String) });
const DONE = { kind: "done" };

describe("an operator's order", () => {
  it.each<[string, Command, object]>([
    ["that is not on the list", { name: "set-price", body: { position: "1", unitPrice: "2" } }, refused("not-allowed")],
    ["for a position that is not there", { name: "block", body: { position: "9" } }, refused("unknown-position")],
    ["to stop where nothing runs", { name: "stop", body: { position: "1" } }, refused("conflict")],
    ["to compare books", { name: "reconcile", body: {} }, DONE],
    ["to send records again", { name: "republish", body: { from: 1 } }, DONE],
    [
      "to put aside what is not there",
      { name: "acknowledge", body: { code: "overrun", position: "9", note: "?" } },
      refused("conflict"),
    ],
    [
      "to put aside differences where the books agree",
      { name: "acknowledge", body: { code: "books-differ", note: "?" } },
      refused("conflict"),
    ],
  ])("%s", async (_what, command, expected) => {
    const { kiosk } = await scene({ commands: ["stop", "block", "unblock", "reconcile", "republish", "acknowledge"] });
    expect(await kiosk.operators.order(command)).toEqual(expected);
  });

  it("blocks a position or all of them, across a restart, until it is unblocked there", async () => {
    const first = await scene({ commands: ["block", "unblock"] });
    const order = (kiosk: typeof first.kiosk, name: "block" | "unblock", body: object) =>
      kiosk.operators.order({ name, body } as Command);
    await order(first.kiosk, "block", { position: "1", reason: "nozzle leaks" });
    expect(first.view()).toMatchObject({ available: false, message: "out-of-service" });
    expect(first.faults()).toEqual(["operator-block: nozzle leaks"]);
    expect(await first.kiosk.customers.select("1", "20.00", null)).toMatchObject({ kind: "conflict" });

    const second = await scene({ commands: ["block", "unblock"], journal: first.journal });
    expect(second.faults()).toEqual(["operator-block: nozzle leaks"]);
    await order(second.kiosk, "block", {});
    await order(second.kiosk, "unblock", { position: "1" });
    expect(second.view().available).toBe(false);
    await order(second.kiosk, "unblock", {});
    expect(second.view().available).toBe(true);

    const third = await scene({ journal: first.journal });
    expect(third.faults()).toEqual([]);
  });

  it("of somebody who is known is on record with their name, whatever the broker may order", async () => {
    const { kiosk, journal } = await scene({ commands: [] });
    const orderBy = (command: Command) => kiosk.operators.orderBy("anna", command);
    expect(await orderBy({ name: "block", body: { position: "1" } })).toEqual(DONE);
    expect(await orderBy({ name: "unblock", body: { position: "1" } })).toEqual(DONE);
    expect(await orderBy({ name: "set-price", body: { position: "1", unitPrice: "2" } })).toEqual(DONE);
    const orders = await journal.notes("orders", "1");
    expect(orders.map(({ type, by }) => [type, by])).toEqual([
      ["blocked", "anna"],
      ["unblocked", "anna"],
      ["priced", "anna"],
    ]);
  });

  it("puts aside what a person has looked at, across a restart, until it happens again", async () => {
    const commands = ["acknowledge"] as const;
    const leak = { type: "unaccounted", quantityBase: 1_250, detail: "leak" } as const;
    const seen: Command = { name: "acknowledge", body: { code: "unaccounted", position: "1", note: "tightened" } };
    const first = await scene({ commands });
    first.machine.tell(leak);
    await first.pass(100);
    const second = await scene({ commands, journal: first.journal });
    expect(second.faults()).toEqual(["unaccounted: 12.50 credit: leak"]);
    expect(await second.kiosk.operators.order(seen)).toEqual(DONE);
    expect(second.faults()).toEqual([]);
    expect(await second.kiosk.operators.order(seen)).toEqual(refused("conflict"));

    const third = await scene({ commands, journal: first.journal });
    expect(third.faults()).toEqual([]);
    third.machine.tell(leak);
    await third.pass(100);
    expect(third.faults()).toEqual(["unaccounted: 12.50 credit: leak"]);
  });

  it("a price is for the next sale, never for a running one, and lasts until the configuration changes", async () => {
    const commands = ["set-price"] as const;
    const first = await scene({ commands });
    const price = (unitPrice: string): Command => ({ name: "set-price", body: { position: "1", unitPrice } });
    await Promise.all([first.kiosk.customers.select("1", "20.00", null), first.pass(100)]);
    expect(await first.kiosk.operators.order(price("2.50"))).toEqual(DONE);
    expect(first.view().unitPrice).toBe("1.00");
    await Promise.all([first.kiosk.customers.cancel("1"), first.pass(60_000)]);
    expect(first.view()).toMatchObject({ state: "idle", unitPrice: "2.50" });
    expect(await first.kiosk.operators.order(price("0"))).toEqual(refused("conflict"));
    expect(first.view().unitPrice).toBe("2.50");

    expect((await scene({ journal: first.journal })).view().unitPrice).toBe("2.50");
    expect((await scene({ journal: first.journal, configuredPrice: "1.20" })).view().unitPrice).toBe("1.20");
  });

  it("nobody buys at a price that was not on the screen", async () => {
    const { kiosk, pass, view } = await scene({ commands: ["set-price"] });
    const choose = async (unitPrice: string | null): Promise<unknown> => {
      const [answer] = await Promise.all([kiosk.customers.select("1", "20.00", unitPrice), pass(100)]);
      return answer;
    };
    const order = (unitPrice: string) =>
      kiosk.operators.order({ name: "set-price", body: { position: "1", unitPrice } });
    await order("1.50");
    const otherPrice = { kind: "other-price", unitPrice: "1.50", reason: expect.any(String) };
    expect(await choose("1.00")).toEqual(otherPrice);
    expect(await choose(null)).toEqual(otherPrice);
    expect(view().state).toBe("idle");
    await pass(10_000);
    expect(await choose("1.00")).toEqual(otherPrice);
    expect(await choose("1.500")).toEqual({ kind: "taken" });
    await Promise.all([kiosk.customers.cancel("1"), pass(60_000)]);
    expect(await choose(null)).toEqual({ kind: "taken" });
  });

  it("to stop ends a delivery, which is charged", async () => {
    const { kiosk, machine, pass, view, confirm } = await scene({ commands: ["stop"] });
    await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
    await confirm();
    machine.meter = { kind: "done", value: 500 };
    machine.tell({ type: "reading", totaliserBase: 500 });
    const [answer] = await Promise.all([kiosk.operators.order({ name: "stop", body: { position: "1" } }), pass(5_000)]);
    expect(answer).toEqual(DONE);
    expect(view()).toMatchObject({ state: "closed", charged: "5.00" });
  });

  it("that the journal cannot hold is refused, and changes nothing", async () => {
    const { kiosk, journal, view } = await scene({ commands: ["block"] });
    await journal.close();
    expect(await kiosk.operators.order({ name: "block", body: {} })).toEqual(refused("failed"));
    expect(view().available).toBe(true);
  });
});
