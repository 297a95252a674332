import { openRelayVend, type RelayVendSettings } from "../../src/devices/relay-vend/relay-vend.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { DrivenTime } from "./driven-time.ts";
import { simulatedLines } from "./gpio-lines.ts";
import { MemoryRegister } from "./memory-register.ts";
import { SILENT } from "./silent-log.ts";

export const BAR = { id: "A1", output: { line: "motor-a" }, button: { line: "button-a" }, priceBase: 1_500 };
export const CAN = { id: "B2", output: { line: "motor-b" }, button: { line: "button-b" }, priceBase: 2_500 };

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
export class Machine {
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
    this.#dispenser = await this.driven.settle(openRelayVend(settings, lines.gpio, this.#clock, SILENT, register.open));
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
