import type { Gpio, GpioInput, GpioOutput } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import { HeartbeatLine } from "../parts/heartbeat-line.ts";
import type { InputLine, OutputLine } from "../parts/lines.ts";
import { fileStore, type OpenStore } from "../parts/register-file.ts";
import { Switch } from "../parts/switch.ts";
import { FAULTS, UNACCOUNTED } from "./faults.ts";
import { Timer } from "./timer.ts";
import type { TimerRules } from "./timer-parts.ts";
import { TimerRegister } from "./timer-register.ts";

export interface RelayTimerSettings extends TimerRules {
  /** The register's file, of this position alone. Made when it is missing; its folder must be there and survive. */
  readonly registerPath: string;
  readonly lines: {
    readonly power: OutputLine;
    readonly alive: OutputLine | null;
    /** Active while the machine really runs. */
    readonly running: InputLine | null;
    readonly start: InputLine | null;
    readonly stop: InputLine | null;
    readonly warning: OutputLine | null;
  };
}

/** Of a finger on a button; `running` is taken as it comes. */
const BUTTON_MS = 30;

/** Whatever a relay switches on, sold by the time that it ran. Rejects with a GpioError or a RegisterError. */
export async function openRelayTimer(
  settings: RelayTimerSettings,
  gpio: Gpio,
  clock: Clock,
  log: Log,
  openStore: OpenStore = fileStore(settings.registerPath),
): Promise<Dispenser> {
  const { lines } = settings;
  const events = new DispenserEvents();
  const switched = (line: string, taken: GpioOutput): Switch =>
    new Switch(taken, clock, (detail) => events.raise("output", FAULTS.output(`${line} cannot be set: ${detail}`)));
  // The relay first: taking its line switches it off.
  const power = switched(lines.power.line, await gpio.output(lines.power.line, lines.power));
  const alive = lines.alive === null ? null : await gpio.output(lines.alive.line, lines.alive);
  const warning = lines.warning === null ? null : await gpio.output(lines.warning.line, lines.warning);
  let timer: Timer | null = null;
  const input = async (line: InputLine | null, changed: (active: boolean) => void): Promise<GpioInput | null> =>
    line === null ? null : await gpio.input(line.line, line, changed);
  const button = (line: InputLine | null): InputLine | null => line && { debounceMs: BUTTON_MS, ...line };
  const running = await input(lines.running, (active) => timer?.ran(active));
  const start = await input(button(lines.start), (active) => active && timer?.startPressed());
  const stop = await input(button(lines.stop), (active) => active && timer?.stopPressed());
  const register = await TimerRegister.open(openStore, clock);
  if (register.found.armed) {
    events.tell({ type: "unaccounted", quantityBase: null, detail: UNACCOUNTED.interrupted });
  }
  const opened = new Timer({
    ...{ rules: settings, power, register, events, clock, log },
    warning: warning === null || lines.warning === null ? null : switched(lines.warning.line, warning),
    heartbeat: new HeartbeatLine(alive, clock),
    feedback: running,
    hasStart: start !== null,
    stop,
  });
  timer = opened;
  gpio.onHeld((held, detail) => opened.held(held, detail));
  return opened;
}
