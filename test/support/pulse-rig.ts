import { type FuelPulserSettings, openFuelPulser } from "../../src/devices/pulser/pulser.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { DrivenTime } from "./driven-time.ts";
import { type SimulatedLines, simulatedLines } from "./gpio-lines.ts";
import { MemoryRegister } from "./memory-register.ts";
import { SILENT } from "./silent-log.ts";
import { type PumpModel, SimulatedPump } from "./simulated-pump.ts";

export const ML_PER_PULSE = 10;

/** 40 and 10 litres a minute at 100 pulses for a litre. */
const PUMP: PumpModel = {
  motor: "motor",
  slow: "slow",
  fast: "fast",
  pulserA: "a",
  pulserB: "b",
  slowPps: 17,
  fastPps: 67,
  closingMs: 150,
};

export const FUEL: FuelPulserSettings = {
  registerPath: "/memory/register",
  pulsesPerUnit: 100,
  basePerUnit: 1_000,
  maxPulsesPerSecond: 300,
  channelTolerance: 3,
  slowDownBase: 300,
  overrunPulses: 12,
  startDelayMs: 2_000,
  settleMs: 1_500,
  lines: {
    motor: { line: "motor" },
    slowValve: { line: "slow" },
    fastValve: { line: "fast" },
    nozzle: { line: "nozzle" },
    pulser: { line: "a" },
    pulserB: { line: "b" },
    alive: { line: "alive" },
  },
};

/** A pump on simulated lines, and one life after another of the daemon that drives it. */
export class PulseRig {
  readonly driven = new DrivenTime();
  readonly lines: SimulatedLines;
  readonly pump: SimulatedPump;
  readonly register = new MemoryRegister(this.driven.time);
  readonly settings: FuelPulserSettings;
  events: DispenserEvent[] = [];
  #clock = this.driven.clock;
  #dispenser: Dispenser | null = null;

  private constructor(settings: Partial<FuelPulserSettings>, model: Partial<PumpModel>, firstCount: number) {
    this.settings = { ...FUEL, ...settings };
    this.lines = simulatedLines(firstCount);
    this.pump = new SimulatedPump(this.driven.time, this.lines, { ...PUMP, ...model });
  }

  static async open(
    settings: Partial<FuelPulserSettings> = {},
    model: Partial<PumpModel> = {},
    firstCount = 0,
  ): Promise<PulseRig> {
    const rig = new PulseRig(settings, model, firstCount);
    await rig.start();
    rig.lines.drive("nozzle", true);
    return rig;
  }

  /** The dispenser of this life; waiting for its answers makes time pass. */
  get dispenser(): Dispenser {
    if (this.#dispenser === null) throw new Error("nothing is open");
    return this.driven.driven(this.#dispenser);
  }

  /** The same, for answers that nobody waits for. */
  get raw(): Dispenser {
    if (this.#dispenser === null) throw new Error("nothing is open");
    return this.#dispenser;
  }

  async start(settings: Partial<FuelPulserSettings> = {}): Promise<void> {
    const all = { ...this.settings, ...settings };
    this.events = [];
    const opening = openFuelPulser(all, this.lines.gpio, this.#clock, SILENT, this.register.open);
    this.#dispenser = await this.driven.settle(opening);
    this.#dispenser.listen((event) => this.events.push(event));
  }

  /** SIGKILL: levels stay, the kernel goes on counting. */
  kill(): void {
    this.#clock = this.driven.nextLife();
    this.lines.crash();
    this.#dispenser = null;
  }

  outputsOff(): void {
    for (const line of ["motor", "slow", "fast", "alive"]) this.lines.drive(line, false);
  }

  powerCut(tornBytes = 0): void {
    this.kill();
    this.register.powerCut(tornBytes);
    this.lines.reboot();
  }

  pass(ms: number): Promise<void> {
    return this.driven.pass(ms);
  }

  /** Until the dispenser ended the delivery; fails after ten minutes. */
  async finish(): Promise<void> {
    for (let passedMs = 0; !this.events.some(({ type }) => type === "finished"); passedMs += 250) {
      if (passedMs > 600_000) throw new Error(`never finished: ${JSON.stringify(this.events.slice(-5))}`);
      await this.pass(250);
    }
  }

  async totaliser(): Promise<number> {
    const read = await this.dispenser.totaliser();
    if (read.kind !== "done") throw new Error(read.detail);
    return read.value;
  }

  /** A whole delivery, as a sale does it: what it was charged. */
  async deliver(limitBase: number): Promise<number> {
    const startBase = await this.totaliser();
    const armed = await this.dispenser.arm(limitBase);
    if (armed.kind !== "done") throw new Error(armed.detail);
    this.events = [];
    await this.finish();
    const stopped = await this.dispenser.stop();
    if (stopped.kind !== "done") throw new Error(stopped.detail);
    return (await this.totaliser()) - startBase;
  }

  get flowedBase(): number {
    return this.pump.flowed * ML_PER_PULSE;
  }

  told<T extends DispenserEvent["type"]>(type: T): Extract<DispenserEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DispenserEvent, { type: T }> => event.type === type);
  }
}
