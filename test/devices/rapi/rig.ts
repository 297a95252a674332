import { join } from "node:path";
import type { BenchDevice, SimulatorPort } from "../../../src/devices/bench/device.ts";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import type { RapiSettings } from "../../../src/devices/rapi/delivery.ts";
import { openRapiCharger } from "../../../src/devices/rapi/driver.ts";
import { type RapiChargerOptions, startRapiCharger } from "../../../src/devices/rapi/simulator/charger.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { SILENT } from "../../support/silent-log.ts";
import { roundTripMs } from "../../support/wire-pace.ts";

/** What the driver waits for an answer, of the hurried time. */
const ANSWER_MS = 300;
export const MOST_HURRY = 5;
export const SETTINGS: RapiSettings = { currentA: 32, maxPowerW: 22_200, bootLock: "expected" };
const CAR = { withCar: true, carPowerW: 22_000, supplyV: 690 };

export interface Driven {
  readonly dispenser: Dispenser;
  readonly events: readonly DispenserEvent[];
  /** As if its process were killed: it says nothing any more, and learns nothing. */
  kill(): Promise<void>;
}

export interface Rig extends Driven {
  readonly charger: BenchDevice;
  pass(ms: number): Promise<void>;
  /** Waits until it is so, for two minutes of the hurried time at most. */
  until(isSo: () => boolean, what: string): Promise<void>;
  /** A driver of its own, as after a restart of the daemon. */
  restart(): Driven;
  unplug(): Promise<void>;
  replug(): Promise<void>;
  remove(): Promise<void>;
}

export interface RigOptions extends RapiChargerOptions {
  readonly noise?: (bytes: Uint8Array) => Uint8Array;
  readonly settings?: RapiSettings;
  readonly hurry?: number;
}

/** How much faster time may pass for the driver and the charger alike: less where answers take their time. */
export async function hurryFor(most: number): Promise<number> {
  return Math.max(1, Math.min(most, ANSWER_MS / (3 * (await roundTripMs()))));
}

/** A charger on a pseudo-terminal, and a driver at its other end that has found it. */
export async function makeRig(folder: string, name: string, options: RigOptions = {}): Promise<Rig> {
  const { noise, settings = SETTINGS, hurry = await hurryFor(MOST_HURRY), ...charger } = options;
  let pty: PtyPair;
  let port: SimulatorPort;
  let onBytes: (bytes: Uint8Array) => void = () => {};
  async function replug(): Promise<void> {
    pty = await openPty(folder, name);
    const wire = { path: pty.device, baudRate: 115_200, ...(noise === undefined ? {} : { noise }) };
    port = await openSimulatorPort(wire);
    port.onBytes((bytes) => onBytes(bytes));
  }
  async function unplug(): Promise<void> {
    await port.close();
    await pty.unplug();
  }
  await replug();
  const plug: SimulatorPort = {
    write: (bytes) => port.write(bytes),
    onBytes: (listener) => {
      onBytes = listener;
    },
    close: () => port.close(),
  };
  const device = startRapiCharger(plug, { speed: hurry, ...CAR, ...charger });
  const clock = hurriedClock(hurry);
  const pass = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.after(ms, resolve);
    });
  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    const overMs = clock.monotonicMs() + 120_000;
    while (!isSo()) {
      if (clock.monotonicMs() > overMs) throw new Error(`never: ${what}; ${JSON.stringify(device.state())}`);
      await pass(50);
    }
  };
  const restart = (): Driven => drive(join(folder, `${name}.host`), settings, clock);
  const driven = restart();
  for (let tries = 0; tries < 100 && (await driven.dispenser.stop()).kind !== "done"; tries++) await pass(100);
  const remove = async (): Promise<void> => {
    await device.close();
    await pty.unplug();
  };
  return { ...driven, charger: device, pass, until, restart, unplug, replug, remove };
}

function drive(path: string, settings: RapiSettings, clock: Clock): Driven {
  const line = openSerialLine({ path, baudRate: 115_200 }, textLines({ end: "\r", maxBytes: 80 }), clock, SILENT);
  let isAlive = true;
  const mortal: SerialLine<string> = {
    get up() {
      return line.up;
    },
    ask: (request, answers, timeoutMs) =>
      isAlive ? line.ask(request, answers, timeoutMs) : new Promise<never>(() => {}),
    tell: (bytes) => line.tell(bytes),
    onFrame: (listener) => line.onFrame((frame) => (isAlive ? listener(frame) : undefined)),
    onLink: (listener) => line.onLink(listener),
    close: () => line.close(),
  };
  const dispenser = openRapiCharger(settings, mortal, clock, SILENT);
  const events: DispenserEvent[] = [];
  dispenser.listen((event) => events.push(event));
  const kill = async (): Promise<void> => {
    isAlive = false;
    await line.close();
  };
  return { dispenser, events, kill };
}

export async function totaliser(dispenser: Dispenser): Promise<number> {
  const reading = await dispenser.totaliser();
  if (reading.kind !== "done") throw new Error(reading.detail);
  return reading.value;
}
