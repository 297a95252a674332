import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { BenchDevice, SimulatorPort } from "../../../src/devices/bench/device.ts";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import { openBus } from "../../../src/devices/modbus-meter/bus.ts";
import { answersFraming, type Frame } from "../../../src/devices/modbus-meter/codec.ts";
import { coilContactor } from "../../../src/devices/modbus-meter/contactor.ts";
import { Dispute } from "../../../src/devices/modbus-meter/dispute.ts";
import { openModbusMeter } from "../../../src/devices/modbus-meter/modbus-meter.ts";
import type { ModbusMeterSettings } from "../../../src/devices/modbus-meter/settings.ts";
import { type MeterOptions, startModbusMeter } from "../../../src/devices/modbus-meter/simulator/modbus-meter.ts";
import { fileStore } from "../../../src/devices/parts/register-file.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { needs } from "../../support/components.ts";
import { SILENT } from "../../support/silent-log.ts";
import type { NetPlug } from "./net-plug.ts";

export const hasSocat = needs("socat", "/usr/bin/socat");

/** In a hurry: 72 kW are 20 Wh a second. */
export const FAST: ModbusMeterSettings = {
  unit: 1,
  meter: "sdm230",
  maxPowerW: 100_000,
  pollMs: 50,
  timeoutMs: 400,
  timing: { restingPollMs: 100, lagMs: 100, openingMs: 150, silentMs: 3_000 },
};
const POWER_W = 72_000;

export interface MeterRig {
  readonly line: SerialLine<Frame>;
  readonly devices: readonly BenchDevice[];
  readonly device: BenchDevice;
  readonly dispensers: readonly Dispenser[];
  readonly dispenser: Dispenser;
  readonly events: DispenserEvent[];
  /** What its meter tells, which must be all that it ever held and released. */
  totaliserWh(): Promise<number>;
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  /** The daemon again, after it was killed: nothing of the first one is told or asked any more. */
  again(): Promise<Dispenser>;
  remove(): Promise<void>;
}

export const START_WH = 1_234_560;

export interface RigOptions {
  readonly device?: MeterOptions;
  readonly settings?: Partial<ModbusMeterSettings>;
  readonly noise?: (bytes: Uint8Array) => Uint8Array;
  /** So many meters on the line, with units from 1 on. */
  readonly units?: number;
  /** Whether the drivers begin while the port is still being opened, as the daemon's do. */
  readonly early?: boolean;
  /** At the end of a network in the place of a serial line. */
  readonly net?: NetPlug;
  /** Of the network's end. */
  readonly framing?: "tcp" | "rtu";
  /** The coil is one of another device on the line. */
  readonly coilUnit?: number;
}

/** What every fault must tell the person who reads it: something to do, or to look at. */
const INSTRUCTION = /\b(check|compare|cut|replace|restart|set|take|use|have|wait|write down|look)\b/;

export function saysWhatToDo(text: string): boolean {
  return INSTRUCTION.test(text);
}

/** Drivers on one end of a pseudo-terminal, simulated meters on the other. */
export async function meterRig(rigOptions: RigOptions = {}): Promise<MeterRig> {
  const { device: options, settings, noise, units = 1, early = false, coilUnit, net, framing = "tcp" } = rigOptions;
  const folder = mkdtempSync(join(tmpdir(), "kioskd-meter-"));
  const socket = net ?? new Socket(folder, noise);
  await socket.plugIn();
  const devices = Array.from({ length: units }, (_, index) =>
    startModbusMeter(socket.port(), { startWh: START_WH, powerW: POWER_W, unit: index + 1, ...options }),
  );
  const clock = systemClock();
  const path = join(folder, "meter.host");
  const line =
    net === undefined
      ? openSerialLine({ path, baudRate: 9_600, gapMs: 2 }, answersFraming(), clock, SILENT)
      : openBus({ port: net.url, framing, baudRate: 9_600, parity: "none", stopBits: 1 }, clock, SILENT);
  if (!early) await until(() => line.up);
  const open = async (unit: number): Promise<Dispenser> => {
    const merged = { ...FAST, unit, ...settings };
    const contactor = coilContactor({ unit: coilUnit ?? unit, coil: 0, timeoutMs: merged.timeoutMs }, line);
    const dispute = await Dispute.open(fileStore(join(folder, `dispute-${unit}.register`)), clock, SILENT);
    return openModbusMeter(merged, line, clock, SILENT, { contactor, dispute });
  };
  const dispensers = await Promise.all(devices.map((_, index) => open(index + 1)));
  const [device, dispenser] = [devices[0], dispensers[0]];
  if (device === undefined || dispenser === undefined) throw new Error("no meter was asked for");
  const events: DispenserEvent[] = [];
  dispenser.listen((event) => {
    events.push(event);
    if (event.type === "fault-raised") expect(event.detail).toSatisfy(saysWhatToDo);
  });
  return {
    line,
    devices,
    device,
    dispensers,
    dispenser,
    events,
    totaliserWh: async () => {
      const reading = await dispenser.totaliser();
      if (reading.kind !== "done") throw new Error(reading.detail);
      return reading.value;
    },
    unplug: () => socket.unplug(),
    plugIn: async () => {
      await socket.plugIn();
      await until(() => line.up);
    },
    again: () => open(1),
    remove: async () => {
      await Promise.all(dispensers.map((each) => each.close()));
      await line.close();
      await socket.unplug();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What devices are wired to: they go on living while the plug is pulled. */
class Socket {
  readonly #folder: string;
  readonly #noise: ((bytes: Uint8Array) => Uint8Array) | undefined;
  readonly #listeners: ((bytes: Uint8Array) => void)[] = [];
  #pair: PtyPair | null = null;
  #port: SimulatorPort | null = null;

  constructor(folder: string, noise: ((bytes: Uint8Array) => Uint8Array) | undefined) {
    this.#folder = folder;
    this.#noise = noise;
  }

  port(): SimulatorPort {
    return {
      write: (bytes) => this.#port?.write(bytes),
      onBytes: (listener) => this.#listeners.push(listener),
      close: () => Promise.resolve(),
    };
  }

  async plugIn(): Promise<void> {
    this.#pair = await openPty(this.#folder, "meter");
    const noise = this.#noise === undefined ? {} : { noise: this.#noise };
    this.#port = await openSimulatorPort({ path: this.#pair.device, baudRate: 9_600, ...noise });
    this.#port.onBytes((bytes) => {
      for (const listener of this.#listeners) listener(bytes);
    });
  }

  async unplug(): Promise<void> {
    await this.#port?.close();
    await this.#pair?.unplug();
    this.#port = null;
    this.#pair = null;
  }
}

export async function until(what: () => boolean, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > endMs) throw new Error(`did not come true within ${withinMs} ms: ${what.toString()}`);
    await sleep(2);
  }
}
