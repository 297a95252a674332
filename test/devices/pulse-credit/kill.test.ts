import { describe, expect, it } from "vitest";
import { CoinMachine, VALUE } from "./rig.ts";

const PULSES = 4;
/** From the pause at the start, through every write and pulse, to beyond the end. */
const MOMENTS_MS = Array.from({ length: 70 }, (_, n) => 950 + n * 17);

/** What must hold of a sale that died, whatever the moment. */
async function expectSettled(machine: CoinMachine, counted: number): Promise<void> {
  expect((await machine.dispenser.stop()).kind).toBe("done");
  const charged = (await machine.totaliser()) / VALUE;
  const told = machine.told("unaccounted");
  // Never charged for what did not go out; what went out is charged, or one is told.
  expect(charged).toBeLessThanOrEqual(counted);
  expect(charged + told.length).toBeGreaterThanOrEqual(counted);
  expect(told.length).toBeLessThanOrEqual(1);
  if (told.length === 1) {
    expect(told).toMatchObject([
      { quantityBase: VALUE, detail: expect.stringContaining(`pulse ${charged + 1} of ${PULSES}`) },
    ]);
  }
  await machine.pass(5_000);
  expect(machine.counted).toBe(counted);
}

describe("a daemon that is killed while credits go out", () => {
  it("charges no pulse that is not known to be out, tells of it once, and repeats none", async () => {
    const seen = new Set<string>();
    for (const ms of MOMENTS_MS) {
      const machine = await CoinMachine.open();
      await machine.dispenser.arm(PULSES * VALUE);
      await machine.pass(ms);
      machine.kill();
      const { counted } = machine;
      await machine.pass(500);
      await machine.start();
      await expectSettled(machine, counted);
      seen.add(`${counted} ${machine.told("unaccounted").length}`);
      machine.kill();
      await machine.start();
      expect(machine.told("unaccounted")).toEqual([]);
      await machine.dispenser.arm(VALUE);
      await machine.pass(5_000);
      expect(machine.counted).toBe(counted + 1);
    }
    // Before, in and after each pulse.
    for (let n = 1; n <= PULSES; n++) expect(seen).toContain(`${n} 1`);
    for (let n = 0; n <= PULSES; n++) expect(seen).toContain(`${n} 0`);
  });

  it("holds the same through a power cut, wherever it tears what was being written", async () => {
    for (const tornBytes of [0, 40, 4_096]) {
      for (const ms of MOMENTS_MS.filter((_, n) => n % 2 === 0)) {
        const machine = await CoinMachine.open();
        machine.register.syncMs = 60;
        await machine.dispenser.arm(PULSES * VALUE);
        await machine.pass(ms);
        machine.kill();
        machine.register.powerCut(tornBytes);
        machine.lines.reboot();
        const { counted } = machine;
        await machine.pass(500);
        await machine.start();
        await expectSettled(machine, counted);
      }
    }
  });

  it("never takes back what a reading has told", async () => {
    for (const ms of MOMENTS_MS.filter((_, n) => n % 2 === 0)) {
      const machine = await CoinMachine.open();
      machine.register.syncMs = 60;
      await machine.dispenser.arm(PULSES * VALUE);
      await machine.pass(ms);
      const reading = machine.events.findLast(({ type }) => type === "reading");
      machine.kill();
      machine.register.powerCut(0);
      machine.lines.reboot();
      await machine.start();
      const toldBase = reading?.type === "reading" ? reading.totaliserBase : 0;
      expect(await machine.totaliser()).toBeGreaterThanOrEqual(toldBase);
    }
  });

  it("tells of it anew as long as nobody has heard", async () => {
    const machine = await CoinMachine.open();
    await machine.dispenser.arm(PULSES * VALUE);
    while (machine.counted < 2) await machine.pass(10);
    machine.kill();
    for (let life = 0; life < 2; life++) {
      await machine.start({ heard: false });
      await machine.pass(2_000);
      machine.kill();
    }
    await machine.start();
    expect(machine.told("unaccounted")).toHaveLength(1);
    expect(await machine.totaliser()).toBe(VALUE);
  });
});
