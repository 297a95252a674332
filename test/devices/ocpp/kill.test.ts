import { describe, expect, it } from "vitest";
import type { OpenStore } from "../../../src/devices/parts/register-file.ts";
import { sample } from "../../support/sample.ts";
import { Rig } from "./rig.ts";

const LIMIT_WH = 2_000;
const TAKEN_WH = 150;
/** How the process dies at a write: before it, in the middle of it with the power, or just after. */
const HOWS = ["before", "torn", "after"] as const;

interface Kill {
  /** The write of the sale at which it dies; those before it are the set-up's. */
  readonly at: number;
  readonly how: (typeof HOWS)[number];
}

/** Sells, and dies at one write of the register; then lives again, and says what the sale came to. */
async function soldWith(kill: Kill | null): Promise<{ rig: Rig; writes: number; died: boolean }> {
  const rig = new Rig({ isPlugged: true });
  let writes = 0;
  let isSelling = false;
  let died = false;
  const die = (): void => {
    died = true;
    rig.driven.kill();
  };
  const { register } = rig;
  const open: OpenStore = async (initial) => {
    const store = await register.open(initial);
    return {
      ...store,
      write: async (slot, bytes) => {
        if (!isSelling || died) return await store.write(slot, bytes);
        writes += 1;
        const isNow = kill !== null && writes === kill.at;
        if (isNow && kill.how === "before") {
          die();
          return await new Promise<void>(() => {});
        }
        const writing = store.write(slot, bytes);
        if (isNow && kill.how === "torn") {
          die();
          register.powerCut(bytes.length / 2);
        }
        await writing;
        if (isNow) die();
      },
    };
  };
  rig.openStore = open;
  await rig.ready();
  isSelling = true;
  void rig.dispenser.arm(LIMIT_WH);
  for (let waited = 0; !died && rig.charger.releasedBase() < TAKEN_WH && waited < 600; waited++) await rig.pass(200);
  if (!died) rig.charger.act("unplug");
  for (let waited = 0; !died && waited < 20; waited++) await rig.pass(500);
  if (died) {
    await rig.pass(3_000);
    await rig.start();
  }
  return { rig, writes, died };
}

describe("a process that is killed at a write of its register", () => {
  it("writes several times in a sale", async () => {
    const { rig, writes } = await soldWith(null);
    expect(writes).toBeGreaterThanOrEqual(5);
    expect(await rig.total()).toBe(rig.charger.releasedBase());
  });

  const all = Array.from({ length: 8 }, (_, index) => HOWS.map((how): Kill => ({ at: index + 1, how }))).flat();

  it.each(sample("ocpp kills", all, 12))("$how write $at: all that flowed is the sale's", async (kill) => {
    const { rig, died } = await soldWith(kill);
    const billedWh = await rig.total();
    expect(rig.charger.meter.powerW).toBe(0);
    expect(billedWh).toBe(rig.charger.releasedBase());
    expect(rig.events.filter(({ type }) => type === "unaccounted")).toEqual([]);
    // It says the same to whoever asks again, in another life too.
    rig.driven.kill();
    await rig.pass(3_000);
    await rig.start();
    expect(await rig.total()).toBe(billedWh);
    expect(died || kill.at > 5).toBe(true);
  });
});
