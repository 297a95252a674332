import { setTimeout as sleep } from "node:timers/promises";
import type { BenchDevice, SimulatorPort } from "../../../src/devices/bench/device.ts";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import { type DartBus, type DartBusSettings, openDartBus } from "../../../src/devices/dart/bus.ts";
import { dartFraming } from "../../../src/devices/dart/codec.ts";
import type { DartDispenser, DartPumpSettings } from "../../../src/devices/dart/driver.ts";
import { type DartPumpBench, type DartPumpOptions, startDartPump } from "../../../src/devices/dart/simulator/pump.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { DispenserEvent } from "../../../src/ports/dispenser.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { needs } from "../../support/components.ts";
import { eventually } from "../../support/daemon.ts";
import { SILENT } from "../../support/silent-log.ts";

export const hasSocat = needs("socat", "/usr/bin/socat");

const LINE = { baudRate: 19_200, parity: "odd" as const };

/**
 * Fast enough for a test, slow enough for a machine with other things to do. A pump that answers late does so only
 * after it counts as silent.
 */
const FAST_BUS: DartBusSettings = { pollMs: 20, answerTimeoutMs: 80, requestTimeoutMs: 3_000, silentAfter: 4 };

/** A controller's side: a daemon's life, of which one wire can see several. */
export interface Controller {
  readonly bus: DartBus;
  pump(settings?: Partial<DartPumpSettings>): DartDispenser;
}

export function openController(
  path: string,
  settings: DartBusSettings = FAST_BUS,
  clock: Clock = systemClock(),
  gapMs = 2,
): Controller {
  const line = openSerialLine({ path, ...LINE, gapMs }, dartFraming(), clock, SILENT);
  const bus = openDartBus(line, settings, clock, SILENT);
  return {
    bus,
    pump: (own) =>
      bus.pump({
        address: 0x50,
        nozzles: [1],
        volumeDecimals: 2,
        priceDigits: 1_989,
        readingMs: 20,
        watchMs: 100,
        ...own,
      }),
  };
}

/** Where a simulated pump's cable goes in: the pump lives on without it. */
class Socket implements SimulatorPort {
  #port: SimulatorPort | null = null;
  #listener: (bytes: Uint8Array) => void = () => {};

  async plug(path: string, noise?: Noise): Promise<void> {
    this.#port = await openSimulatorPort({ path, ...LINE, ...(noise === undefined ? {} : { noise }) });
    this.#port.onBytes((bytes) => this.#listener(bytes));
  }

  write(bytes: Uint8Array): void {
    this.#port?.write(bytes);
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#port?.close();
  }
}

type Noise = (bytes: Uint8Array) => Uint8Array;

export interface PluggedPump extends DartPumpBench {
  plug(path: string): Promise<void>;
}

export async function openPump(path: string, options: DartPumpOptions = {}, noise?: Noise): Promise<PluggedPump> {
  const socket = new Socket();
  await socket.plug(path, noise);
  return { ...startDartPump(socket, { speed: 20, ...options }), plug: (next) => socket.plug(next, noise) };
}

export function side(bench: DartPumpBench, at = 0): BenchDevice {
  const found = bench.sides[at];
  if (found === undefined) throw new Error(`the pump has no side ${at}`);
  return found;
}

/** All that a dispenser tells, and what of it there is at the moment. */
export class Told {
  readonly all: DispenserEvent[] = [];

  constructor(dispenser: DartDispenser) {
    dispenser.listen((event) => this.all.push(event));
  }

  of<T extends DispenserEvent["type"]>(type: T): Extract<DispenserEvent, { type: T }>[] {
    return this.all.filter((event) => event.type === type) as Extract<DispenserEvent, { type: T }>[];
  }

  get fault(): string | null {
    const last = this.all.findLast(({ type }) => type === "fault-raised" || type === "fault-cleared");
    return last?.type === "fault-raised" ? last.detail : null;
  }
}

export function certain<T>(outcome: Outcome<T>): T {
  if (outcome.kind !== "done") throw new Error(`${outcome.kind}: ${outcome.detail}`);
  return outcome.value;
}

/** Asks until there is an answer, as the engine does. */
export async function patiently<T>(ask: () => Promise<Outcome<T>>, patienceMs = 30_000): Promise<Outcome<T>> {
  const endMs = Date.now() + patienceMs;
  for (;;) {
    const outcome = await ask();
    if (outcome.kind !== "unknown" || Date.now() > endMs) return outcome;
    await sleep(20);
  }
}

export async function ready(pump: DartDispenser): Promise<number> {
  return certain(await patiently(() => pump.totaliser()));
}

/** A customer who takes what there is as soon as the pump allows it, and hangs up when it is over. */
export function eagerCustomer(pump: BenchDevice): () => void {
  const timer = setInterval(() => {
    const { status, nozzle } = pump.state();
    if (status === "authorized" && nozzle === "in") {
      pump.act("lift");
      pump.act("squeeze");
    } else if ((status === "maxReached" || status === "fillingCompleted") && nozzle === "out") {
      pump.act("hang-up");
    }
  }, 5);
  return () => clearInterval(timer);
}

export async function until(what: string, holds: () => boolean, patienceMs = 30_000): Promise<void> {
  await eventually(what, holds, patienceMs);
}

export type { PtyPair };
export { openPty };
