import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CONFIG = "/sys/kernel/config/gpio-sim";

/** A chip of the kernel's gpio-sim, as seen from the world: Documentation/admin-guide/gpio/gpio-sim.rst. */
export interface SimChip {
  readonly label: string;
  level(offset: number): boolean;
  drive(offset: number, high: boolean): void;
}

export function findSimChip(label: string): SimChip {
  for (const device of readdirSync(CONFIG)) {
    if (readFileSync(join(CONFIG, device, "bank/label"), "utf8").trim() === label) return simChip(label, device);
  }
  throw new Error(`There is no gpio-sim chip called ${label}.`);
}

/** Another chip beside, with as many lines, until the machine is switched off. */
export function makeSimChip(label: string, lines: number): SimChip {
  mkdirSync(join(CONFIG, label));
  mkdirSync(join(CONFIG, label, "bank"));
  writeFileSync(join(CONFIG, label, "bank/label"), label);
  writeFileSync(join(CONFIG, label, "bank/num_lines"), String(lines));
  writeFileSync(join(CONFIG, label, "live"), "1");
  return simChip(label, label);
}

function simChip(label: string, device: string): SimChip {
  const attribute = (name: string): string => readFileSync(join(CONFIG, device, name), "utf8").trim();
  const folder = join("/sys/devices/platform", attribute("dev_name"), attribute("bank/chip_name"));
  const file = (offset: number, name: string): string => join(folder, `sim_gpio${offset}`, name);
  return {
    label,
    level: (offset) => readFileSync(file(offset, "value"), "utf8").trim() === "1",
    drive: (offset, high) => writeFileSync(file(offset, "pull"), high ? "pull-up" : "pull-down"),
  };
}
