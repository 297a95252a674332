import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER_CHIPS } from "../../../core/line-name.ts";
import { GpioError } from "../gpio.ts";
import { parseLineName } from "../line-name.ts";

/** A line as sysfs knows it: by a number that is this kernel's own. */
export interface SysfsLine {
  readonly number: number;
  readonly chipLabel: string;
  readonly offset: number;
  /** For errors: what was asked for, and what it came to. */
  readonly description: string;
}

interface Chip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

/** Throws a GpioError. */
export function findSysfsLine(root: string, text: string, headerChip: string | null): SysfsLine {
  const name = parseLineName(text, headerChip);
  const chips = readChips(root);
  const have = `This machine has ${chips.map(({ label, lines }) => `${label} (${lines} lines)`).join(", ") || "no chip"}.`;
  const chip = (labels: readonly string[], what: string): Chip => {
    const [found, ...others] = chips.filter(({ label }) => labels.includes(label));
    if (found === undefined)
      throw new GpioError(`${text}: there is no ${what}. ${have} Write one of these as label:offset.`);
    if (others.length === 0) return found;
    throw new GpioError(
      `${text}: ${others.length + 1} chips are called ${found.label}, and sysfs tells no more of them.`,
    );
  };
  const on = (found: Chip, offset: number): SysfsLine => {
    if (offset >= found.lines) {
      throw new GpioError(`${text}: ${found.label} has lines 0 to ${found.lines - 1}. Choose one of these.`);
    }
    const number = found.base + offset;
    const description = `${text} (${found.label}:${offset}, sysfs number ${number})`;
    return { number, chipLabel: found.label, offset, description };
  };
  if (name.by === "offset") return on(chip([name.chip], `chip called ${name.chip}`), name.offset);
  const onHeader = /^GPIO(\d+)$/.exec(name.name);
  if (onHeader === null) {
    throw new GpioError(`${text}: sysfs knows no names of lines but GPIO0 to GPIO27 of a Raspberry Pi. ${have}`);
  }
  if (Number(onHeader[1]) > 27) {
    throw new GpioError(
      `${text}: the header of a Raspberry Pi has GPIO0 to GPIO27. ${have} Write others as label:offset.`,
    );
  }
  return on(chip(HEADER_CHIPS, "Raspberry Pi's pin controller"), Number(onHeader[1]));
}

function readChips(root: string): readonly Chip[] {
  const folder = join(root, "/sys/class/gpio");
  if (!existsSync(join(folder, "export"))) {
    throw new GpioError(`${folder}/export is missing: this kernel has no GPIO in sysfs. Use the backend libgpiod.`);
  }
  return readdirSync(folder)
    .filter((entry) => /^gpiochip\d+$/.test(entry))
    .map((entry) => {
      const attribute = (name: string): string => readFileSync(join(folder, entry, name), "utf8").trim();
      return { label: attribute("label"), base: Number(attribute("base")), lines: Number(attribute("ngpio")) };
    });
}
