import { openRelayTimer, type RelayTimerSettings } from "../../src/devices/relay-timer/relay-timer.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { DrivenTime } from "./driven-time.ts";
import { simulatedLines } from "./gpio-lines.ts";
import { MemoryRegister } from "./memory-register.ts";
import { SILENT } from "./silent-log.ts";

export const BAY: RelayTimerSettings = {
  registerPath: "/memory/register",
  blockS: null,
  longestS: 14_400,
  startWithinMs: 20_000,
  loadWithinMs: 2_000,
  coastMs: 3_000,
  pauseMs: null,
  warnAtMs: 30_000,
  lines: {
    power: { line: "power" },
    alive: { line: "alive" },
    running: { line: "running" },
    start: null,
    stop: { line: "stop" },
    warning: { line: "warning" },
  },
};

/** What it does is looked at so often. */
export const STEP_MS = 10;

/** A machine behind a relay that tells when it runs, and one life after another of the daemon that sells its time. */
export class Bay {
  readonly driven = new DrivenTime();
  readonly lines = simulatedLines();
  readonly register = new MemoryRegister(this.driven.time);
  readonly settings: RelayTimerSettings;
  /** From the relay's closing until it runs, and from its opening until it stands; null for one that never runs. */
  runUpMs: number | null = 200;
  runDownMs = 100;
  /** The contact that never opens any more. */
  welded = false;
  /** What `running` says whatever the machine does; null for the truth. */
  told: boolean | null = null;
  /** What may be charged: the relay on, and the machine running. */
  ranMs = 0;
  relayOnMs = 0;
  /** Changes of `alive`. */
  beats = 0;
  events: DispenserEvent[] = [];
  #clock = this.driven.clock;
  #dispenser: Dispenser | null = null;
  #sinceMs = 0;
  #isOn = false;
  #isHigh = false;
  #isRunning = false;

  private constructor(settings: Partial<RelayTimerSettings>) {
    this.settings = { ...BAY, ...settings };
    this.#turn();
  }

  static async open(settings: Partial<RelayTimerSettings> = {}): Promise<Bay> {
    const bay = new Bay(settings);
    await bay.start();
    return bay;
  }

  async start(): Promise<void> {
    const { lines, settings, register } = this;
    this.events = [];
    this.#dispenser = await this.driven.settle(
      openRelayTimer(settings, lines.gpio, this.#clock, SILENT, register.open),
    );
    this.#dispenser.listen((event) => this.events.push(event));
  }

  /** SIGKILL; the relay falls when what stands outside sees no beat any more. */
  kill(): void {
    this.#clock = this.driven.nextLife();
    this.lines.crash();
    this.#dispenser = null;
  }

  outputsOff(): void {
    for (const line of ["power", "alive", "warning"]) this.lines.drive(line, false);
  }

  powerCut(tornBytes = 0): void {
    this.kill();
    this.register.powerCut(tornBytes);
    this.lines.reboot();
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

  async press(line: "start" | "stop"): Promise<void> {
    this.lines.drive(line, true);
    await this.pass(100);
    this.lines.drive(line, false);
  }

  /** Until the dispenser ended the delivery. */
  async finish(): Promise<void> {
    for (let passedMs = 0; !this.has("finished"); passedMs += 250) {
      if (passedMs > 600_000) throw new Error(`never finished: ${JSON.stringify(this.events.slice(-5))}`);
      await this.pass(250);
    }
  }

  /** A whole delivery, as a sale does it: what it was charged. */
  async deliver(limitS: number, meanwhile: () => Promise<void> = async () => {}): Promise<number> {
    const startS = await this.totaliser();
    const armed = await this.dispenser.arm(limitS);
    if (armed.kind !== "done") throw new Error(armed.detail);
    this.events = [];
    await meanwhile();
    await this.finish();
    const stopped = await this.dispenser.stop();
    if (stopped.kind !== "done") throw new Error(stopped.detail);
    return (await this.totaliser()) - startS;
  }

  async totaliser(): Promise<number> {
    const read = await this.dispenser.totaliser();
    if (read.kind !== "done") throw new Error(read.detail);
    return read.value;
  }

  has(type: DispenserEvent["type"]): boolean {
    return this.all(type).length > 0;
  }

  all<T extends DispenserEvent["type"]>(type: T): Extract<DispenserEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DispenserEvent, { type: T }> => event.type === type);
  }

  #turn(): void {
    const isOn = this.lines.level("power") || this.welded;
    const isHigh = this.lines.level("alive");
    if (isHigh !== this.#isHigh) this.beats += 1;
    this.#isHigh = isHigh;
    if (this.#isOn && isOn) this.relayOnMs += STEP_MS;
    if (this.#isOn && isOn && this.#isRunning) this.ranMs += STEP_MS;
    this.#sinceMs = isOn === this.#isOn ? this.#sinceMs + STEP_MS : 0;
    this.#isOn = isOn;
    if (isOn) this.#isRunning = this.runUpMs !== null && this.#sinceMs >= this.runUpMs;
    else if (this.#sinceMs >= this.runDownMs) this.#isRunning = false;
    this.lines.drive("running", this.told ?? this.#isRunning);
    this.driven.time.after(STEP_MS, () => this.#turn());
  }
}
