import { setTimeout as sleep } from "node:timers/promises";
import type { BenchDevice } from "../../../src/devices/bench/device.ts";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import { openMdbVending } from "../../../src/devices/mdb/driver.ts";
import type { MdbVendingSettings } from "../../../src/devices/mdb/settings.ts";
import { startVendingMachine, type VendingMachineOptions } from "../../../src/devices/mdb/simulator/vending-machine.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { needs } from "../../support/components.ts";
import { SILENT } from "../../support/silent-log.ts";

export const hasSocat = needs("socat", "/usr/bin/socat");

const ITEMS = [
  { number: 1, priceBase: 1200 },
  { number: 2, priceBase: 1550 },
  { number: 18, priceBase: 9920 },
];

export const SETTINGS: MdbVendingSettings = {
  flow: "authorise-first",
  currencyNumber: 752,
  address: 0x10,
  prices: new Map(ITEMS.map(({ number, priceBase }) => [number, priceBase])),
  maxVends: 5,
  vendTimeoutMs: 400,
  wantTimeoutMs: 2_000,
  answerTimeoutMs: 60,
  readyTimeoutMs: 400,
};

/** The same where real bytes may be late on a busy machine: a test that waits for one of these asks for a shorter one. */
export const PATIENT: MdbVendingSettings = {
  ...SETTINGS,
  vendTimeoutMs: 10_000,
  wantTimeoutMs: 10_000,
  answerTimeoutMs: 5_000,
  readyTimeoutMs: 10_000,
};

/** A driver on one end of a pseudo-terminal. */
export interface Driven {
  readonly dispenser: Dispenser;
  readonly events: DispenserEvent[];
  /** What was told as unaccounted, with null for an amount that nobody knows. */
  readonly unaccountedBase: () => (number | null)[];
  readonly fault: () => string | null;
  readonly totalBase: () => Promise<number>;
}

export async function drive(pair: PtyPair, registerPath: string, settings: MdbVendingSettings): Promise<Driven> {
  const framing = textLines({ end: "\n", maxBytes: 120 });
  const clock = systemClock();
  const line = openSerialLine({ path: pair.host, baudRate: 115_200 }, framing, clock, SILENT);
  const dispenser = await openMdbVending(settings, line, registerPath, clock, SILENT);
  const events: DispenserEvent[] = [];
  let fault: string | null = null;
  dispenser.listen((event) => {
    events.push(event);
    if (event.type === "fault-raised") fault = event.detail;
    if (event.type === "fault-cleared") fault = null;
  });
  return {
    dispenser,
    events,
    fault: () => fault,
    unaccountedBase: () => events.flatMap((event) => (event.type === "unaccounted" ? [event.quantityBase] : [])),
    totalBase: async () => {
      const reading = await dispenser.totaliser();
      if (reading.kind !== "done") throw new Error(JSON.stringify(reading));
      return reading.value;
    },
  };
}

export interface Rig extends Driven {
  readonly machine: BenchDevice;
  readonly pair: PtyPair;
  readonly registerPath: string;
  remove(): Promise<void>;
}

/** A driver and a vending machine at the two ends of a pseudo-terminal, ready to sell. */
export async function rig(
  folder: string,
  options: VendingMachineOptions & Partial<MdbVendingSettings> & { noise?: (bytes: Uint8Array) => Uint8Array } = {},
): Promise<Rig> {
  const { noise, ...rest } = options;
  const pair = await openPty(folder, "mdb");
  const port = await openSimulatorPort({ path: pair.device, baudRate: 115_200, ...(noise ? { noise } : {}) });
  const machine = startVendingMachine(port, { items: ITEMS, vendMs: 5, pollMs: 2, ...rest });
  const registerPath = `${folder}/register`;
  const driven = await drive(pair, registerPath, { ...PATIENT, ...rest });
  await until(() => driven.fault() === null);
  return {
    ...driven,
    machine,
    pair,
    registerPath,
    remove: async () => {
      await driven.dispenser.close();
      await machine.close();
      await pair.unplug();
    },
  };
}

/** Waits for what must come true. */
export async function until(what: () => boolean, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > endMs) throw new Error(`did not come true within ${withinMs} ms: ${what.toString()}`);
    await sleep(2);
  }
}
