import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { DEVICES } from "../src/devices/registry.ts";
import { PAYMENTS, UNNAMED } from "../src/payments/registry.ts";

const SRC = join(import.meta.dirname, "../src");

/** By family. By which a plug-in would be known elsewhere, beside its folder's name: its makers, its protocol, its driver. */
const WORDS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  devices: {
    dart: ["DartPump\\w*"],
    mdb: ["qibixx", "mdb\\w+"],
    ocpp: ["ocpp\\w*", "RemoteStart\\w*", "chargePoint\\w*"],
    "modbus-meter": ["modbus\\w*", "eastron", "sdm\\d*"],
    "pulse-credit": ["pulsecredit\\w*"],
    pulser: ["fuel-?pulser"],
    rapi: ["openevse"],
    "relay-timer": ["relaytimer\\w*"],
    "relay-vend": ["relayvend\\w*"],
    s0: ["s0-?charger"],
  },
  payments: {
    seqr: ["\\w*seqr\\w*", "reseller\\w*", "sticker\\w*", "cashregister"],
    vipps: ["\\w*vipps\\w*", "mobilepay"],
    stripe: ["\\w*stripe\\w*", "checkout", "acct_\\w*"],
  },
};

/** Folders with an ordinary word for a name: of these only what stands in quotes, as a value, is the plug-in's. */
const ORDINARY: Readonly<Record<string, string>> = {
  pulser: "the trade's word for what makes pulses, in any pump",
  tap: "the blueprint's, once it is copied; and what a finger does",
  simulated: "devices, services and brokers are, for demos and benches",
};

const FILES = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ file: relative(SRC, path), lines: readFileSync(path, "utf8").split("\n") }));

function foldersOf(family: string): string[] {
  return readdirSync(join(SRC, family)).filter((name) => existsSync(join(SRC, family, name, "config.ts")));
}

function pattern(folder: string, words: readonly string[]): RegExp {
  const name = folder in ORDINARY ? `["'\`/]${folder}["'\`/]` : `\\b${folder}\\b`;
  return new RegExp([name, ...words.map((word) => `\\b${word}\\b`)].join("|"), "i");
}

function mentions(word: RegExp, where: (file: string) => boolean): readonly string[] {
  return FILES.filter(({ file }) => where(file)).flatMap(({ file, lines }) =>
    lines.flatMap((line, index) => {
      const [found] = word.exec(line) ?? [];
      return found === undefined ? [] : [`${file}:${index + 1}: ${found}`];
    }),
  );
}

describe.each(Object.entries(WORDS))("of %s", (family, known) => {
  const plugIns = foldersOf(family).map((folder) => [folder, known[folder] ?? []] as const);

  it("those with words of their own are there", () => {
    expect(plugIns.length).toBeGreaterThan(0);
    expect(Object.keys(known).filter((folder) => !foldersOf(family).includes(folder))).toEqual([]);
  });

  it.each(plugIns)("nothing outside its folder and its registry line names %s", (folder, words) => {
    const word = pattern(folder, words);
    const isIts = (file: string): boolean =>
      file.startsWith(`${family}/${folder}/`) || file === `${family}/registry.ts`;
    expect(mentions(word, isIts)).not.toEqual([]);
    expect(mentions(word, (file) => !isIts(file))).toEqual([]);
  });

  it.each(plugIns)("one registry line and its import name %s", (folder) => {
    const { lines = [] } = FILES.find(({ file }) => file === `${family}/registry.ts`) ?? {};
    const word = pattern(folder, known[folder] ?? []);
    expect(lines.filter((line) => line.includes(`"./${folder}/`) || word.test(line))).toHaveLength(2);
  });
});

describe("the README of a plug-in", () => {
  const folders = Object.keys(WORDS).flatMap((family) => foldersOf(family).map((folder) => join(family, folder)));

  it.each(folders)("stands in %s, is short, and links to what is there", (folder) => {
    const text = readFileSync(join(SRC, folder, "README.md"), "utf8");
    const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, link = ""]) => link);
    expect(text.split("\n").length).toBeLessThanOrEqual(41);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(join(SRC, folder, link)))).toEqual([]);
  });

  const devices = foldersOf("devices");
  it.each(devices)("says of the device %s what a reader needs, with the example that is checked", (folder) => {
    const text = readFileSync(join(SRC, "devices", folder, "README.md"), "utf8");
    const example = readFileSync(join(SRC, "devices", folder, "example.yaml"), "utf8");
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
      "What it proves, and what it cannot know",
      "Configuration",
      "Simulator",
      "Where the facts come from",
    ]);
    expect(text).toContain(`\`\`\`yaml\n${example.trimEnd()}\n\`\`\``);
    const named = [...text.matchAll(/`([\w/-]+\.ts)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(SRC, "devices", folder, path)))).toEqual([]);
    const simulated = [...text.matchAll(/`kioskd simulate ([\w-]+)/g)].map(([, name = ""]) => name);
    const bench = join(SRC, "devices", folder, "bench.ts");
    const names = existsSync(bench) ? [...readFileSync(bench, "utf8").matchAll(/^ {2}name: "([\w-]+)"/gm)] : [];
    expect(simulated).toEqual(names.map(([, name]) => name));
  });
});

describe("the devices", () => {
  it("have a driver each", () => {
    const drivers = DEVICES.map(({ driver }) => driver);
    expect(drivers).toEqual([...new Set(drivers)]);
    expect(drivers).toHaveLength(foldersOf("devices").length);
  });

  it("load no driver before a position names it", () => {
    const texts = foldersOf("devices").map((folder) => readFileSync(join(SRC, "devices", folder, "config.ts"), "utf8"));
    const imported = texts.flatMap((text) => [...text.matchAll(/from "(\.[^"]+)"/g)].map(([, path = ""]) => path));
    const own = imported.filter((path) => path.startsWith("./"));
    // Figures, names, checks and the names of commands; none imports a package or a driver when it is loaded.
    const light = ["./checks.ts", "./codec.ts", "./commands.ts", "./model.ts", "./place.ts", "./registers.ts"];
    expect(own).toEqual([...light, "./delivery.ts", "./energy-register.ts"]);
  });
});

describe("the payment services", () => {
  it("own no old journal by standing first: what names none is of the one that was alone", () => {
    expect(UNNAMED).toBe("seqr");
  });

  it("load no adapter, and no package of theirs, before they are configured", () => {
    for (const { name } of PAYMENTS) {
      const loaded = loadedWith(join(SRC, "payments", name, "plug-in.ts"));
      expect(loaded).toContain("zod");
      expect(loaded.filter((each) => !/^(zod$|node:)/.test(each) && !each.startsWith(SRC))).toEqual([]);
      expect(loaded.filter((each) => /(open|provider|books|client|simulator\/.*)[.]ts$/.test(each))).toEqual([]);
    }
  });
});

/** All files and packages that a file of `src` loads at once. */
function loadedWith(path: string, seen = new Set<string>()): readonly string[] {
  for (const [, from = ""] of readFileSync(path, "utf8").matchAll(
    /^(?:import|export) (?!type\b)[^;]*?from "([^"]+)"/gm,
  )) {
    const target = from.startsWith(".") ? join(path, "..", from) : from;
    if (seen.has(target)) continue;
    seen.add(target);
    if (from.startsWith(".")) loadedWith(target, seen);
  }
  return [...seen];
}
