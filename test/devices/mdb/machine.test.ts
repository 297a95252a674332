import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { dispenserContract } from "../../contract/dispenser.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { tempFolder } from "../../support/temp.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { drive, hasSocat, PATIENT, type Rig, rig, until } from "./rig.ts";

knowEachTest();

describe.skipIf(!hasSocat)("a vending machine over a pseudo-terminal", { concurrent: true }, () => {
  dispenserContract("MDB by a Qibixx adapter", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kioskd-mdb-"));
    const made = await rig(folder, { customer: "auto" });
    return {
      dispenser: made.dispenser,
      pass: (ms) => sleep(ms),
      patienceMs: 700,
      // 15.50, then 12.00.
      smallLimitBase: 2750,
      lateMs: 3 * (await roundTripMs()),
      remove: async () => {
        await made.remove();
        rmSync(folder, { recursive: true });
      },
    };
  });

  async function machine(options: Parameters<typeof rig>[1] = {}): Promise<Rig> {
    const made = await rig(tempFolder(), options);
    atEnd(() => made.remove());
    return made;
  }

  function count(made: Rig, type: string): number {
    return made.events.filter((event) => event.type === type).length;
  }

  describe("the customer pays first", () => {
    it("buys several goods with one reservation, until nothing is left that could be bought", async () => {
      const made = await machine();
      expect((await made.dispenser.arm(4000)).kind).toBe("done");
      for (const [item, leftBase] of [
        [1, 4000],
        [2, 2800],
        [1, 1250],
      ]) {
        await until(() => made.machine.state()["fundsBase"] === leftBase);
        made.machine.act(`choose-${item}`);
      }
      await until(() => count(made, "finished") === 1);
      expect(await made.totalBase()).toBe(3950);
      expect(made.machine.releasedBase()).toBe(3950);
      expect(made.unaccountedBase()).toEqual([]);
    });

    it("ends after as many goods as one reservation may buy", async () => {
      const made = await machine({ maxVends: 2, customer: "auto" });
      await made.dispenser.arm(50_000);
      await until(() => count(made, "finished") === 1);
      expect(await made.totalBase()).toBe(2 * 9920);
      await sleep(100);
      expect(made.machine.releasedBase()).toBe(2 * 9920);
    });

    it("ends when the customer gives up, with nothing sold", async () => {
      const made = await machine();
      await made.dispenser.arm(4000);
      await until(() => made.machine.state()["fundsBase"] === 4000);
      made.machine.act("give-up");
      await until(() => count(made, "finished") === 1);
      expect(await made.totalBase()).toBe(0);
    });

    it.each([["quoted"], ["bare"]])(
      "does not count what jams (%s errors), and lets the customer choose again",
      async (errors) => {
        const made = await machine();
        if (errors === "bare") made.machine.act("quote-errors");
        made.machine.act("jam");
        await made.dispenser.arm(1200);
        for (let round = 0; round < 2; round++) {
          await until(() => made.machine.state()["fundsBase"] === 1200);
          made.machine.act("choose-1");
          await until(() => made.machine.state()["fundsBase"] === 0);
        }
        await until(() => count(made, "finished") === 1);
        expect(made.machine.state()["vends"]).toBe(1);
        expect(await made.totalBase()).toBe(1200);
        expect(made.unaccountedBase()).toEqual([]);
      },
    );

    it("approves nothing whose price is not the item's", async () => {
      const made = await machine({ items: [{ number: 1, priceBase: 1100 }], customer: "auto" });
      await made.dispenser.arm(4000);
      await until(() => count(made, "finished") === 1);
      expect(made.machine.releasedBase()).toBe(0);
      expect(await made.totalBase()).toBe(0);
    });

    it("stops at once while the customer chooses, and waits for a vend that was approved", async () => {
      const made = await machine({ vendMs: 150 });
      await made.dispenser.arm(4000);
      await until(() => made.machine.state()["fundsBase"] === 4000);
      expect(await made.dispenser.stop()).toMatchObject({ kind: "done" });
      expect(made.machine.state()["controller"]).toBe("enabled");
      await made.dispenser.arm(4000);
      await until(() => made.machine.state()["fundsBase"] === 4000);
      made.machine.act("choose-1");
      await until(() => made.machine.state()["controller"] === "dispensing");
      expect(await made.dispenser.stop()).toMatchObject({ kind: "done" });
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([1200, 1200]);
    });

    it("overtakes an arm in progress by a stop", async () => {
      const made = await machine();
      const armed = made.dispenser.arm(4000);
      expect((await made.dispenser.stop()).kind).toBe("done");
      expect((await armed).kind).toBe("declined");
      await sleep(100);
      expect(made.machine.state()).toMatchObject({ controller: "enabled", fundsBase: 0 });
    });
  });

  describe("the customer chooses first", () => {
    const always = { flow: "always-idle" } as const;

    it("offers what was chosen, and sells it when paid", async () => {
      const made = await machine(always);
      made.machine.act("choose-2");
      await until(() => count(made, "wanted") === 1);
      expect(made.events.at(-1)).toEqual({ type: "wanted", quantityBase: 1550 });
      await sleep(50);
      expect(made.machine.releasedBase()).toBe(0);
      expect((await made.dispenser.arm(1550)).kind).toBe("done");
      await until(() => count(made, "finished") === 1);
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([1550, 1550]);
      await until(() => made.machine.state()["controller"] === "enabled");
      made.machine.act("choose-1");
      await until(() => count(made, "wanted") === 2);
    });

    it("takes back the offer when the customer gives up, and sells nothing to a reservation that comes late", async () => {
      const made = await machine(always);
      made.machine.act("choose-2");
      await until(() => count(made, "wanted") === 1);
      made.machine.act("give-up");
      await until(() => count(made, "unwanted") === 1);
      expect((await made.dispenser.arm(1550)).kind).toBe("done");
      await until(() => count(made, "finished") === 1);
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([0, 0]);
    });

    it("refuses what nobody pays for in time", async () => {
      const made = await machine({ ...always, wantTimeoutMs: 100 });
      made.machine.act("choose-2");
      await until(() => count(made, "unwanted") === 1);
      await until(() => made.machine.state()["controller"] === "enabled");
      expect(made.machine.releasedBase()).toBe(0);
    });

    it("refuses what costs more than was reserved", async () => {
      const made = await machine(always);
      made.machine.act("choose-2");
      await until(() => count(made, "wanted") === 1);
      await made.dispenser.arm(1549);
      await until(() => count(made, "finished") === 1);
      await until(() => made.machine.state()["controller"] === "enabled");
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([0, 0]);
    });

    it("does not offer what the price list does not know", async () => {
      const made = await machine({ ...always, items: [{ number: 7, priceBase: 1200 }] });
      made.machine.act("choose-7");
      await until(() => made.machine.state()["controller"] === "requested");
      await until(() => made.machine.state()["controller"] === "enabled");
      expect(count(made, "wanted")).toBe(0);
    });

    it("sells at the machine's price where no list is kept", async () => {
      const made = await machine({ ...always, prices: null, items: [{ number: 7, priceBase: 705 }] });
      made.machine.act("choose-7");
      await until(() => count(made, "wanted") === 1);
      await made.dispenser.arm(705);
      await until(() => count(made, "finished") === 1);
      expect(await made.totalBase()).toBe(705);
    });
  });

  describe("faults", () => {
    it.each([
      ["lose-result-dropped", 1200],
      ["lose-result-kept", 0],
      ["ends-unsaid", 1200],
    ])("disputes once what nobody knows the result of, and bills nothing (%s)", async (fault, releasedBase) => {
      const made = await machine({ vendTimeoutMs: 2_000 });
      made.machine.act(fault);
      await made.dispenser.arm(1200);
      await until(() => made.machine.state()["fundsBase"] === 1200);
      made.machine.act("choose-1");
      await until(() => count(made, "finished") === 1);
      expect(await made.dispenser.totaliser()).toMatchObject({ kind: "declined", reason: "disputed" });
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([0, releasedBase]);
      await until(() => made.machine.state()["controller"] === "enabled");
      await made.dispenser.arm(1200);
      await until(() => made.machine.state()["fundsBase"] === 1200);
      made.machine.act("choose-1");
      await until(() => count(made, "finished") === 2);
      expect(await made.totalBase()).toBe(1200);
      expect(made.unaccountedBase()).toEqual([]);
    });

    it("disputes what was under way when the adapter's plug was pulled", async () => {
      const made = await machine({ vendMs: 200 });
      await made.dispenser.arm(1200);
      await until(() => made.machine.state()["fundsBase"] === 1200);
      made.machine.act("choose-1");
      await until(() => made.machine.state()["controller"] === "dispensing");
      await made.pair.unplug();
      await until(() => count(made, "finished") === 1);
      expect(made.fault()).toContain("port is lost");
      expect((await made.dispenser.arm(1200)).kind).toBe("declined");
      expect((await made.dispenser.stop()).kind).toBe("done");
      expect(await made.dispenser.totaliser()).toMatchObject({ kind: "declined", reason: "disputed" });
    });

    it.each([["says-twice"], ["stray-bytes"], ["echo"]])("sells each once all the same (%s)", async (fault) => {
      const made = await machine({ maxVends: 2, customer: "auto" });
      made.machine.act(fault);
      await made.dispenser.arm(50_000);
      await until(() => count(made, "finished") === 1);
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([2 * 9920, 2 * 9920]);
      expect(made.unaccountedBase()).toEqual([]);
    });

    it("ends a delivery in which the controller starts anew before anything was chosen", async () => {
      const made = await machine();
      await made.dispenser.arm(4000);
      await until(() => made.machine.state()["fundsBase"] === 4000);
      made.machine.act("controller-resets");
      await until(() => count(made, "finished") === 1);
      expect([await made.totalBase(), made.machine.releasedBase()]).toEqual([0, 0]);
      await until(() => made.fault() === null);
    });

    it("sells though the controller ends the first sessions", async () => {
      const made = await machine({ answerTimeoutMs: 300 });
      made.machine.act("ignores-sessions");
      const armed = made.dispenser.arm(1200);
      await until(() => made.machine.state()["fundsBase"] === 1200 || count(made, "finished") === 1);
      expect((await armed).kind).toBe("done");
    });

    it("says that bytes come, but no line, and how many", async () => {
      const made = await machine({ answerTimeoutMs: 100, readyTimeoutMs: 400 });
      made.machine.act("garbled");
      made.machine.act("power-cycle");
      await made.dispenser.arm(1200);
      await until(() => /^\d+ bytes came from the adapter, but no line/.test(made.fault() ?? ""));
      made.machine.act("garbled");
      await until(() => made.fault() === null);
    });

    it("refuses amounts with other decimals, and says what to set", async () => {
      const made = await machine({ flow: "always-idle", answerTimeoutMs: 200 });
      made.machine.act("three-decimals");
      for (let round = 0; round < 3; round++) {
        await until(() => made.machine.state()["controller"] === "enabled");
        made.machine.act("choose-1");
        await until(() => made.machine.state()["controller"] === "enabled");
      }
      await until(() => made.fault() !== null);
      expect(made.fault()).toMatch(/asks for 12\.000, and decimalPlaces is 2: set decimalPlaces/);
      expect(made.machine.releasedBase()).toBe(0);
    });

    it("configures anew an adapter that lost its power, and sells", async () => {
      const made = await machine({ customer: "auto", answerTimeoutMs: 1_000 });
      made.machine.act("power-cycle");
      expect((await made.dispenser.arm(1200)).kind).toBe("done");
      await until(() => count(made, "finished") === 1);
      expect(await made.totalBase()).toBe(1200);
    });

    it("says unknown when the adapter hangs, and that nothing can flow", async () => {
      const made = await machine({ answerTimeoutMs: 300, readyTimeoutMs: 1_000 });
      made.machine.act("silent");
      expect((await made.dispenser.arm(1200)).kind).toBe("unknown");
      expect((await made.dispenser.stop()).kind).toBe("done");
      await until(() => made.fault() !== null);
      expect(made.fault()).toContain("does not answer");
      made.machine.act("power-cycle");
      await until(() => made.fault() === null);
    });

    it("raises a fault while the controller only sends resets", async () => {
      const made = await machine({ readyTimeoutMs: 400 });
      made.machine.act("controller-dead");
      await until(() => made.fault() !== null);
      expect(made.fault()).toContain("does not set up the reader");
      made.machine.act("controller-alive");
      await until(() => made.fault() === null);
    });
  });

  it("bills after a restart what the machine reports only then", async () => {
    const made = await machine({ vendMs: 300 });
    await made.dispenser.arm(1200);
    await until(() => made.machine.state()["fundsBase"] === 1200);
    made.machine.act("choose-1");
    await until(() => made.machine.state()["controller"] === "dispensing");
    await made.dispenser.close();
    const again = await drive(made.pair, made.registerPath, PATIENT);
    atEnd(() => again.dispenser.close());
    expect((await again.dispenser.stop()).kind).toBe("done");
    expect([await again.totalBase(), made.machine.releasedBase()]).toEqual([1200, 1200]);
    expect(again.unaccountedBase()).toEqual([]);
    await until(() => again.fault() === null);
  });
});
