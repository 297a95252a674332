import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sax from "sax";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { deviceOf, outputsOf } from "../../src/config/plug-ins.ts";
import { DEVICES } from "../../src/devices/registry.ts";
import { parseLineName } from "../../src/platform/gpio/line-name.ts";
import type { BoundDevice } from "../../src/ports/device.ts";

const HW = join(import.meta.dirname, "../../hw");
const NO_ASSEMBLIES: readonly string[] = ["rig", "udev"];
const ASSEMBLIES = readdirSync(HW, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !NO_ASSEMBLIES.includes(entry.name))
  .map(({ name }) => name);
const HEADINGS = ["Parts", "Pin map", "Levels", "What fails closed", "Limits", "What can be lost", "Commissioning"];

interface Pin {
  readonly signal: string;
  readonly headerPin: string;
  readonly line: string;
  readonly level: string;
  readonly pull: string;
}

/** A line that the profile takes, by the name it has in the pin map. */
interface Taken {
  readonly signal: string;
  readonly line: string;
  readonly bias?: string | undefined;
  readonly activeLow?: boolean | undefined;
}

function text(...path: string[]): string {
  return readFileSync(join(HW, ...path), "utf8");
}

interface Profile {
  readonly device: BoundDevice;
  /** Its keys, as the device's schema gives them. */
  readonly keys: object;
}

function profileOf(assembly: string): Profile {
  const written = parse(text(assembly, "profile.yaml"));
  const plugIn = deviceOf(DEVICES, written);
  const keys = plugIn.schema.parse(written);
  return { device: plugIn.bind(keys), keys };
}

/** By the key that names it, and in a list by its entry's id too. */
function linesOf({ device, keys }: Profile): readonly Taken[] {
  return device.lines.map(({ at, line }) => {
    const way = at.at(-1) === "line" ? at.slice(0, -1) : at;
    const entry = inside(keys, way.slice(0, -1));
    const signal = "id" in entry ? `${way.at(-1)} ${entry.id}` : String(way.at(-1));
    return { signal, ...inside(keys, way), line };
  });
}

function inside(keys: object, way: readonly (string | number)[]): object {
  return way.reduce((part, key) => Reflect.get(part, key), keys);
}

function sectionOf(readme: string, heading: string): string {
  return (
    readme
      .split(/^## /m)
      .find((section) => section.startsWith(`${heading}\n`))
      ?.trim() ?? ""
  );
}

function pinMap(assembly: string): readonly Pin[] {
  const rows = sectionOf(text(assembly, "README.md"), "Pin map")
    .split("\n")
    .filter((line) => /^\|.*GPIO\d/.test(line));
  return rows.map((row) => {
    const [signal = "", headerPin = "", line = "", level = "", pull = ""] = row
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    return { signal, headerPin, line, level, pull };
  });
}

/** What `gpio=` lines say of each GPIO, such as `op,dl,pd`. */
function bootLevels(assembly: string): ReadonlyMap<string, string> {
  const levels = new Map<string, string>();
  for (const [, numbers = "", level = ""] of text(assembly, "config.txt").matchAll(/^gpio=([\d,]+)=(\S+)$/gm)) {
    for (const number of numbers.split(",")) levels.set(`GPIO${number}`, level);
  }
  return levels;
}

function isOutput({ device }: Profile, { signal, line }: Taken): boolean {
  return signal === "alive" || outputsOf(device).some((output) => output.line === line);
}

it("looks at every assembly", () => {
  expect(ASSEMBLIES.length).toBeGreaterThanOrEqual(7);
});

describe.each(ASSEMBLIES)("%s", (assembly) => {
  const profile = profileOf(assembly);
  const taken = linesOf(profile);

  it("has its parts in writing, and says that nobody has built it yet or who has", () => {
    const readme = text(assembly, "README.md");
    expect(readme.startsWith(`# ${assembly}\n`)).toBe(true);
    expect([...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(HEADINGS);
    expect(readme).toMatch(/\*\*(Not verified|Verified) on hardware/);
    expect(readme).toContain("(wiring.svg)");
    for (const heading of HEADINGS) expect(sectionOf(readme, heading).split("\n").length, heading).toBeGreaterThan(2);
  });

  it("names only files that are there", () => {
    const links = [...text(assembly, "README.md").matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !existsSync(join(HW, assembly, link)))).toEqual([]);
  });

  it("says the same lines in the pin map and in the profile", () => {
    const said = pinMap(assembly).map(({ signal, line }) => ({ signal, line }));
    const used = taken.map(({ signal, line }) => ({ signal, line }));
    const byLine = (a: { line: string }, b: { line: string }): number => (a.line < b.line ? -1 : 1);
    expect(said.sort(byLine)).toEqual(used.sort(byLine));
  });

  it("puts each line on the header pin that bears it", () => {
    for (const { headerPin, line } of pinMap(assembly)) {
      expect(parseLineName(`pin ${headerPin}`)).toEqual(parseLineName(line));
    }
  });

  it("gives no line two signals", () => {
    const lines = taken.map(({ line }) => line);
    expect(lines).toEqual([...new Set(lines)]);
  });

  it("drives outputs from lines that reset low, and never from the serial port's", () => {
    for (const each of taken.filter((line) => isOutput(profile, line))) {
      const number = Number(each.line.replace("GPIO", ""));
      expect(number, each.signal).toBeGreaterThanOrEqual(9);
      expect([14, 15], each.signal).not.toContain(number);
      expect(each.activeLow ?? false, each.signal).toBe(false);
    }
  });

  it("says the same pulls in pin map, profile and config.txt", () => {
    const levels = bootLevels(assembly);
    expect(new Set(levels.keys())).toEqual(new Set(taken.map(({ line }) => line)));
    for (const each of taken) {
      const pin = pinMap(assembly).find(({ signal }) => signal === each.signal);
      const pull = pin?.pull.startsWith("up") ? "pu" : "pd";
      if (isOutput(profile, each)) {
        expect([levels.get(each.line), pin?.pull], each.signal).toEqual(["op,dl,pd", "down, 10 kΩ outside"]);
      } else {
        expect(levels.get(each.line), each.signal).toBe(`ip,${pull}`);
        expect(each.bias, each.signal).toBe(pull === "pu" ? "pull-up" : "pull-down");
        expect(pin?.level.startsWith(each.activeLow === true ? "low =" : "high ="), each.signal).toBe(true);
      }
    }
  });

  it("starts the board with its watchdog, and with lines that fall when they are given back", () => {
    const config = text(assembly, "config.txt");
    const settings = config.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(settings.filter((line) => !/^(\[(all|pi5)\]|[a-z_]+=[\w=,-]+)$/.test(line))).toEqual([]);
    expect(settings).toContain("dtparam=watchdog=on");
    expect(settings.includes("dtparam=strict_gpiod")).toBe(taken.length > 0);
  });

  it("is drawn: well-formed, by itself, every line with its pin, nothing off the sheet", () => {
    const drawing = text(assembly, "wiring.svg");
    const words = wordsOf(drawing);
    for (const { headerPin, line } of pinMap(assembly)) expect(words).toContain(`${line} · pin ${headerPin}`);
    expect(drawing).toContain('viewBox="0 0 900 ');
    expect(drawing).not.toMatch(/href|url\(|@import|<script|<image|<foreignObject|on\w+=|<!ENTITY|<!DOCTYPE/i);
    expect(words.some((word) => word.includes("Not verified on hardware"))).toBe(true);
  });
});

/** The texts of a drawing. Throws where it is not well-formed. */
function wordsOf(drawing: string): readonly string[] {
  const words: string[] = [];
  let inText = false;
  const parser = sax.parser(true);
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = ({ name, attributes }) => {
    inText = name === "text";
    const [x, y] = [Number(attributes["x"] ?? 0), Number(attributes["y"] ?? 0)];
    const [width, height] = [Number(attributes["width"] ?? 0), Number(attributes["height"] ?? 0)];
    if (name === "rect") expect([x >= 0, y >= 0, x + width <= 900, y + height <= 1_000]).not.toContain(false);
  };
  parser.ontext = (word) => {
    if (inText) words.push(word);
  };
  parser.write(drawing).close();
  return words;
}

describe("the udev rules", () => {
  const rules = text("udev", "99-kioskd.rules")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

  it("are made of keys, operators and quoted values that udev(7) knows", () => {
    const match = String.raw`(SUBSYSTEM|KERNEL|ACTION|DRIVER|TEST|ATTRS?\{\w+\}|ENV\{\w+\})(==|!=)`;
    const assign = String.raw`(ATTR\{\w+\}|ENV\{\w+\}|GROUP|MODE|SYMLINK|RUN)(=|\+=)`;
    const whole = new RegExp(String.raw`^((${match}|${assign})"[^"\\]*"(, (?=\S)|$))+$`);
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.filter((rule) => !whole.test(rule))).toEqual([]);
  });

  it("set nothing on what they have not matched first", () => {
    expect(rules.filter((rule) => !/^SUBSYSTEM=="[a-z-]+", /.test(rule))).toEqual([]);
  });

  it("give their devices to nobody but a group", () => {
    const modes = rules.flatMap((rule) => [...rule.matchAll(/MODE="(\d+)"/g)].map(([, mode]) => mode));
    expect(new Set(modes)).toEqual(new Set(["0660"]));
  });

  it("have shell lines that a shell can read", () => {
    const scripts = rules.flatMap((rule) =>
      [...rule.matchAll(/RUN\+="\/bin\/sh -c '([^']+)'"/g)].map(([, one]) => one),
    );
    expect(scripts).toHaveLength(2);
    for (const script of scripts) execFileSync("/bin/sh", ["-n", "-c", script ?? ""]);
  });

  it("make every name below /dev/kioskd that a profile asks for", () => {
    const made = rules.flatMap((rule) => [...rule.matchAll(/SYMLINK\+="([^"]+)"/g)].map(([, name]) => `/dev/${name}`));
    const asked = ASSEMBLIES.map(profileOf).map(({ device }) => device.port?.path ?? "");
    expect(asked.filter((port) => port.startsWith("/dev/kioskd/") && !made.includes(port))).toEqual([]);
  });
});
