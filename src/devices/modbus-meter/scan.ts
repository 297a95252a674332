import { z } from "zod";
import { systemClock } from "../../platform/clock/clock.ts";
import { CliError, UsageError } from "../../platform/console/failure.ts";
import { lines, print, type Told, told } from "../../platform/console/print.ts";
import { within } from "../../platform/time/wait.ts";
import type { Log } from "../../ports/log.ts";
import { Prober, type Said, titleOf } from "./asked.ts";
import { openBus } from "./bus.ts";
import { modelNames, readModel } from "./model.ts";
import { networkPlace } from "./place.ts";

const place = {
  port: z.string().refine((text) => text.startsWith("/") || networkPlace(text) !== null),
  framing: z.enum(["tcp", "rtu"]),
  baudRate: z.coerce.number().int().min(1_200).max(115_200),
  parity: z.enum(["none", "even", "odd"]),
  stopBits: z.union([z.literal("1"), z.literal("2")]).transform((text) => (text === "1" ? 1 : 2)),
  answerTimeout: z.coerce.number().int().min(50).max(5_000),
};
const scanOptions = z.object({ ...place, units: z.string() });
const inspectOptions = z.object({ ...place, unit: z.coerce.number().int().min(1).max(247), meter: z.string() });

type Place = Omit<z.output<typeof scanOptions>, "units">;

const EXPECTED: Readonly<Record<string, string>> = {
  port: "a serial port such as /dev/kioskd/rs485, or tcp://192.168.1.20:502",
  framing: "tcp or rtu",
  baudRate: "1200 to 115200",
  parity: "none, even or odd",
  stopBits: "1 or 2",
  answerTimeout: "50 to 5000",
  unit: "1 to 247",
};
/** How long a port is waited for. */
const OPENING_MS = 6_000;
const FIRST_UNIT = 1;
const LAST_UNIT = 247;
/** The line tells in its answers what is wrong with it. */
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function scan(given: unknown): Promise<void> {
  const { units: range, ...where } = optionsOf(scanOptions, given);
  const units = unitsOf(range);
  await withProber(where, async (prober) => {
    let answered = 0;
    for (const unit of units) {
      const models = await prober.modelsOf(unit);
      if (models === null) continue;
      answered += 1;
      print(unitText(unit, models, where));
    }
    if (answered === 0) throw new CliError(nobody(`none of the units ${range}`, where));
  });
}

export async function inspect(given: unknown): Promise<void> {
  const { unit, meter, ...where } = optionsOf(inspectOptions, given);
  if (!modelNames().includes(meter))
    throw new UsageError(`--meter: expected one of ${modelNames().join(", ")}, not "${meter}"`);
  await withProber(where, async (prober) => {
    const said = await prober.ask(unit, meter);
    if (said === "silent") throw new CliError(nobody(`unit ${unit} did not`, where));
    if (said === "another") {
      throw new CliError(
        `Unit ${unit} answers, and holds no figures that a meter ${meter} could have: check which meter it is, or ask all models with \`kioskd meter scan\`.`,
      );
    }
    print(inspected(unit, said, where));
  });
}

/** What stands in the options is checked as a configuration is. */
function optionsOf<T extends z.ZodObject>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const key = String(parsed.error.issues[0]?.path[0] ?? "");
  const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${option}: expected ${EXPECTED[key] ?? "a value"}`);
}

/** `1-10`, `1,33` or both; each once, in the order given. */
export function unitsOf(range: string): readonly number[] {
  const units = range.split(",").flatMap((part) => {
    const [, first = "", last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    const isRange = first !== "" && from >= FIRST_UNIT && from <= to && to <= LAST_UNIT;
    if (!isRange)
      throw new UsageError(`--units: expected addresses from 1 to 247, such as 1-10 or 1,33, not "${range}"`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(units)];
}

async function withProber(where: Place, work: (prober: Prober) => Promise<void>): Promise<void> {
  const clock = systemClock();
  const line = openBus(where, clock, SILENT);
  try {
    let detail = "";
    const up = new Promise<true>((resolve) => {
      line.onLink((isUp, why) => {
        detail = why;
        if (isUp) resolve(true);
      });
    });
    if ((await within(clock, OPENING_MS, up)) === undefined) throw new CliError(`${detail}.`);
    await work(new Prober(line, clock, where.answerTimeout));
  } finally {
    await line.close();
  }
}

function nobody(who: string, { port, baudRate, parity }: Place): string {
  const set = networkPlace(port) === null ? ` at ${baudRate} baud, parity ${parity}` : "";
  return `No meter answered on ${port}${set}: ${who} answered. Check that it is on, its cable and its address, and try the speed and parity that its display shows. End the daemon first: one alone may ask.`;
}

function kilowattHours(wh: number): string {
  return `${(wh / 1_000).toFixed(2)} kWh`;
}

function sayings({ energyWh, exportWh, powerW, serial }: Said): string {
  return [
    `${kilowattHours(energyWh)} imported`,
    ...(exportWh === null ? [] : [`${kilowattHours(exportWh)} exported`]),
    ...(powerW === null ? [] : [`${powerW} W`]),
    ...(serial === null || serial === 0 ? [] : [`number ${serial}`]),
  ].join(", ");
}

function unitText(unit: number, models: readonly Said[], where: Place): Told {
  if (models.length === 0)
    return told`Unit ${unit} answers, and is none of the models in docs/meters.md: give its registers below \`meter\`.`;
  const [first] = models;
  return lines([
    told`Unit ${unit} answers. Which of these does the meter's own display show?`,
    ...models.map((said) => told`  ${said.model.padEnd(20)} ${sayings(said)}  (${titleOf(said.model)})`),
    told`  then: kioskd meter inspect ${placeText(where)} --unit ${unit} --meter ${first?.model ?? ""}`,
  ]);
}

function placeText({ port, framing, baudRate, parity, stopBits }: Place): string {
  if (networkPlace(port) !== null) return `--port ${port}${framing === "tcp" ? "" : ` --framing ${framing}`}`;
  const set = [
    ...(baudRate === 9_600 ? [] : [`--baud-rate ${baudRate}`]),
    ...(parity === "none" ? [] : [`--parity ${parity}`]),
    ...(stopBits === 1 ? [] : [`--stop-bits ${stopBits}`]),
  ];
  return [`--port ${port}`, ...set].join(" ");
}

function inspected(unit: number, said: Said, where: Place): Told {
  const { confirmed, note } = readModel(said.model);
  return lines([
    told`Read as ${titleOf(said.model)}, unit ${unit}:`,
    told`  ${sayings(said)}`,
    told``,
    told`Does the meter's own display show ${kilowattHours(said.energyWh)}? If it does not, it is another model: do not sell by it.`,
    ...(confirmed ? [] : [told`The registers of this model are not confirmed: compare the power under load too.`]),
    ...(note === undefined ? [] : [told`${note}`]),
    told``,
    told`For the configuration, with what switches the socket in the place of GPIO17:`,
    told``,
    ...configurationOf(unit, said.model, where).map((line) => told`${line}`),
  ]);
}

/** What the schema takes for granted is left out. */
export function configurationOf(unit: number, model: string, where: Place): readonly string[] {
  const { port, framing, baudRate, parity, stopBits } = where;
  const onLine = [
    ...(baudRate === 9_600 ? [] : [`  baudRate: ${baudRate}`]),
    ...(parity === "none" ? [] : [`  parity: ${parity}`]),
    ...(stopBits === 1 ? [] : [`  stopBits: ${stopBits}`]),
  ];
  const onNetwork = framing === "tcp" ? [] : [`  framing: ${framing}`];
  return [
    "dispenser:",
    "  driver: modbus-meter",
    `  port: ${port}`,
    ...(networkPlace(port) === null ? onLine : onNetwork),
    `  unit: ${unit}`,
    `  meter: ${model}`,
    "  contactor: GPIO17",
  ];
}
