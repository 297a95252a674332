import { describe, expect, it } from "vitest";
import type { Command } from "../../src/core/operator/messages.ts";
import { POLICY } from "../../src/engine/policy.ts";
import { scene } from "./scene.ts";

describe("a kiosk that was asked to finish", () => {
  it("begins no sale, and sells again after two minutes", async () => {
    const { kiosk, pass, view, faults } = await scene();
    kiosk.finish();
    expect(view()).toMatchObject({ available: false });
    expect(await kiosk.customers.select("1", "20.00", null)).toMatchObject({ kind: "conflict" });
    expect(faults()).toEqual(["update-waits: an update waits until no sale is open"]);
    await pass(POLICY.finishMs + 1_000);
    expect(faults()).toEqual([]);
    expect(view()).toMatchObject({ available: true });
  });

  it("lets the open sale come to its end", async () => {
    const { kiosk, machine, pass, view, confirm } = await scene();
    await Promise.all([kiosk.customers.select("1", "20.00", null), pass(1_000)]);
    await confirm();
    kiosk.finish();
    await pass(1_000);
    expect(view().state).toBe("dispensing");
    machine.meter = { kind: "done", value: 700 };
    machine.tell({ type: "finished" });
    await pass(5_000);
    expect(view()).toMatchObject({ state: "closed", charged: "7.00", available: false });
  });

  it("waits as long as somebody asks again", async () => {
    const { kiosk, pass, view } = await scene();
    for (let asked = 0; asked < 5; asked++) {
      kiosk.finish();
      await pass(POLICY.finishMs - 1_000);
      expect(view()).toMatchObject({ available: false });
    }
    await pass(2_000);
    expect(view()).toMatchObject({ available: true });
  });

  it("keeps an operator's block, whichever was first", async () => {
    const { kiosk, pass, faults } = await scene({ commands: ["block"] });
    kiosk.finish();
    await Promise.all([kiosk.operators.order({ name: "block", body: { reason: "leak" } } as Command), pass(100)]);
    await pass(POLICY.finishMs + 1_000);
    expect(faults()).toEqual(["operator-block: leak"]);
  });
});
