import { describe, expect, it } from "vitest";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import type { Outcome } from "../../src/ports/outcome.ts";
import { atEnd, knowEachTest } from "../support/at-end.ts";

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

/** A dispenser under test, and what it told. */
class Trial {
  readonly rig: DispenserRig;
  readonly events: DispenserEvent[] = [];

  constructor(rig: DispenserRig) {
    this.rig = rig;
    rig.dispenser.listen((event) => this.events.push(event));
  }

  stop(): Promise<Outcome<null>> {
    return this.#asked(() => this.rig.dispenser.stop());
  }

  async totaliser(): Promise<number> {
    const reading = await this.#asked(() => this.rig.dispenser.totaliser());
    if (reading.kind !== "done") throw new Error(reading.detail);
    return reading.value;
  }

  async deliver(): Promise<void> {
    const { dispenser, patienceMs, smallLimitBase } = this.rig;
    const told = this.events.length;
    const isOver = (): boolean => this.events.slice(told).some(({ type }) => type === "finished");
    expect((await dispenser.arm(smallLimitBase)).kind).toBe("done");
    await this.rig.pass(patienceMs);
    for (let round = 0; round < BUSY_ROUNDS && !isOver(); round++) await this.rig.pass(patienceMs);
  }

  /** What so many full deliveries come to. */
  expectDelivered(quantityBase: number, deliveries: number): void {
    const { smallLimitBase, shortfallBase = 0 } = this.rig;
    expect(quantityBase).toBeLessThanOrEqual(deliveries * smallLimitBase);
    expect(quantityBase).toBeGreaterThanOrEqual(deliveries * (smallLimitBase - shortfallBase));
  }

  /** Asks again while nobody knows, as the engine does. */
  async #asked<T>(ask: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    for (let round = 0; ; round++) {
      const outcome = await ask();
      if (outcome.kind !== "unknown" || round === BUSY_ROUNDS) return outcome;
      await this.rig.pass(100);
    }
  }
}

/** What every dispenser must hold to. */
export function dispenserContract(name: string, make: () => Promise<DispenserRig>): void {
  describe(`the dispenser contract: ${name}`, { concurrent: true }, () => {
    knowEachTest();

    async function trial(): Promise<Trial> {
      const rig = await make();
      atEnd(async () => {
        await rig.dispenser.close();
        await rig.remove();
      });
      return new Trial(rig);
    }

    it("releases nothing unless armed", async () => {
      const tried = await trial();
      const before = await tried.totaliser();
      await tried.rig.pass(tried.rig.patienceMs);
      expect(await tried.totaliser()).toBe(before);
    });

    it("stops by itself at its limit, never above it, and says that it finished", async () => {
      const tried = await trial();
      const before = await tried.totaliser();
      await tried.deliver();
      tried.expectDelivered((await tried.totaliser()) - before, 1);
      expect(tried.events.filter(({ type }) => type === "finished")).toHaveLength(1);
    });

    it("gives readings that rise, the last of them the totaliser's", async () => {
      const tried = await trial();
      await tried.deliver();
      const readings = tried.events.flatMap((event) => (event.type === "reading" ? [event.totaliserBase] : []));
      expect(readings.length).toBeGreaterThan(1);
      expect(readings).toEqual([...readings].sort((a, b) => a - b));
      expect(readings.at(-1)).toBe(await tried.totaliser());
    });

    it("gives readings at least twice a second while armed, and none afterwards", async () => {
      const { rig, events } = await trial();
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
      const tried = await trial();
      const { rig } = tried;
      expect((await tried.stop()).kind).toBe("done");
      await rig.dispenser.arm(rig.smallLimitBase);
      await rig.pass(200);
      expect((await tried.stop()).kind).toBe("done");
      expect((await tried.stop()).kind).toBe("done");
      const stopped = await tried.totaliser();
      await rig.pass(rig.patienceMs);
      expect(await tried.totaliser()).toBe(stopped);
    });

    it("never resets between deliveries", async () => {
      const tried = await trial();
      const before = await tried.totaliser();
      for (let round = 1; round <= 2; round++) {
        await tried.deliver();
        tried.expectDelivered((await tried.totaliser()) - before, round);
      }
    });
  });
}
