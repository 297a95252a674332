import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import type { Outcome } from "../../src/ports/outcome.ts";

export interface DispenserRig {
  readonly dispenser: Dispenser;
  /** Lets time pass, so that what the device would do by then is done. */
  pass(ms: number): Promise<void>;
  /** Longer than any delivery that the suite arms for. */
  readonly patienceMs: number;
  /** Less than what the simulated customer takes. */
  readonly smallLimitBase: number;
  /** By how much it may end below its limit, because its meter is coarse and its valve slow; 0 unless given. */
  readonly shortfallBase?: number;
  /** By how much readings may come late, because real bytes do on a busy machine; 0 unless given. */
  readonly lateMs?: number;
  remove(): Promise<void>;
}

/** How many times its patience a delivery may take, and how often is asked, where bytes are real and the machine busy. */
const BUSY_ROUNDS = 20;

/** What every dispenser must hold to. */
export function dispenserContract(name: string, make: () => Promise<DispenserRig>): void {
  describe(`the dispenser contract: ${name}`, () => {
    let rig: DispenserRig;
    let events: DispenserEvent[];

    beforeEach(async () => {
      rig = await make();
      events = [];
      rig.dispenser.listen((event) => events.push(event));
    });
    afterEach(async () => {
      await rig.dispenser.close();
      await rig.remove();
    });

    /** Asks again while nobody knows, as the engine does. */
    async function asked<T>(ask: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
      for (let round = 0; ; round++) {
        const outcome = await ask();
        if (outcome.kind !== "unknown" || round === BUSY_ROUNDS) return outcome;
        await rig.pass(100);
      }
    }
    const stop = (): Promise<Outcome<null>> => asked(() => rig.dispenser.stop());

    async function totaliser(): Promise<number> {
      const reading = await asked(() => rig.dispenser.totaliser());
      if (reading.kind !== "done") throw new Error(reading.detail);
      return reading.value;
    }

    it("releases nothing unless armed", async () => {
      const before = await totaliser();
      await rig.pass(rig.patienceMs);
      expect(await totaliser()).toBe(before);
    });

    async function deliver(): Promise<void> {
      const told = events.length;
      const isOver = (): boolean => events.slice(told).some(({ type }) => type === "finished");
      expect((await rig.dispenser.arm(rig.smallLimitBase)).kind).toBe("done");
      await rig.pass(rig.patienceMs);
      for (let round = 0; round < BUSY_ROUNDS && !isOver(); round++) await rig.pass(rig.patienceMs);
    }

    /** What so many full deliveries come to. */
    function expectDelivered(quantityBase: number, deliveries: number): void {
      const { smallLimitBase, shortfallBase = 0 } = rig;
      expect(quantityBase).toBeLessThanOrEqual(deliveries * smallLimitBase);
      expect(quantityBase).toBeGreaterThanOrEqual(deliveries * (smallLimitBase - shortfallBase));
    }

    it("stops by itself at its limit, never above it, and says that it finished", async () => {
      const before = await totaliser();
      await deliver();
      expectDelivered((await totaliser()) - before, 1);
      expect(events.filter(({ type }) => type === "finished")).toHaveLength(1);
    });

    it("gives readings that rise, the last of them the totaliser's", async () => {
      await deliver();
      const readings = events.flatMap((event) => (event.type === "reading" ? [event.totaliserBase] : []));
      expect(readings.length).toBeGreaterThan(1);
      expect(readings).toEqual([...readings].sort((a, b) => a - b));
      expect(readings.at(-1)).toBe(await totaliser());
    });

    it("gives readings at least twice a second while armed, and none afterwards", async () => {
      await rig.dispenser.arm(rig.smallLimitBase);
      const isOver = (): boolean => events.some(({ type }) => type === "finished");
      const windowMs = 600 + (rig.lateMs ?? 0);
      for (let passedMs = 0; passedMs < BUSY_ROUNDS * rig.patienceMs && !isOver(); passedMs += windowMs) {
        const told = events.length;
        await rig.pass(windowMs);
        expect(events.slice(told).some(({ type }) => type === "reading")).toBe(true);
      }
      expect(isOver()).toBe(true);
      const told = events.length;
      await rig.pass(1_000);
      expect(events.slice(told).filter(({ type }) => type === "reading")).toEqual([]);
    });

    it("lets nothing flow after a stop, which may be repeated and may come before any arm", async () => {
      expect((await stop()).kind).toBe("done");
      await rig.dispenser.arm(rig.smallLimitBase);
      await rig.pass(200);
      expect((await stop()).kind).toBe("done");
      expect((await stop()).kind).toBe("done");
      const stopped = await totaliser();
      await rig.pass(rig.patienceMs);
      expect(await totaliser()).toBe(stopped);
    });

    it("never resets between deliveries", async () => {
      const before = await totaliser();
      for (let round = 1; round <= 2; round++) {
        await deliver();
        expectDelivered((await totaliser()) - before, round);
      }
    });
  });
}
