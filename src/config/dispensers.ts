import { z } from "zod";
import { decimal, duration } from "./fields.ts";

const lineName = z.string().min(1).max(80);

/** A GPIO line: `GPIO17`, `pin 11` or `pinctrl-rp1:17`, by itself or with what is special about it. */
const outputLine = z
  .union([lineName, z.strictObject({ line: lineName, activeLow: z.boolean().default(false) })])
  .transform((given) => (typeof given === "string" ? { line: given, activeLow: false } : given));

const bias = z.enum(["as-is", "pull-up", "pull-down", "disabled"]).default("as-is");

const inputLine = z
  .union([lineName, z.strictObject({ line: lineName, activeLow: z.boolean().default(false), bias })])
  .transform((given) =>
    typeof given === "string" ? { line: given, activeLow: false, bias: "as-is" as const } : given,
  );

/** A pulse line has an edge and never a debounce: that belongs into its hardware. */
const pulseLine = z
  .union([lineName, z.strictObject({ line: lineName, edge: z.enum(["rising", "falling"]).default("rising"), bias })])
  .transform((given) =>
    typeof given === "string" ? { line: given, edge: "rising" as const, bias: "as-is" as const } : given,
  );

const port = z
  .string()
  .regex(/^\/\S{1,200}$/, "expected a device's path, such as /dev/serial/by-id/usb-FTDI-if00-port0");
const unitAddress = z.int().min(1).max(247);

const simulated = z.strictObject({
  driver: z.literal("simulated"),
  quantity: decimal,
  rate: decimal.default("40"),
  register: z.string().min(1).optional(),
});

const fuelPulser = z.strictObject({
  driver: z.literal("fuel-pulser"),
  lines: z.strictObject({
    motor: outputLine.optional(),
    slowValve: outputLine,
    fastValve: outputLine.optional(),
    alive: outputLine.optional(),
    nozzle: inputLine.optional(),
    pulser: pulseLine,
    pulserB: pulseLine.optional(),
  }),
  pulsesPerUnit: z.int().min(1).max(100_000),
  slowDown: decimal.default("0.300"),
  startDelay: duration("0ms", "30s").default(2_000),
  settle: duration("100ms", "10s").default(1_000),
  channelTolerance: z.int().min(0).max(1_000).default(4),
  /** Pulses that pass after closing, as long as none were seen doing so. */
  overrun: z.int().min(0).max(1_000).default(3),
  maxRate: decimal.default("130"),
});

const relayVend = z.strictObject({
  driver: z.literal("relay-vend"),
  selections: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(20),
        output: outputLine,
        button: inputLine.optional(),
        price: decimal,
      }),
    )
    .min(1)
    .max(24),
  dropSensor: inputLine.optional(),
  mode: z.enum(["pulse", "until-drop"]).default("until-drop"),
  motor: duration("50ms", "60s").default(3_000),
  dropTimeout: duration("100ms", "60s").default(2_000),
  idle: duration("5s", "10m").default(60_000),
  maxVends: z.int().min(1).max(20).default(1),
});

const s0Charger = z.strictObject({
  driver: z.literal("s0-charger"),
  lines: z.strictObject({
    contactor: outputLine,
    alive: outputLine.optional(),
    plug: inputLine.optional(),
    s0: pulseLine,
  }),
  pulsesPerUnit: z.int().min(1).max(100_000).default(1_000),
  settle: duration("100ms", "30s").default(2_000),
  overrun: z.int().min(0).max(1_000).default(1),
  maxPower: z.int().min(100).max(1_000_000).default(22_000),
});

const dart = z.strictObject({
  driver: z.literal("dart"),
  port,
  baudRate: z.union([z.literal(9_600), z.literal(19_200)]).default(9_600),
  address: z.int().min(0x50).max(0x6f),
  nozzles: z
    .array(z.int().min(1).max(8))
    .min(1)
    .refine((nozzles) => new Set(nozzles).size === nozzles.length, "expected each nozzle once")
    .default([1]),
  volumeDecimals: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).default(2),
  /** Of the price as the pump shows it; without it the pump keeps its own price. */
  priceDecimals: z.int().min(0).max(4).optional(),
  pollInterval: duration("20ms", "2s").default(200),
  answerTimeout: duration("25ms", "2s").default(150),
});

const modbusContactor = z.union([
  z.strictObject({ coil: z.int().min(0).max(65_535), unit: unitAddress.optional() }),
  z.strictObject({ line: lineName, activeLow: z.boolean().default(false) }),
]);

/** For meters that are not among the known ones. */
const ownRegister = z.strictObject({
  function: z.union([z.literal(3), z.literal(4)]),
  address: z.int().min(0).max(65_535),
  type: z.enum(["float32", "uint32", "int32", "uint64"]),
  wordOrder: z.enum(["high-first", "low-first"]).default("high-first"),
  /** How many watt-hours one count of the register is. */
  whPerCount: z.number().positive().max(1_000_000),
});

const modbusMeter = z.strictObject({
  driver: z.literal("modbus-meter"),
  port,
  baudRate: z.int().min(1_200).max(115_200).default(9_600),
  parity: z.enum(["none", "even", "odd"]).default("none"),
  unit: unitAddress.default(1),
  meter: z.union([z.enum(["sdm72", "sdm120", "sdm220", "sdm230", "sdm630"]), ownRegister]),
  contactor: modbusContactor,
  maxPower: z.int().min(100).max(1_000_000).default(22_000),
  pollInterval: duration("50ms", "1s").default(250),
  answerTimeout: duration("50ms", "2s").default(300),
});

const rapi = z.strictObject({
  driver: z.literal("rapi"),
  port,
  currentA: z.int().min(6).max(80),
  maxPower: z.int().min(100).max(100_000).default(22_000),
});

const mdb = z.strictObject({
  driver: z.literal("mdb"),
  port,
  flow: z.enum(["authorise-first", "always-idle"]).default("always-idle"),
  address: z.union([z.literal(0x10), z.literal(0x60)]).default(0x10),
  prices: z.record(z.string().regex(/^\d{1,5}$/, "expected an item's number"), decimal).optional(),
  /** The currency's number in ISO 4217, where it is not one of the known ones. */
  currencyNumber: z.int().min(1).max(999).optional(),
  maxVends: z.int().min(1).max(20).default(1),
  vendTimeout: duration("5s", "5m").default(60_000),
  wantTimeout: duration("10s", "10m").default(120_000),
});

export const dispenser = z.discriminatedUnion("driver", [
  simulated,
  fuelPulser,
  relayVend,
  s0Charger,
  dart,
  modbusMeter,
  rapi,
  mdb,
]);

export type DispenserConfig = z.output<typeof dispenser>;
export type DriverName = DispenserConfig["driver"];
export type DriverConfig<D extends DriverName> = Extract<DispenserConfig, { driver: D }>;

/** What is written in the product's unit, with where it stands; `rate` may not be 0. */
export function quantitiesOf(config: DispenserConfig): readonly { at: readonly (string | number)[]; text: string }[] {
  switch (config.driver) {
    case "simulated":
      return [
        { at: ["quantity"], text: config.quantity },
        { at: ["rate"], text: config.rate },
      ];
    case "fuel-pulser":
      return [
        { at: ["slowDown"], text: config.slowDown },
        { at: ["maxRate"], text: config.maxRate },
      ];
    case "relay-vend":
      return config.selections.map(({ price }, index) => ({ at: ["selections", index, "price"], text: price }));
    case "mdb":
      return Object.entries(config.prices ?? {}).map(([item, text]) => ({ at: ["prices", item], text }));
    case "s0-charger":
    case "dart":
    case "modbus-meter":
    case "rapi":
      return [];
  }
}

/** The output lines, each of which inactive means that nothing can flow. */
export function outputsOf(config: DispenserConfig): readonly { line: string; activeLow: boolean }[] {
  switch (config.driver) {
    case "fuel-pulser": {
      const { slowValve, fastValve, motor } = config.lines;
      return [slowValve, fastValve, motor].filter((line) => line !== undefined);
    }
    case "relay-vend":
      return config.selections.map(({ output }) => output);
    case "s0-charger":
      return [config.lines.contactor];
    case "modbus-meter":
      return "line" in config.contactor ? [config.contactor] : [];
    case "simulated":
    case "dart":
    case "rapi":
    case "mdb":
      return [];
  }
}

/** The driver of a charger that takes its time to stop sends it to sleep so long before the limit (`LEAD_MS` there). */
const RAPI_LEAD_S = 6;

/** A limit that is no more than this cannot be kept, in base units: a sale must be able to buy more. */
export function leastLimitBase(config: DispenserConfig): number {
  return config.driver === "rapi" ? Math.ceil((config.maxPower * RAPI_LEAD_S) / 3_600) : 0;
}

/** What a dispenser needs for itself alone: no other position may name the same. */
export function claimsOf(config: DispenserConfig): readonly string[] {
  switch (config.driver) {
    case "simulated":
      return [];
    case "fuel-pulser":
    case "s0-charger":
      return Object.values(config.lines).flatMap((given) => (given === undefined ? [] : [`line ${given.line}`]));
    case "relay-vend": {
      const lines = [...config.selections.flatMap(({ output, button }) => [output, button]), config.dropSensor];
      return lines.flatMap((given) => (given === undefined ? [] : [`line ${given.line}`]));
    }
    case "dart":
      return [`address ${config.address} on ${config.port}`];
    case "modbus-meter": {
      const { contactor, port, unit } = config;
      const own =
        "line" in contactor
          ? `line ${contactor.line}`
          : `coil ${contactor.coil} of unit ${contactor.unit ?? unit} on ${port}`;
      return [`unit ${unit} on ${port}`, own];
    }
    case "rapi":
    case "mdb":
      return [`port ${config.port}`];
  }
}

const CURRENCY_NUMBERS: Readonly<Record<string, number>> = {
  ...{ CHF: 756, CZK: 203, DKK: 208, EUR: 978, GBP: 826, HUF: 348, ISK: 352 },
  ...{ JPY: 392, NOK: 578, PLN: 985, RON: 946, SEK: 752, USD: 840 },
};

/** What ISO 4217 calls the currency by number; null when nobody said. */
export function currencyNumberOf({ currencyNumber }: DriverConfig<"mdb">, currency: string): number | null {
  return currencyNumber ?? CURRENCY_NUMBERS[currency] ?? null;
}
