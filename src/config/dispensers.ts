import type { z } from "zod";
import { dispenser } from "./dispenser-schema.ts";

export type DispenserConfig = z.output<typeof dispenser>;
export type DriverName = DispenserConfig["driver"];
export const DRIVER_NAMES: readonly string[] = dispenser.options.flatMap(({ shape }) => [...shape.driver.values]);
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

/** Every GPIO line that a dispenser uses. */
export function linesOf(config: DispenserConfig): readonly string[] {
  switch (config.driver) {
    case "fuel-pulser":
    case "s0-charger":
      return Object.values(config.lines).flatMap((given) => (given === undefined ? [] : [given.line]));
    case "relay-vend": {
      const lines = [...config.selections.flatMap(({ output, button }) => [output, button]), config.dropSensor];
      return lines.flatMap((given) => (given === undefined ? [] : [given.line]));
    }
    case "modbus-meter":
      return "line" in config.contactor ? [config.contactor.line] : [];
    case "simulated":
    case "dart":
    case "rapi":
    case "mdb":
      return [];
  }
}

/** What a dispenser needs for itself alone: no other position may name the same. */
export function claimsOf(config: DispenserConfig): readonly string[] {
  switch (config.driver) {
    case "simulated":
      return [];
    case "fuel-pulser":
    case "s0-charger":
    case "relay-vend":
      return linesOf(config).map((line) => `line ${line}`);
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
  ...{ BHD: 48, JOD: 400, KRW: 410, KWD: 414, OMR: 512, TND: 788 },
};

/** What ISO 4217 calls the currency by number; null when nobody said. */
export function currencyNumberOf({ currencyNumber }: DriverConfig<"mdb">, currency: string): number | null {
  return currencyNumber ?? CURRENCY_NUMBERS[currency] ?? null;
}
