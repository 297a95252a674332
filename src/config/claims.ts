import { existsSync, realpathSync } from "node:fs";
import { normalize } from "node:path";
import { HEADER_LAST, headerNumber, readLineName } from "../core/line-name.ts";
import type { LineUse, PortUse } from "../ports/device.ts";
import { factsOf, type PlugIns } from "./plug-ins.ts";
import { type Found, type Path, sentence, shown } from "./problem.ts";
import type { Config, PositionConfig } from "./schema.ts";

/** The last line of any Raspberry Pi's chip. */
const LAST_LINE = 57;
/** A Raspberry Pi holds these high from its reset, or from early on, until somebody drives them. */
const HIGH_AT_RESET: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15];

/** Two drivers on one line would each believe the other's pulses; an output on the wrong one opens at each start. */
export function lineChecks({ positions, gpio }: Config, plugIns: PlugIns): Found[] {
  const headerChip = gpio.headerChip ?? null;
  const owners = new Map<string, { readonly path: Path; readonly text: string }>();
  return positions.flatMap((position, index) =>
    linesOf(position, plugIns).flatMap(({ at, line: text, opens }) => {
      const path = ["positions", index, ...at];
      const number = headerNumber(text, headerChip);
      const problem = headerChip === null && number !== null ? headerProblem(text, number, opens) : null;
      if (problem !== null) return [{ path, message: problem }];
      const key = lineKey(text, number);
      const owner = owners.get(key);
      if (owner === undefined) {
        owners.set(key, { path, text });
        return [];
      }
      const same = owner.text === text ? "a second time" : `which is the same line as ${shown(owner.text)}`;
      const found = owner.text === text ? `${shown(text)} ${same}` : `${shown(text)}, ${same}`;
      return [{ path, message: sentence({ found, expected: "a line of its own for each use" }), other: owner.path }];
    }),
  );
}

/** Those of its device and of its signals; paths begin at the position. */
function linesOf({ dispenser, signals }: PositionConfig, plugIns: PlugIns): readonly LineUse[] {
  const ofDevice = factsOf(plugIns, dispenser).lines.map((use) => ({ ...use, at: ["dispenser", ...use.at] }));
  return [...ofDevice, ...signalLines(signals)];
}

/** What a position's lamp and beeper take. */
export function signalLines(signals: PositionConfig["signals"]): readonly LineUse[] {
  return (["lamp", "beeper"] as const).flatMap((key) => {
    const line = signals?.[key];
    return line === undefined ? [] : [{ at: ["signals", key], line, opens: null }];
  });
}

function lineKey(text: string, number: number | null): string {
  if (number !== null) return `GPIO${number}`;
  const line = readLineName(text);
  return line.by === "offset" ? `${line.chip}:${line.offset}` : text;
}

function headerProblem(text: string, number: number, opens: LineUse["opens"]): string | null {
  const found = text === `GPIO${number}` ? shown(text) : `${shown(text)}, which is GPIO${number}`;
  if (number > (/^GPIO/.test(text) ? HEADER_LAST : LAST_LINE)) {
    return sentence({
      found: shown(text),
      expected: "one of GPIO0 to GPIO27 on the header of a Raspberry Pi",
      example: "GPIO17",
      hint: "lines of another board are written label:offset, or gpio.headerChip names its chip",
    });
  }
  if (opens === null || opens.activeLow || !HIGH_AT_RESET.includes(number)) return null;
  return sentence({
    found,
    expected: "a line that is low at the start of a Raspberry Pi, one of GPIO9 to GPIO27 without 14 and 15",
    example: "GPIO17",
    hint: "this one is high until the daemon drives it, and would open at each start; where low opens write activeLow: true",
  });
}

interface Use extends PortUse {
  /** The way to what uses the port. */
  readonly at: Path;
  /** The key there that names it. */
  readonly key: string;
  readonly driver: string;
  /** The device that the path leads to, as far as this machine has it. */
  readonly device: string;
}

/** One port has one driver, one speed, and each address once. */
export function portChecks(config: Config, plugIns: PlugIns): Found[] {
  const uses = portsOf(config, plugIns);
  return uses.flatMap((use, index) => {
    const before = uses.slice(0, index).filter(({ device }) => device === use.device);
    const [first] = before;
    return first === undefined ? [] : portProblems(use, first, before);
  });
}

function portProblems(use: Use, first: Use, before: readonly Use[]): Found[] {
  const at = [...use.at, use.key];
  const other = [...first.at, first.key];
  const where =
    use.path === first.path ? shown(use.path) : `${shown(use.path)}, which is the same port as ${shown(first.path)}`;
  if (use.driver !== first.driver || use.alike === null || first.alike === null) {
    const found = `${where} for ${use.driver}, where ${first.driver === use.driver ? `another ${use.driver}` : first.driver} is`;
    const message = sentence({
      found,
      expected: `a port of its own for ${use.alike === null ? "each" : "each driver"}`,
    });
    return [{ path: at, message, other }];
  }
  if (use.path !== first.path) {
    return [
      {
        path: at,
        message: sentence({ found: where, expected: "one port written one way", example: first.path }),
        other,
      },
    ];
  }
  const { alike } = first;
  const differing = Object.entries(use.alike).flatMap(([key, value]) => {
    if (alike[key] === value) return [];
    const expected = `${alike[key]} as the first on this port has`;
    return [
      { path: [...use.at, key], message: sentence({ found: String(value), expected }), other: [...first.at, key] },
    ];
  });
  const taken = use.own.flatMap(({ at: way, name }) => {
    const owner = before.find((each) => each.own.some((one) => one.name === name));
    if (owner === undefined) return [];
    const message = sentence({ found: `${name} on ${use.path} a second time`, expected: "each once on a port" });
    const first = owner.own.find((one) => one.name === name);
    return [{ path: [...use.at, ...way], message, other: [...owner.at, ...(first?.at ?? [])] }];
  });
  return [...differing, ...taken];
}

function portsOf({ display, positions }: Config, plugIns: PlugIns): readonly Use[] {
  const uses = positions.flatMap(({ dispenser }, index): Use[] => {
    const { port } = factsOf(plugIns, dispenser);
    const at = ["positions", index, "dispenser"];
    return port === null
      ? []
      : [
          {
            ...port,
            at,
            key: port.listens === undefined ? "port" : "listen",
            driver: dispenser.driver,
            device: deviceOf(port.path),
          },
        ];
  });
  const path = display.driver === "web" ? undefined : display.device;
  if (path === undefined) return uses;
  const device = { at: ["display"], key: "device", driver: "display", device: deviceOf(path), path };
  return [{ ...device, alike: null, own: [] }, ...uses];
}

/** Links below /dev/serial/by-id lead to the same device as its own name does. */
function deviceOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : normalize(path);
}
