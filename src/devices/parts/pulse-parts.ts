import type { Gpio, GpioOutput } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { DispenserEvents } from "./dispenser-events.ts";
import { FlowSwitches } from "./flow-switches.ts";
import { HeartbeatLine } from "./heartbeat-line.ts";
import type { LimitSettings } from "./limit-watch.ts";
import type { CounterLine, InputLine, OutputLine } from "./lines.ts";
import { PulseDispenser } from "./pulse-dispenser.ts";
import { FAULTS } from "./pulse-faults.ts";
import { type MeterSettings, PulseMeter } from "./pulse-meter.ts";
import { type Channel, PulseRegister } from "./pulse-register.ts";
import type { OpenStore } from "./register-file.ts";
import { Switch } from "./switch.ts";

/** What is faster than what is configured as the most, and this much more, is noise: a pulse comes a little early or late. */
export const ABOVE_THE_MOST = 1.5;

export interface PulseDispenserSettings {
  readonly meter: MeterSettings;
  readonly limits: LimitSettings;
  readonly settleMs: number;
  readonly startDelayMs: number;
  readonly lines: {
    readonly drive: OutputLine | null;
    readonly narrow: OutputLine;
    readonly wide: OutputLine | null;
    readonly present: InputLine | null;
    /** The first is the one that is charged. */
    readonly channels: readonly CounterLine[];
    readonly alive: OutputLine | null;
  };
}

/** Takes the lines, outputs first, for taking one closes it. Rejects with a GpioError or a RegisterError. */
export async function openPulseDispenser(
  settings: PulseDispenserSettings,
  openStore: OpenStore,
  gpio: Gpio,
  clock: Clock,
  log: Log,
): Promise<PulseDispenser> {
  const { lines, meter: scale } = settings;
  const events = new DispenserEvents();
  const output = async (line: OutputLine | null): Promise<GpioOutput | null> =>
    line === null ? null : await gpio.output(line.line, line);
  const switched = (line: string, taken: GpioOutput): Switch =>
    new Switch(taken, clock, (detail) => events.raise("output", FAULTS.output(`${line} cannot be set: ${detail}`)));
  const narrow = switched(lines.narrow.line, await gpio.output(lines.narrow.line, lines.narrow));
  const [wide, drive] = [await output(lines.wide), await output(lines.drive)];
  const heartbeat = new HeartbeatLine(await output(lines.alive), clock);
  const present = lines.present === null ? null : await gpio.input(lines.present.line, lines.present, () => {});
  const channels: Channel[] = [];
  for (const { line, ...options } of lines.channels) {
    channels.push({ line, counter: await gpio.counter(line, options) });
  }
  const register = await PulseRegister.open(openStore, channels, scale, clock);
  const uncounted = uncountedFlow(register, gpio);
  if (uncounted !== null) events.tell({ type: "unaccounted", quantityBase: null, detail: uncounted });
  const nowMs = clock.monotonicMs();
  const dispenser = new PulseDispenser({
    register,
    meter: new PulseMeter(register, scale, clock),
    flowSwitches: new FlowSwitches(
      {
        drive: drive === null ? null : switched(lines.drive?.line ?? "", drive),
        startDelayMs: settings.startDelayMs,
        narrow,
        wide: wide === null ? null : switched(lines.wide?.line ?? "", wide),
      },
      nowMs,
    ),
    heartbeat,
    events,
    present: present === null ? null : () => present.active,
    limits: settings.limits,
    settleMs: settings.settleMs,
    clock,
    log,
  });
  gpio.onHeld((held, detail) => dispenser.held(held, detail));
  return dispenser;
}

/** What may have flowed unseen at the end of a delivery that nobody ended. */
function uncountedFlow({ interrupted }: PulseRegister, { backend }: Gpio): string | null {
  if (interrupted === "reboot")
    return "the machine went down in a delivery: what came after the register's last save is lost";
  if (interrupted === null || backend === "sysfs") return null;
  return "the daemon died in a delivery, and with it the count: what came until the valve closed is lost";
}
