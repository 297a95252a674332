import { newBooks, parseBooks } from "../../../src/devices/ocpp/books.ts";
import type { Wire } from "../../../src/devices/ocpp/calls.ts";
import { OcppConnector, type OcppSettings } from "../../../src/devices/ocpp/driver.ts";
import { decodeFrame, type Frame } from "../../../src/devices/ocpp/frame.ts";
import { type ChargerOptions, SimulatedCharger } from "../../../src/devices/ocpp/simulator/charger.ts";
import { Station } from "../../../src/devices/ocpp/station.ts";
import { type OpenStore, RegisterFile } from "../../../src/devices/parts/register-file.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { MemoryRegister } from "../../support/memory-register.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, type Life, VirtualTime } from "../../support/virtual-clock.ts";

export const SETTINGS: OcppSettings = {
  ...{ connector: 1, maxPowerW: 22_000, sampleMs: 5_000, scale: 1, waitsForCar: true },
  slow: { unit: "A", kind: "Relative" },
};
const LATENCY_MS = 20;

/** Says what becomes of a text on its way: the texts that arrive, each after so long. */
export type Path = (text: string) => readonly { readonly text: string; readonly afterMs: number }[];

export interface Driven {
  readonly dispenser: OcppConnector;
  readonly events: readonly DispenserEvent[];
  /** As if its process were killed: it says nothing any more, and learns nothing. */
  kill(): void;
}

export interface RigOptions extends ChargerOptions {
  readonly settings?: Partial<OcppSettings>;
  readonly setByHand?: readonly string[];
  readonly refusedKeys?: readonly string[];
  readonly upward?: Path;
  readonly downward?: Path;
}

export const STRAIGHT: Path = (text) => [{ text, afterMs: LATENCY_MS }];

/** A charger and a driver with virtual time between them, and a register in memory. */
export class Rig {
  readonly time = new VirtualTime(Date.UTC(2026, 10, 22));
  readonly register = new MemoryRegister(this.time);
  readonly charger: SimulatedCharger;
  /** Every frame that the driver sent, as it was sent. */
  readonly sent: Frame[] = [];
  readonly texts: string[] = [];
  /** What the driver received. */
  readonly heard: Frame[] = [];
  upward: Path;
  downward: Path;
  /** In the place of the register's own, for what happens at its writes. */
  openStore: OpenStore | null = null;
  readonly #options: RigOptions;
  #station: Station | null = null;
  #driven: Driven | null = null;
  #tags = 0;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.upward = options.upward ?? STRAIGHT;
    this.downward = options.downward ?? STRAIGHT;
    this.register.syncMs = 5;
    const alive: Life = { number: 0, alive: true };
    const clock = clockOf(this.time, alive);
    this.charger = new SimulatedCharger(options, clock, (charger) => this.#connect(charger));
    for (const key of options.refusedKeys ?? []) this.charger.keys.refused.add(key);
  }

  get dispenser(): Dispenser {
    return this.driven.dispenser;
  }

  get events(): readonly DispenserEvent[] {
    return this.driven.events;
  }

  get driven(): Driven {
    if (this.#driven === null) throw new Error("no driver was started");
    return this.#driven;
  }

  /** A driver of its own, as after a start of the daemon. */
  async start(): Promise<Driven> {
    const life: Life = { number: 1, alive: true };
    const clock = clockOf(this.time, life);
    const settings = { ...SETTINGS, ...this.#options.settings };
    const { setByHand = [] } = this.#options;
    let number = 0;
    const newId = () => `q-${++number}`;
    const setup = { sampleMs: settings.sampleMs, connectionTimeoutMs: 60_000, setByHand };
    const station = new Station("charger-1", setup, clock, SILENT, newId);
    const register = await this.settle(
      RegisterFile.open(this.openStore ?? this.register.open, newBooks(1_000), parseBooks),
    );
    const newTag = () => (++this.#tags).toString(16).toUpperCase().padStart(20, "A");
    const dispenser = new OcppConnector(settings, { station, register, newTag, heartbeat: null, clock, log: SILENT });
    const events: DispenserEvent[] = [];
    dispenser.listen((event) => events.push(event));
    this.#station = station;
    const kill = (): void => {
      life.alive = false;
      if (this.#station === station) this.#station = null;
      this.charger.lost(null);
      this.#cut();
    };
    this.#driven = { dispenser, events, kill };
    return this.#driven;
  }

  /** Until it is fit to sell: set up, and nothing left of what was. */
  async ready(): Promise<this> {
    await this.start();
    await this.pass(25_000);
    return this;
  }

  async pass(ms: number): Promise<void> {
    let passed = false;
    this.time.after(ms, () => {
      passed = true;
    });
    while (!passed) await this.time.step();
  }

  /** Rejects when virtual time runs for half an hour without an answer. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    const untilMs = this.time.elapsedMs + 1_800_000;
    await turn();
    while (!settled) {
      if (this.time.elapsedMs > untilMs) throw new Error("no answer within half an hour of virtual time");
      await this.time.step();
    }
    return await promise;
  }

  async until(isSo: () => boolean, what: string, withinMs = 3_600_000): Promise<void> {
    const overMs = this.time.elapsedMs + withinMs;
    while (!isSo()) {
      if (this.time.elapsedMs > overMs) {
        const told = this.events.filter(({ type }) => type !== "reading").slice(-4);
        throw new Error(`never: ${what}; ${JSON.stringify(this.charger.state())} ${JSON.stringify(told)}`);
      }
      await this.pass(50);
    }
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    return await this.settle(this.dispenser.arm(limitBase));
  }

  /** Asks again while nobody knows, as the engine does. */
  async finish(rounds = 60): Promise<Outcome<number>> {
    await this.settle(this.dispenser.stop());
    for (let round = 0; ; round++) {
      const reading = await this.settle(this.dispenser.totaliser());
      if (reading.kind !== "unknown" || round === rounds) return reading;
      await this.pass(5_000);
    }
  }

  async total(): Promise<number> {
    const reading = await this.finish();
    if (reading.kind !== "done") throw new Error(`${reading.kind}: ${reading.detail}`);
    return reading.value;
  }

  readonly #wires: { close(): void }[] = [];

  #cut(): void {
    for (const wire of this.#wires.splice(0)) wire.close();
  }

  #connect(charger: SimulatedCharger): void {
    const station = this.#station;
    if (station === null) {
      this.time.after(LATENCY_MS, () => charger.lost(null));
      return;
    }
    let isOpen = true;
    let onText: (text: string) => void = () => {};
    let onClose: () => void = () => {};
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      onClose();
      charger.lost(end);
    };
    const carry = (path: Path, text: string, arrive: (text: string) => void): void => {
      for (const each of path(text)) this.time.after(each.afterMs, () => isOpen && arrive(each.text));
    };
    const end = {
      send: (text: string) =>
        carry(this.upward, text, (arrived) => {
          const frame = decodeFrame(arrived);
          if (frame !== undefined) this.heard.push(frame);
          onText(arrived);
        }),
      close,
    };
    const wire: Wire = {
      send: (text) => {
        const frame = decodeFrame(text);
        if (frame !== undefined) this.sent.push(frame);
        this.texts.push(text);
        carry(this.downward, text, (arrived) => charger.received(arrived));
      },
      close,
      onText: (listener) => {
        onText = listener;
      },
      onClose: (listener) => {
        onClose = listener;
      },
    };
    this.#wires.push(wire);
    this.time.after(LATENCY_MS, () => {
      if (!isOpen || this.#station !== station) return charger.lost(null);
      station.attach(wire);
      charger.opened(end);
    });
  }
}

export function calls(frames: readonly Frame[], action: string): readonly Record<string, unknown>[] {
  return frames.flatMap((frame) =>
    frame.kind === "call" && frame.action === action ? [frame.payload as Record<string, unknown>] : [],
  );
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
