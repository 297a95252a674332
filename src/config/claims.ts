import { existsSync, realpathSync } from "node:fs";
import { normalize } from "node:path";
import { HEADER_LAST, headerNumber, readLineName } from "../core/line-name.ts";
import type { DispenserConfig } from "./dispensers.ts";
import { type Found, type Path, sentence, shown } from "./problem.ts";
import type { Config } from "./schema.ts";

/** A line that a dispenser names, with the way to it in the dispenser. */
interface Line {
  readonly at: Path;
  readonly text: string;
  /** Drives what lets something flow, with an active level. */
  readonly opens: "high" | "low" | null;
}

/** The last line of any Raspberry Pi's chip. */
const LAST_LINE = 57;
/** A Raspberry Pi holds these high from its reset, or from early on, until somebody drives them. */
const HIGH_AT_RESET: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15];

/** Two drivers on one line would each believe the other's pulses; an output on the wrong one opens at each start. */
export function lineChecks({ positions, gpio }: Config): Found[] {
  const headerChip = gpio.headerChip ?? null;
  const owners = new Map<string, { readonly path: Path; readonly text: string }>();
  return positions.flatMap(({ dispenser }, index) =>
    linesOf(dispenser).flatMap(({ at, text, opens }) => {
      const path = ["positions", index, "dispenser", ...at];
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

function lineKey(text: string, number: number | null): string {
  if (number !== null) return `GPIO${number}`;
  const line = readLineName(text);
  return line.by === "offset" ? `${line.chip}:${line.offset}` : text;
}

function headerProblem(text: string, number: number, opens: Line["opens"]): string | null {
  const found = text === `GPIO${number}` ? shown(text) : `${shown(text)}, which is GPIO${number}`;
  if (number > (/^GPIO/.test(text) ? HEADER_LAST : LAST_LINE)) {
    return sentence({
      found: shown(text),
      expected: "one of GPIO0 to GPIO27 on the header of a Raspberry Pi",
      example: "GPIO17",
      hint: "lines of another board are written label:offset, or gpio.headerChip names its chip",
    });
  }
  if (opens !== "high" || !HIGH_AT_RESET.includes(number)) return null;
  return sentence({
    found,
    expected: "a line that is low at the start of a Raspberry Pi, one of GPIO9 to GPIO27 without 14 and 15",
    example: "GPIO17",
    hint: "this one is high until the daemon drives it, and would open at each start; where low opens write activeLow: true",
  });
}

function linesOf(dispenser: DispenserConfig): readonly Line[] {
  switch (dispenser.driver) {
    case "fuel-pulser": {
      const { motor, slowValve, fastValve, alive, nozzle, pulser, pulserB } = dispenser.lines;
      const outputs = Object.entries({ motor, slowValve, fastValve }).map(([key, line]) =>
        output(["lines", key], line),
      );
      const others = Object.entries({ alive, nozzle, pulser, pulserB }).map(([key, line]) =>
        input(["lines", key], line),
      );
      return [...outputs, ...others].flat();
    }
    case "s0-charger": {
      const { contactor, ...others } = dispenser.lines;
      return [
        ...output(["lines", "contactor"], contactor),
        ...Object.entries(others).flatMap(([key, line]) => input(["lines", key], line)),
      ];
    }
    case "relay-vend":
      return [
        ...dispenser.selections.flatMap((selection, index) => [
          ...output(["selections", index, "output"], selection.output),
          ...input(["selections", index, "button"], selection.button),
        ]),
        ...input(["dropSensor"], dispenser.dropSensor),
      ];
    case "modbus-meter":
      return "line" in dispenser.contactor ? output(["contactor", "line"], dispenser.contactor) : [];
    case "simulated":
    case "dart":
    case "rapi":
    case "mdb":
      return [];
  }
}

function output(at: Path, line: { readonly line: string; readonly activeLow: boolean } | undefined): readonly Line[] {
  return line === undefined ? [] : [{ at, text: line.line, opens: line.activeLow ? "low" : "high" }];
}

function input(at: Path, line: { readonly line: string } | undefined): readonly Line[] {
  return line === undefined ? [] : [{ at, text: line.line, opens: null }];
}

interface PortUse {
  readonly path: Path;
  readonly text: string;
  /** The device that the path leads to, as far as this machine has it. */
  readonly device: string;
  readonly driver: string;
  /** What all on one port must have alike; null where nothing else may be on it. */
  readonly shared: Readonly<Record<string, string | number>> | null;
  /** What each on one port has of its own. */
  readonly own: readonly { readonly at: Path; readonly key: string }[];
}

/** One port has one driver, one speed, and each address once. */
export function portChecks(config: Config): Found[] {
  const uses = portsOf(config);
  return uses.flatMap((use, index) => {
    const before = uses.slice(0, index).filter(({ device }) => device === use.device);
    const [first] = before;
    return first === undefined ? [] : portProblems(use, first, before);
  });
}

function portProblems(use: PortUse, first: PortUse, before: readonly PortUse[]): Found[] {
  const at = [...use.path, "port"];
  const other = [...first.path, first.driver === "display" ? "device" : "port"];
  const where =
    use.text === first.text ? shown(use.text) : `${shown(use.text)}, which is the same port as ${shown(first.text)}`;
  if (use.driver !== first.driver || use.shared === null || first.shared === null) {
    const found = `${where} for ${use.driver}, where ${first.driver === use.driver ? `another ${use.driver}` : first.driver} is`;
    const message = sentence({
      found,
      expected: `a port of its own for ${use.shared === null ? "each" : "each driver"}`,
    });
    return [{ path: at, message, other }];
  }
  if (use.text !== first.text) {
    return [
      {
        path: at,
        message: sentence({ found: where, expected: "one port written one way", example: first.text }),
        other,
      },
    ];
  }
  const { shared } = first;
  const differing = Object.entries(use.shared).flatMap(([key, value]) => {
    if (shared[key] === value) return [];
    const expected = `${shared[key]} as the first on this port has`;
    return [
      { path: [...use.path, key], message: sentence({ found: String(value), expected }), other: [...first.path, key] },
    ];
  });
  const taken = use.own.flatMap(({ at: way, key }) => {
    const owner = before.find((each) => each.own.some((one) => one.key === key));
    if (owner === undefined) return [];
    const message = sentence({ found: `${key} on ${use.text} a second time`, expected: "each once on a port" });
    const first = owner.own.find((one) => one.key === key);
    return [{ path: [...use.path, ...way], message, other: [...owner.path, ...(first?.at ?? [])] }];
  });
  return [...differing, ...taken];
}

function portsOf({ display, positions }: Config): readonly PortUse[] {
  const uses = positions.flatMap(({ dispenser }, index) => portUse(dispenser, ["positions", index, "dispenser"]));
  const device = display.driver === "web" ? undefined : display.device;
  if (device === undefined) return uses;
  return [
    { path: ["display"], text: device, device: deviceOf(device), driver: "display", shared: null, own: [] },
    ...uses,
  ];
}

function portUse(dispenser: DispenserConfig, path: Path): readonly PortUse[] {
  if (!("port" in dispenser)) return [];
  const { port: text, driver } = dispenser;
  const use = { path, text, driver, device: deviceOf(text) };
  switch (driver) {
    case "dart": {
      const { baudRate, address, pollInterval, answerTimeout } = dispenser;
      const shared = { baudRate, pollInterval: `${pollInterval}ms`, answerTimeout: `${answerTimeout}ms` };
      return [{ ...use, shared, own: [{ at: ["address"], key: `address ${address}` }] }];
    }
    case "modbus-meter": {
      const { baudRate, parity, unit, contactor } = dispenser;
      const coil =
        "coil" in contactor
          ? [{ at: ["contactor", "coil"], key: `coil ${contactor.coil} of unit ${contactor.unit ?? unit}` }]
          : [];
      return [{ ...use, shared: { baudRate, parity }, own: [{ at: ["unit"], key: `unit ${unit}` }, ...coil] }];
    }
    case "rapi":
    case "mdb":
      return [{ ...use, shared: null, own: [] }];
  }
}

/** Links below /dev/serial/by-id lead to the same device as its own name does. */
function deviceOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : normalize(path);
}
