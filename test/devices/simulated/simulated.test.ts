import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSimulatedDispenser } from "../../../src/devices/simulated/simulated.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { dispenserContract } from "../../contract/dispenser.ts";
import { tempFolder } from "../../support/temp.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

/** A clock whose time passes when the test says so. */
function virtual(): { clock: Clock; pass(ms: number): Promise<void> } {
  const time = new VirtualTime(Date.UTC(2026, 10, 22));
  async function pass(ms: number): Promise<void> {
    let passed = false;
    time.after(ms, () => {
      passed = true;
    });
    while (!passed) await time.step();
  }
  return { clock: clockOf(time, { number: 1, alive: true }), pass };
}

const SETTINGS = { quantityBase: 5_000, rateBasePerMinute: 40_000 };

for (const kept of [true, false]) {
  dispenserContract(`simulated, register ${kept ? "kept" : "forgotten"}`, async () => {
    const { clock, pass } = virtual();
    const folder = mkdtempSync(join(tmpdir(), "kioskd-register-"));
    const registerPath = kept ? join(folder, "register") : null;
    return {
      dispenser: createSimulatedDispenser({ ...SETTINGS, registerPath }, clock),
      pass,
      patienceMs: 20_000,
      smallLimitBase: 2_345,
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  });
}

describe("the simulated dispenser", () => {
  it("ends at the quantity when the limit allows more", async () => {
    const { clock, pass } = virtual();
    const dispenser = createSimulatedDispenser({ ...SETTINGS, registerPath: null }, clock);
    await dispenser.arm(100_000);
    await pass(7_050);
    expect(await dispenser.totaliser()).toMatchObject({ value: 4_666 });
    await pass(1_000);
    expect(await dispenser.totaliser()).toMatchObject({ value: 5_000 });
  });

  it("finds its register again after the process was killed in the middle", async () => {
    const { clock, pass } = virtual();
    const registerPath = join(tempFolder(), "register");
    await createSimulatedDispenser({ ...SETTINGS, registerPath }, clock).arm(100_000);
    await pass(1_050);
    expect(Number(readFileSync(registerPath, "utf8"))).toBe(666);
    const again = createSimulatedDispenser({ ...SETTINGS, registerPath }, clock);
    expect(await again.totaliser()).toMatchObject({ value: 666 });
  });

  it("refuses a register that is none", () => {
    const registerPath = join(tempFolder(), "register");
    writeFileSync(registerPath, "much");
    expect(() => createSimulatedDispenser({ ...SETTINGS, registerPath }, virtual().clock)).toThrow(
      /should hold one number/,
    );
  });
});
