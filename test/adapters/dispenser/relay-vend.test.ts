import { describe, expect, it } from "vitest";
import { openRelayVend, type RelayVendSettings } from "../../../src/adapters/dispenser/relay-vend/relay-vend.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { dispenserContract } from "../../contract/dispenser.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { simulatedLines } from "../../support/gpio-lines.ts";
import { MemoryRegister } from "../../support/memory-register.ts";
import { QUIET_LOG } from "../../support/pulse-rig.ts";

const BAR = { id: "A1", output: { line: "motor-a" }, button: { line: "button-a" }, priceBase: 1_500 };
const CAN = { id: "B2", output: { line: "motor-b" }, button: { line: "button-b" }, priceBase: 2_500 };

const VENDING: RelayVendSettings = {
  registerPath: "",
  selections: [BAR, CAN],
  mode: "until-drop",
  motorMs: 3_000,
  dropSensors: [{ line: "drop" }],
  dropTimeoutMs: 1_000,
  maxVends: 3,
  idleMs: 20_000,
};

/** Items that fall a while after their motor began to turn, if it turned for so long. */
class Machine {
  readonly driven = new DrivenTime();
  readonly lines = simulatedLines();
  readonly register = new MemoryRegister(this.driven.time);
  readonly settings: RelayVendSettings;
  readonly turnedMs = new Map<string, number>();
  dropsAfterMs: number | null = 1_200;
  fallMs = 300;
  dropped = 0;
  events: DispenserEvent[] = [];
  #clock = this.driven.clock;
  #dispenser: Dispenser | null = null;

  constructor(settings: Partial<RelayVendSettings> = {}) {
    this.settings = { ...VENDING, ...settings };
    this.#turn();
  }

  static async open(settings: Partial<RelayVendSettings> = {}): Promise<Machine> {
    const machine = new Machine(settings);
    await machine.start();
    return machine;
  }

  async start(): Promise<void> {
    const { lines, settings, register } = this;
    this.events = [];
    this.#dispenser = await this.driven.settle(
      openRelayVend(settings, lines.gpio, this.#clock, QUIET_LOG, register.open),
    );
    this.#dispenser.listen((event) => this.events.push(event));
  }

  kill(): void {
    this.#clock = this.driven.nextLife();
    this.lines.crash();
  }

  get raw(): Dispenser {
    if (this.#dispenser === null) throw new Error("nothing is open");
    return this.#dispenser;
  }

  get dispenser(): Dispenser {
    return this.driven.driven(this.raw);
  }

  pass(ms: number): Promise<void> {
    return this.driven.pass(ms);
  }

  async press(line: string, waitMs = 8_000): Promise<void> {
    this.lines.drive(line, true);
    await this.pass(100);
    this.lines.drive(line, false);
    await this.pass(waitMs);
  }

  async totaliser(): Promise<number> {
    const read = await this.dispenser.totaliser();
    if (read.kind !== "done") throw new Error(read.detail);
    return read.value;
  }

  get motorsOn(): boolean {
    return this.lines.level("motor-a") || this.lines.level("motor-b");
  }

  told(type: DispenserEvent["type"]): DispenserEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  fall(): void {
    this.dropped += 1;
    // It bounces: one item, two flashes.
    for (const atMs of [0, 120]) {
      this.driven.time.after(atMs, () => this.lines.drive("drop", true));
      this.driven.time.after(atMs + 40, () => this.lines.drive("drop", false));
    }
  }

  #turn(): void {
    for (const { output } of this.settings.selections) {
      const turned = this.lines.level(output.line) ? (this.turnedMs.get(output.line) ?? 0) + 10 : 0;
      this.turnedMs.set(output.line, turned);
      if (turned === this.dropsAfterMs) this.driven.time.after(this.fallMs, () => this.fall());
    }
    this.driven.time.after(10, () => this.#turn());
  }
}

dispenserContract("relay vend", async () => {
  const machine = await Machine.open({ selections: [{ ...BAR, button: null }], maxVends: 1 });
  return {
    dispenser: machine.dispenser,
    pass: (ms) => machine.pass(ms),
    patienceMs: 10_000,
    smallLimitBase: BAR.priceBase,
    remove: async () => {},
  };
});

describe("a relay vending machine", () => {
  it("vends what is chosen, bills its price, and finishes when nothing more can be bought", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(4_500);
    await machine.pass(3_000);
    expect(machine.dropped).toBe(0);
    await machine.press("button-a");
    expect([machine.dropped, await machine.totaliser()]).toEqual([1, 1_500]);
    await machine.press("button-b");
    expect([machine.dropped, await machine.totaliser()]).toEqual([2, 4_000]);
    expect(machine.told("finished")).toHaveLength(1);
    await machine.press("button-a");
    expect(machine.dropped).toBe(2);
    expect(machine.told("unaccounted")).toEqual([]);
  });

  const refused = [
    { name: "what costs more than is left", limitBase: 2_000, presses: ["button-b"], dropped: 0 },
    {
      name: "a second press while it turns, and one for something else",
      limitBase: 9_000,
      presses: ["button-a+a+b"],
      dropped: 1,
    },
    {
      name: "more than the most vends",
      limitBase: 9_000,
      presses: ["button-a", "button-a", "button-a", "button-a"],
      dropped: 3,
    },
  ];
  for (const { name, limitBase, presses, dropped } of refused) {
    it(`refuses ${name}`, async () => {
      const machine = await Machine.open();
      await machine.dispenser.arm(limitBase);
      for (const press of presses) {
        if (press === "button-a+a+b") {
          await machine.press("button-a", 200);
          await machine.press("button-a", 10);
          await machine.press("button-b", 9_000);
        } else await machine.press(press);
      }
      expect(machine.dropped).toBe(dropped);
      expect(await machine.totaliser()).toBe(dropped * 1_500);
    });
  }

  it("refuses a limit that buys nothing, and a button is nothing while it is not armed", async () => {
    const machine = await Machine.open();
    for (const limitBase of [1_499, 0, -1, 1.5, Number.NaN]) {
      expect((await machine.dispenser.arm(limitBase)).kind).toBe("declined");
    }
    await machine.press("button-a");
    expect([machine.dropped, machine.motorsOn]).toEqual([0, false]);
  });

  it("finishes when the customer chooses nothing", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(5_000);
    await machine.pass(19_000);
    expect(machine.told("finished")).toEqual([]);
    await machine.pass(2_000);
    expect(machine.told("finished")).toHaveLength(1);
  });

  it("turns no longer than allowed; what never drops is not billed, is told of, and not tried again", async () => {
    const machine = await Machine.open();
    machine.dropsAfterMs = null;
    await machine.dispenser.arm(9_000);
    machine.lines.drive("button-a", true);
    await machine.pass(2_900);
    expect(machine.motorsOn).toBe(true);
    await machine.pass(300);
    expect(machine.motorsOn).toBe(false);
    await machine.pass(3_000);
    machine.lines.drive("button-a", false);
    expect(await machine.totaliser()).toBe(0);
    expect(machine.told("unaccounted")).toMatchObject([{ quantityBase: 1_500 }]);
    machine.dropsAfterMs = 1_200;
    await machine.press("button-a");
    expect(machine.dropped).toBe(0);
    await machine.press("button-b");
    expect([machine.dropped, await machine.totaliser()]).toEqual([1, 2_500]);
  });

  it("is at fault when all its selections gave nothing", async () => {
    const machine = await Machine.open();
    machine.dropsAfterMs = null;
    await machine.dispenser.arm(9_000);
    await machine.press("button-a");
    expect(machine.told("fault-raised")).toEqual([]);
    await machine.press("button-b");
    expect(machine.told("fault-raised")).toHaveLength(1);
    await machine.dispenser.stop();
    expect((await machine.dispenser.arm(9_000)).kind).toBe("declined");
  });

  it("a stop cuts the motor at once; what falls all the same is billed, what does not is told of", async () => {
    for (const [atMs, billed] of [
      [600, 0],
      [1_350, 1_500],
    ] as const) {
      const machine = await Machine.open();
      await machine.dispenser.arm(5_000);
      machine.lines.drive("button-a", true);
      await machine.pass(atMs);
      const stopping = machine.raw.stop();
      await machine.pass(1);
      expect(machine.motorsOn).toBe(false);
      expect((await machine.driven.settle(stopping)).kind).toBe("done");
      expect(await machine.totaliser()).toBe(billed);
      expect(machine.dropped * 1_500).toBe(billed);
      expect(machine.told("unaccounted")).toHaveLength(billed === 0 ? 1 : 0);
      expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
    }
  });

  it("bills the full time of a motor where no sensor sees what falls", async () => {
    const machine = await Machine.open({ mode: "pulse", dropSensors: [], motorMs: 1_500 });
    await machine.dispenser.arm(5_000);
    await machine.press("button-a");
    expect([machine.dropped, await machine.totaliser()]).toEqual([1, 1_500]);
    machine.lines.drive("button-a", true);
    await machine.pass(700);
    await machine.dispenser.stop();
    expect(await machine.totaliser()).toBe(1_500);
    expect(machine.told("unaccounted")).toHaveLength(1);
  });

  it("gives pieces one after the other for one reservation", async () => {
    const machine = await Machine.open({ selections: [{ ...BAR, button: null, priceBase: 1 }] });
    await machine.dispenser.arm(2);
    await machine.pass(15_000);
    expect([machine.dropped, await machine.totaliser()]).toEqual([2, 2]);
    expect(machine.told("finished")).toHaveLength(1);
  });
});

describe("a relay vending machine in trouble", () => {
  it("killed at any moment of a vend: billed or told of, never both, never neither", async () => {
    for (let ms = 5; ms < 2_600; ms += 97) {
      const machine = await Machine.open();
      await machine.dispenser.arm(1_500);
      machine.lines.drive("button-a", true);
      await machine.pass(ms);
      machine.kill();
      machine.lines.drive("motor-a", false);
      await machine.pass(500);
      machine.lines.drive("button-a", false);
      await machine.start();
      expect((await machine.dispenser.stop()).kind).toBe("done");
      const billed = (await machine.totaliser()) / 1_500;
      const told = machine.told("unaccounted").length;
      expect(billed + told).toBeLessThanOrEqual(1);
      expect(billed + told).toBeGreaterThanOrEqual(machine.dropped);
      expect(billed).toBeLessThanOrEqual(machine.dropped);
      await machine.pass(500);
      machine.kill();
      await machine.start();
      expect(machine.told("unaccounted")).toEqual([]);
    }
  });

  it("power lost at any moment: what was told as sold is still sold", async () => {
    for (let ms = 5; ms < 2_600; ms += 97) {
      const machine = await Machine.open();
      machine.register.syncMs = 250;
      await machine.dispenser.arm(1_500);
      machine.lines.drive("button-a", true);
      await machine.pass(ms);
      const told = machine.events.findLast((event) => event.type === "reading");
      const soldBase = told?.type === "reading" ? told.totaliserBase : 0;
      machine.kill();
      machine.register.powerCut(ms % 60);
      machine.lines.reboot();
      await machine.start();
      expect(await machine.totaliser()).toBeGreaterThanOrEqual(soldBase);
    }
  });

  it("does not take for the item what falls before its motor turns", async () => {
    const machine = await Machine.open();
    machine.dropsAfterMs = null;
    machine.register.syncMs = 400;
    await machine.dispenser.arm(1_500);
    machine.lines.drive("button-a", true);
    machine.fall();
    await machine.pass(8_000);
    expect(await machine.totaliser()).toBe(0);
  });

  it("turns nothing when the register cannot be written", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(5_000);
    machine.register.fails = true;
    await machine.press("button-a");
    expect([machine.dropped, machine.motorsOn]).toEqual([0, false]);
    expect(machine.told("fault-raised")).toHaveLength(1);
    await machine.dispenser.stop();
    expect((await machine.dispenser.arm(5_000)).kind).toBe("declined");
    machine.register.fails = false;
    await machine.pass(11_000);
    expect(machine.told("fault-cleared")).toHaveLength(1);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("tells of what drops by itself, and is not fit to sell while its sensor is blocked", async () => {
    const machine = await Machine.open();
    await machine.pass(3_000);
    machine.fall();
    await machine.pass(3_000);
    expect(machine.told("unaccounted").length).toBeGreaterThan(0);
    expect(machine.told("unaccounted")[0]).toMatchObject({ quantityBase: null });
    machine.lines.drive("drop", true);
    await machine.pass(500);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("declined");
    machine.lines.drive("drop", false);
    await machine.pass(500);
    expect(machine.told("fault-cleared").length).toBeGreaterThan(0);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("lines lost in the middle of a vend: not billed, told of, and well again when they are back", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(5_000);
    machine.lines.drive("button-a", true);
    await machine.pass(700);
    machine.lines.lose();
    await machine.pass(100);
    expect(machine.told("fault-raised").length).toBeGreaterThan(0);
    expect((await machine.dispenser.stop()).kind).toBe("unknown");
    machine.lines.regain();
    expect((await machine.dispenser.stop()).kind).toBe("done");
    await machine.pass(1_000);
    expect([machine.motorsOn, await machine.totaliser()]).toEqual([false, 0]);
    expect(machine.told("unaccounted")).toHaveLength(1);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("refuses settings that it could not keep", async () => {
    await expect(Machine.open({ dropSensors: [] })).rejects.toThrow(/needs a drop sensor/);
    await expect(Machine.open({ selections: [BAR, { ...CAN, button: null }] })).rejects.toThrow(/each needs a button/);
  });
});
