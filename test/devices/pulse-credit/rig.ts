import { openPulseCredit, type PulseCreditSettings } from "../../../src/devices/pulse-credit/pulse-credit.ts";
import type { Gpio, GpioOutput } from "../../../src/platform/gpio/gpio.ts";
import { wait } from "../../../src/platform/time/wait.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { simulatedLines } from "../../support/gpio-lines.ts";
import { MemoryRegister } from "../../support/memory-register.ts";
import { SILENT } from "../../support/silent-log.ts";

export const VALUE = 100;

export const SETTINGS: PulseCreditSettings = {
  registerPath: "",
  lines: { coin: { line: "coin" }, inhibit: { line: "inhibit" } },
  ...{ valueBase: VALUE, maxPulses: 20, onMs: 100, offMs: 100, pauseMs: 1_000, inhibitWaitMs: 3_000 },
};

/** A machine that counts how often its coin input was closed: each time, however short. */
export class CoinMachine {
  readonly driven = new DrivenTime();
  readonly lines = simulatedLines();
  readonly register = new MemoryRegister(this.driven.time);
  readonly settings: PulseCreditSettings;
  /** When its input was closed, and opened again. */
  readonly closedAtMs: number[] = [];
  readonly openedAtMs: number[] = [];
  /** Done when it sees its input closed. */
  onClosed: () => void = () => {};
  /** How long the coin line takes to follow. */
  followsInMs = 0;
  events: DispenserEvent[] = [];
  #clock = this.driven.clock;
  #dispenser: Dispenser | null = null;

  private constructor(settings: Partial<PulseCreditSettings>) {
    this.settings = { ...SETTINGS, ...settings };
    this.#look();
  }

  static async open(settings: Partial<PulseCreditSettings> = {}): Promise<CoinMachine> {
    const machine = new CoinMachine(settings);
    await machine.start();
    return machine;
  }

  async start({ heard = true } = {}): Promise<void> {
    const { settings, register } = this;
    this.events = [];
    const opening = openPulseCredit(settings, this.#gpio(), this.#clock, SILENT, register.open);
    this.#dispenser = await this.driven.settle(opening);
    if (heard) this.#dispenser.listen((event) => this.events.push(event));
  }

  /** A process that dies takes its lines with it. */
  kill(): void {
    this.#clock = this.driven.nextLife();
    this.lines.crash();
    this.lines.drive("coin", this.settings.lines.coin.activeLow ?? false);
  }

  get raw(): Dispenser {
    if (this.#dispenser === null) throw new Error("nothing is open");
    return this.#dispenser;
  }

  get dispenser(): Dispenser {
    return this.driven.driven(this.raw);
  }

  get counted(): number {
    return this.closedAtMs.length;
  }

  pass(ms: number): Promise<void> {
    return this.driven.pass(ms);
  }

  async totaliser(): Promise<number> {
    const read = await this.dispenser.totaliser();
    if (read.kind !== "done") throw new Error(read.kind === "unknown" ? read.detail : read.reason);
    return read.value;
  }

  told(type: DispenserEvent["type"]): DispenserEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  #gpio(): Gpio {
    const { gpio } = this.lines;
    const clock = this.#clock;
    return {
      backend: gpio.backend,
      output: async (line, options) => {
        const output = await gpio.output(line, options);
        const set: GpioOutput["set"] = async (active) => {
          if (this.followsInMs > 0) await wait(clock, this.followsInMs);
          return await output.set(active);
        };
        return { set };
      },
      input: (line, options, changed) => gpio.input(line, options, changed),
      counter: (line, options) => gpio.counter(line, options),
      onHeld: (listener) => gpio.onHeld(listener),
      close: () => gpio.close(),
    };
  }

  #look(): void {
    const { closedAtMs, openedAtMs, settings, lines, driven } = this;
    const { line, activeLow = false } = settings.lines.coin;
    const isClosed = this.#dispenser !== null && lines.level(line) !== activeLow;
    if (isClosed && closedAtMs.length === openedAtMs.length) {
      closedAtMs.push(driven.time.elapsedMs);
      this.onClosed();
    }
    if (!isClosed && closedAtMs.length > openedAtMs.length) openedAtMs.push(driven.time.elapsedMs);
    driven.time.after(1, () => this.#look());
  }
}
