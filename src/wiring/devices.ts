import { existsSync } from "node:fs";
import { join } from "node:path";
import { claimsOf, deviceOf } from "../config/plug-ins.ts";
import type { Config, PositionConfig } from "../config/schema.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import { parseQuantity } from "../core/quantity.ts";
import type { ConfiguredDevice } from "../devices/parts/device.ts";
import type { Gpio } from "../platform/gpio/gpio.ts";
import type { Clock } from "../ports/clock.ts";
import type { Dispenser } from "../ports/dispenser.ts";
import { type Log, withFields } from "../ports/log.ts";
import { PLUG_INS } from "./plug-ins.ts";

export interface Surroundings {
  /** The configuration's own path: beside it stand the files that it names. */
  readonly file: string;
  readonly config: Config;
  /** The folder of the journal, where meters without a register of their own keep one. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly shared: Shared;
}

export function deviceAt({ dispenser }: PositionConfig): ConfiguredDevice {
  return deviceOf(PLUG_INS.devices, dispenser).bind(dispenser);
}

/**
 * A meter's file bears the id of its position. A position that has another id now keeps the file that it had: with a
 * new one its meter would begin anew.
 */
function filePath(kind: string, { id, formerly }: PositionConfig, folder: string): string {
  const paths = [id, ...formerly].map((name) => join(folder, `${kind}-${name}.register`));
  return paths.find((path) => existsSync(path)) ?? join(folder, `${kind}-${id}.register`);
}

/** What tells the meter of a position from another one: where it is connected, or else the file that it counts on in. */
export function meterOf(position: PositionConfig, { folder }: Pick<Surroundings, "folder">): string {
  const { driver } = position.dispenser;
  const { scale, register, ...device } = deviceAt(position);
  const { files } = deviceOf(PLUG_INS.devices, position.dispenser);
  const claims = claimsOf(device);
  const own = register === null ? files.map(({ kind }) => filePath(kind, position, folder)) : [register];
  return [driver, ...(claims.length > 0 ? claims : own), ...(scale === null ? [] : [scale])].join(", ");
}

/** Rejects, with nothing left open but what is shared, when the device's line or port cannot be used. */
export async function openDispenser(position: PositionConfig, around: Surroundings): Promise<Dispenser> {
  const { file, config, folder, clock, log, shared } = around;
  const { unit, unitPrice } = position.product;
  const { driver } = position.dispenser;
  return await deviceAt(position).open({
    ...{ clock, unit, unitPrice },
    log: withFields(log, { position: position.id }),
    currency: config.kiosk.currency,
    base: (text) => parseQuantity(text, unit) ?? 0,
    file: (kind) => filePath(kind, position, folder),
    path: (name) => secretPath(file, name),
    secret: (name) => readSecret(secretPath(file, name)),
    gpio: () => gpioOf(around),
    line: (port, make) => shared.of(`${driver} ${port}`, async () => make(withFields(log, { port }))),
  });
}

/** The chips' lines, opened by the first who asks for them. */
export function gpioOf({ config, shared, clock, log }: Pick<Surroundings, "config" | "shared" | "clock" | "log">) {
  return shared.of("gpio", async () => {
    const { openGpio } = await import("../platform/gpio/open.ts");
    const runtime = process.env["RUNTIME_DIRECTORY"];
    const closeListPath = runtime === undefined ? undefined : join(runtime, "outputs");
    return await openGpio({ ...config.gpio, closeListPath }, clock, log);
  });
}

/**
 * What several positions use together: a serial line with more than one device on it, the chips' GPIO lines. Made when
 * first asked for, closed when all who use it are.
 */
export class Shared {
  readonly #made = new Map<string, Promise<{ close(): Promise<void> }>>();

  /** @param gpio lines that are there already */
  constructor(gpio: Gpio | null = null) {
    if (gpio !== null) this.#made.set("gpio", Promise.resolve(gpio));
  }

  of<T extends { close(): Promise<void> }>(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.#made.get(key) ?? make();
    this.#made.set(key, found);
    return found as Promise<T>;
  }

  async close(): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    for (const each of made) await each.then((one) => one.close()).catch(() => undefined);
  }
}
