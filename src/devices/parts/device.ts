import type { z } from "zod";
import type { Gpio } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CommandGroup } from "../../ports/command.ts";
import type { Found } from "../../ports/configured.ts";
import type { BoundDevice, DeviceFacts, DeviceFile, DevicePlugIn, DevicePosition } from "../../ports/device.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import type { BenchParts } from "../bench/device.ts";

/** Where a device stands, and what it may use. */
export interface Site extends Pick<DevicePosition, "currency" | "unit" | "unitPrice"> {
  readonly clock: Clock;
  readonly log: Log;
  /** A quantity or price of the configuration, checked there, in base units of the product. */
  base(text: string): number;
  /** The path of a file beside the journal, of a kind that the plug-in names. */
  file(kind: string): string;
  /** Where a `…File` key points: beside the configuration. */
  path(file: string): string;
  /** What is in the file of a key that the schema marks as a secret; the configuration's check has read it before. */
  secret(file: string): string;
  gpio(): Promise<Gpio>;
  /** What devices of one kind share on a port, made when the first asks. Its log tells of the port, and of no position. */
  line<T extends { close(): Promise<void> }>(port: string, make: (log: Log) => T): Promise<T>;
}

/** A device of a configuration, which can be opened. */
export interface ConfiguredDevice extends BoundDevice {
  /** Rejects when its line, its port or its file cannot be used. */
  open(site: Site): Promise<Dispenser>;
}

export type DeviceSchema = z.ZodObject<{ readonly driver: z.ZodLiteral<string> }>;

export interface Device extends DevicePlugIn<DeviceSchema, ConfiguredDevice> {
  /** Null for one that cannot be tried out without hardware. */
  readonly bench: (() => Promise<BenchParts>) | null;
  /** For who puts it up; they need no configuration. */
  readonly commands: readonly CommandGroup<null>[];
}

/** What a device's folder says of it at once: its keys, and what follows from them. Only the keys must be. */
export interface DeviceDescription<S extends DeviceSchema>
  extends Partial<Omit<Device, "driver" | "schema" | "bind" | "bench">> {
  readonly schema: S;
  facts?(config: z.output<S>): Partial<DeviceFacts>;
  problems?(config: z.output<S>, position: DevicePosition): readonly Found[];
}

/** What is loaded when a position names the device, and when it is tried out. */
interface Loaded<S extends DeviceSchema> {
  open(): Promise<{ open(config: z.output<S>, site: Site): Promise<Dispenser> }>;
  bench?(): Promise<BenchParts>;
}

const NO_FACTS: DeviceFacts = {
  ...{ quantities: [], prices: [], lines: [], port: null, register: null, leastLimitBase: 0, scale: null },
  areGoodsChosenFirst: false,
};

export function device<S extends DeviceSchema>(description: DeviceDescription<S>, loaded: Loaded<S>): Device {
  const { schema, units = null, files = [], ownPrice = null, eitherOr = null, commands = [] } = description;
  return {
    ...{
      driver: schema.shape.driver.value,
      schema,
      units,
      files,
      ownPrice,
      eitherOr,
      commands,
      bench: loaded.bench ?? null,
    },
    bind: (given) => {
      // By its driver it was this schema that gave it.
      const config = given as z.output<S>;
      return {
        ...NO_FACTS,
        ...description.facts?.(config),
        problems: (position) => description.problems?.(config, position) ?? [],
        open: async (site) => (await loaded.open()).open(config, site),
      };
    },
  };
}

/** The file in which a device counts on. */
export const METER_FILE: DeviceFile = { kind: "meter", what: "a register of" };
