import { existsSync } from "node:fs";
import { join } from "node:path";
import { claimsOf, currencyNumberOf, type DriverConfig, type DriverName } from "../config/dispensers.ts";
import type { Config, PositionConfig } from "../config/schema.ts";
import { minorDigits, parseScaled } from "../core/money.ts";
import { basePerUnit, parseQuantity } from "../core/quantity.ts";
import { parseUnitPrice } from "../core/tariff.ts";
import type { Gpio } from "../platform/gpio/gpio.ts";
import type { Clock } from "../ports/clock.ts";
import type { Dispenser } from "../ports/dispenser.ts";
import { type Log, withFields } from "../ports/log.ts";

/** Where a dispenser stands and what it may use. */
interface Site extends Omit<Surroundings, "config" | "shared"> {
  readonly position: PositionConfig;
  readonly currency: string;
  /** A decimal of the configuration, checked there, in base units of the product. */
  base(text: string): number;
  /** The file of a meter that has no register of its own. */
  register(): string;
  /** The file of a meter that cannot remember that its figures contradicted each other. */
  dispute(): string;
  gpio(): Promise<Gpio>;
  /** A line that other positions may use too: its log tells of the port, and of no position. */
  line<T extends { close(): Promise<void> }>(driver: DriverName, port: string, make: (log: Log) => T): Promise<T>;
}

type Open<D extends DriverName> = (config: DriverConfig<D>, site: Site) => Promise<Dispenser>;

/** Well above what is configured as the most, because a reading comes a little early or late. */
const MARGIN = 1.5;

/** One entry a driver; each is loaded only when a position names it. */
const DRIVERS: { readonly [D in DriverName]: Open<D> } = {
  simulated: async ({ quantity, rate, register }, { position, folder, clock, base }) => {
    const { createSimulatedDispenser } = await import("../devices/simulated/simulated.ts");
    const path = register ?? registerPath("simulated", position, folder);
    return createSimulatedDispenser(
      { quantityBase: base(quantity), rateBasePerMinute: base(rate), registerPath: path },
      clock,
    );
  },

  "fuel-pulser": async (config, site) => {
    const { openFuelPulser } = await import("../devices/pulser/pulser.ts");
    const { pulsesPerUnit, channelTolerance, overrun: overrunPulses, lines } = config;
    const { motor = null, fastValve = null, nozzle = null, pulserB = null, alive = null } = lines;
    const unitBase = basePerUnit(site.position.product.unit);
    const settings = {
      registerPath: site.register(),
      basePerUnit: unitBase,
      maxPulsesPerSecond: (MARGIN * site.base(config.maxRate) * pulsesPerUnit) / unitBase / 60,
      slowDownBase: site.base(config.slowDown),
      startDelayMs: config.startDelay,
      settleMs: config.settle,
      lines: { ...lines, motor, fastValve, nozzle, pulserB, alive },
      ...{ pulsesPerUnit, channelTolerance, overrunPulses },
    };
    return await openFuelPulser(settings, await site.gpio(), site.clock, site.log);
  },

  "relay-vend": async (config, site) => {
    const { openRelayVend } = await import("../devices/relay-vend/relay-vend.ts");
    const { mode, motor: motorMs, dropTimeout: dropTimeoutMs, idle: idleMs, maxVends, dropSensor } = config;
    const pieces = site.position.product.unit === "pcs";
    const settings = {
      registerPath: site.register(),
      selections: config.selections.map(({ id, output, button = null, price }) => {
        return { id, output, button, priceBase: pieces ? 1 : site.base(price) };
      }),
      dropSensors: dropSensor === undefined ? [] : [dropSensor],
      ...{ mode, motorMs, dropTimeoutMs, idleMs, maxVends },
    };
    return await openRelayVend(settings, await site.gpio(), site.clock, site.log);
  },

  "s0-charger": async (config, site) => {
    const { openS0Charger } = await import("../devices/s0/s0.ts");
    const { pulsesPerUnit, overrun: overrunPulses, settle: settleMs, maxPower } = config;
    const { contactor, s0: meter, plug = null, alive = null } = config.lines;
    const unitBase = basePerUnit(site.position.product.unit);
    const settings = {
      registerPath: site.register(),
      basePerUnit: unitBase,
      maxPulsesPerSecond: (MARGIN * maxPower * pulsesPerUnit) / unitBase / 3_600,
      lines: { contactor, meter, plug, alive },
      ...{ pulsesPerUnit, overrunPulses, settleMs },
    };
    return await openS0Charger(settings, await site.gpio(), site.clock, site.log);
  },

  dart: async (config, { position, currency, clock, line }) => {
    const { openDartBus } = await import("../devices/dart/bus.ts");
    const { dartFraming } = await import("../devices/dart/codec.ts");
    const { openSerialLine } = await import("../platform/serial/open.ts");
    const { port: path, baudRate, address, nozzles, volumeDecimals, priceDecimals, amountDecimals } = config;
    const { pollInterval: pollMs, answerTimeout: answerTimeoutMs } = config;
    const bus = await line("dart", path, (log) => {
      const wire = openSerialLine({ path, baudRate, parity: "odd", gapMs: 2 }, dartFraming(), clock, log);
      return openDartBus(wire, { pollMs, answerTimeoutMs }, clock, log);
    });
    const { unitPrice } = position.product;
    const priceDigits = priceDecimals === undefined ? null : (parseScaled(unitPrice, priceDecimals) ?? null);
    const figures = { currencyDecimals: minorDigits(currency), unitPriceE6: parseUnitPrice(unitPrice) };
    return bus.pump({ address, nozzles, volumeDecimals, priceDigits, priceDecimals, amountDecimals, ...figures });
  },

  "modbus-meter": async (config, { clock, log, line, gpio, dispute: disputePath }) => {
    const { openModbusMeter } = await import("../devices/modbus-meter/modbus-meter.ts");
    const { answersFraming } = await import("../devices/modbus-meter/codec.ts");
    const { coilContactor, gpioContactor } = await import("../devices/modbus-meter/contactor.ts");
    const { Dispute } = await import("../devices/modbus-meter/dispute.ts");
    const { fileStore } = await import("../devices/parts/register-file.ts");
    const { openSerialLine } = await import("../platform/serial/open.ts");
    const { port: path, baudRate, parity, stopBits, unit, meter, invert, maxPower: maxPowerW, contactor: by } = config;
    const { pollInterval: pollMs, answerTimeout: timeoutMs } = config;
    const gapMs = Math.ceil(38_500 / baudRate);
    const bus = await line("modbus-meter", path, (ofPort) =>
      openSerialLine({ path, baudRate, parity, stopBits, gapMs }, answersFraming(), clock, ofPort),
    );
    const contactor =
      "line" in by
        ? gpioContactor(await (await gpio()).output(by.line, by))
        : coilContactor({ unit: by.unit ?? unit, coil: by.coil, timeoutMs }, bus);
    const dispute = await Dispute.open(fileStore(disputePath()), clock, log);
    const settings = { unit, meter, invert, maxPowerW, pollMs, timeoutMs };
    return openModbusMeter(settings, bus, clock, log, { contactor, dispute });
  },

  rapi: async ({ port: path, currentA, maxPower: maxPowerW, bootLock }, { clock, log, line }) => {
    const { openRapiCharger } = await import("../devices/rapi/driver.ts");
    const { LONGEST_MESSAGE } = await import("../devices/rapi/codec.ts");
    const { openSerialLine } = await import("../platform/serial/open.ts");
    const { textLines } = await import("../platform/serial/lines-framing.ts");
    const framing = textLines({ end: "\r", maxBytes: LONGEST_MESSAGE });
    const wire = await line("rapi", path, (ofPort) =>
      openSerialLine({ path, baudRate: 115_200 }, framing, clock, ofPort),
    );
    return openRapiCharger({ currentA, maxPowerW, bootLock }, wire, clock, log);
  },

  mdb: async (config, { currency, clock, log, line, register, base }) => {
    const { openMdbVending } = await import("../devices/mdb/driver.ts");
    const { openSerialLine } = await import("../platform/serial/open.ts");
    const { textLines } = await import("../platform/serial/lines-framing.ts");
    const { port: path, flow, address, maxVends, vendTimeout: vendTimeoutMs, wantTimeout: wantTimeoutMs } = config;
    const prices =
      config.prices === undefined
        ? null
        : new Map(Object.entries(config.prices).map(([item, price]) => [Number(item), base(price)]));
    const currencyNumber = currencyNumberOf(config, currency) ?? 0;
    const { scaleFactor, decimalPlaces = mdbDecimals(currency) } = config;
    const amounts = { decimalPlaces, scaleFactor, currencyNumber };
    const settings = { flow, address, prices, maxVends, vendTimeoutMs, wantTimeoutMs, ...amounts };
    const framing = textLines({ end: "\n", maxBytes: 128 });
    const wire = await line("mdb", path, (ofPort) =>
      openSerialLine({ path, baudRate: 115_200 }, framing, clock, ofPort),
    );
    return await openMdbVending(settings, wire, register(), clock, log);
  },
};

/** MDB has no more than three. */
function mdbDecimals(currency: string): 0 | 1 | 2 | 3 {
  return Math.min(minorDigits(currency), 3) as 0 | 1 | 2 | 3;
}

/**
 * A meter's file bears the id of its position. A position that has another id now keeps the file that it had: with a
 * new one its meter would begin anew.
 */
function registerPath(
  kind: "meter" | "dispute" | "simulated",
  { id, formerly }: PositionConfig,
  folder: string,
): string {
  const paths = [id, ...formerly].map((name) => join(folder, `${kind}-${name}.register`));
  return paths.find((path) => existsSync(path)) ?? join(folder, `${kind}-${id}.register`);
}

/** What tells the meter of a position from another one: where it is connected, and the file that it counts on in. */
export function meterOf(position: PositionConfig, { folder }: Pick<Surroundings, "folder">): string {
  const { dispenser } = position;
  const { driver } = dispenser;
  const file = driver === "simulated" ? (dispenser.register ?? registerPath("simulated", position, folder)) : null;
  return [driver, ...claimsOf(dispenser), ...scaleOf(position), ...(file === null ? [] : [file])].join(", ");
}

/** A register that is read in other steps than before is another meter; what is usual goes without saying. */
function scaleOf({ dispenser }: PositionConfig): readonly string[] {
  const isUnusual = dispenser.driver === "dart" && dispenser.volumeDecimals !== 2;
  return isUnusual ? [`${dispenser.volumeDecimals} decimals`] : [];
}

export interface Surroundings {
  readonly config: Config;
  /** The folder of the journal, where meters without a register of their own keep one. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly shared: Shared;
}

/** Rejects, with nothing left open but what is shared, when the device's line or port cannot be used. */
export async function openDispenser(position: PositionConfig, around: Surroundings): Promise<Dispenser> {
  const { config, folder, clock, log, shared } = around;
  const { unit } = position.product;
  const open = DRIVERS[position.dispenser.driver] as Open<DriverName>;
  return await open(position.dispenser, {
    folder,
    clock,
    position,
    log: withFields(log, { position: position.id }),
    currency: config.kiosk.currency,
    base: (text) => parseQuantity(text, unit) ?? 0,
    register: () => registerPath("meter", position, folder),
    dispute: () => registerPath("dispute", position, folder),
    gpio: () =>
      shared.of("gpio", async () => {
        const { openGpio } = await import("../platform/gpio/open.ts");
        const runtime = process.env["RUNTIME_DIRECTORY"];
        const closeListPath = runtime === undefined ? undefined : join(runtime, "outputs");
        return await openGpio({ ...config.gpio, closeListPath }, clock, log);
      }),
    line: (driver, port, make) => shared.of(`${driver} ${port}`, async () => make(withFields(log, { port }))),
  });
}

/**
 * What several positions use together: a serial line with more than one device on it, the chips' GPIO lines. Made when
 * first asked for, closed when all who use it are.
 */
export class Shared {
  readonly #made = new Map<string, Promise<{ close(): Promise<void> }>>();

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
