import { execFile } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** The simulated chip's label, unless the guest was given another. */
export const CHIP = "gpio-sim.rig";

/** A line of the chip as the product's configuration names it. */
export function lineName(line: number): string {
  return `${CHIP}:${line}`;
}

/** The number that sysfs has for the line. */
export function sysfsNumber(line: number): number {
  const folder = "/sys/class/gpio";
  const chip = readdirSync(folder).find(
    (entry) => entry.startsWith("gpiochip") && readFileSync(join(folder, entry, "label"), "utf8").trim() === CHIP,
  );
  if (chip === undefined) throw new Error(`there is no chip ${CHIP} in ${folder}`);
  return Number(readFileSync(join(folder, chip, "base"), "utf8")) + line;
}

/** The level that is on the line, whoever drives it. Cheap enough to ask in a loop. */
export function openLevel(line: number): { high(): boolean; close(): void } {
  const file = openSync(simulated(line, "value"), "r");
  const byte = Buffer.alloc(1);
  return {
    high: () => readSync(file, byte, 0, 1, 0) === 1 && byte[0] === "1".charCodeAt(0),
    close: () => closeSync(file),
  };
}

function simulated(line: number, attribute: "value" | "pull"): string {
  const platform = "/sys/devices/platform";
  for (const device of readdirSync(platform).filter((name) => name.startsWith("gpio-sim."))) {
    const chip = readdirSync(join(platform, device)).find((name) => name.startsWith("gpiochip"));
    if (chip !== undefined) return join(platform, device, chip, `sim_gpio${line}`, attribute);
  }
  throw new Error("there is no simulated chip: scenarios run in the rig's guest");
}

export interface Train {
  readonly line: number;
  readonly count: number;
  /** 0 for as fast as the kernel takes them. */
  readonly hz: number;
  readonly delayUs?: number;
}

export interface Sent {
  readonly line: number;
  readonly sent: number;
  readonly askedHz: number;
  readonly reachedHz: number;
}

/** Sends pulses on all these lines at the same time, from a process of their own; resolves when all are sent. */
export async function pulse(trains: readonly Train[]): Promise<readonly Sent[]> {
  const words = trains.map(({ line, count, hz, delayUs = 0 }) => `${line}:${count}:${hz}:${delayUs}`);
  const { stdout } = await promisify(execFile)("pulse", words);
  return stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as Sent);
}

/** What the world outside drives on the line. */
export function setLevel(line: number, high: boolean): void {
  writeFileSync(simulated(line, "pull"), high ? "pull-up" : "pull-down");
}
