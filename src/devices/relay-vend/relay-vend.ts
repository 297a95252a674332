import type { Gpio, GpioInput } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import type { InputLine, OutputLine } from "../parts/lines.ts";
import { fileStore, type OpenStore, RegisterError } from "../parts/register-file.ts";
import { Switch } from "../parts/switch.ts";
import { type Selection, VendMachine } from "./vend-machine.ts";
import { openVendRegister } from "./vend-register.ts";

export interface RelayVendSettings {
  /** The register's file, of this position alone. Made when it is missing; its folder must be there and survive. */
  readonly registerPath: string;
  /** One alone may go without a button: it is vended as soon as it is paid for. */
  readonly selections: readonly {
    readonly id: string;
    readonly output: OutputLine;
    readonly button: InputLine | null;
    /** In base units of the product: hundredths of a `credit`, or 1 where pieces are sold. */
    readonly priceBase: number;
  }[];
  /** `pulse`: the motor runs for its time, whatever drops. `until-drop`: until something drops, or its time is over. */
  readonly mode: "pulse" | "until-drop";
  readonly motorMs: number;
  /** Any of them active: something fell. Without one, an item counts as sold when the motor has run its full time. */
  readonly dropSensors: readonly InputLine[];
  /** After the motor, for what still falls. */
  readonly dropTimeoutMs: number;
  readonly maxVends: number;
  /** So long without a choice, and the customer has left. */
  readonly idleMs: number;
}

/** A vending machine by its motors' relays, its buttons and its drop sensors. Rejects with a GpioError or a RegisterError. */
export async function openRelayVend(
  settings: RelayVendSettings,
  gpio: Gpio,
  clock: Clock,
  log: Log,
  openStore: OpenStore = fileStore(settings.registerPath),
): Promise<Dispenser> {
  checkSettings(settings);
  const events = new DispenserEvents();
  const selections: Selection[] = [];
  for (const { id, output, priceBase, button } of settings.selections) {
    const taken = await gpio.output(output.line, output);
    const motor = new Switch(taken, clock, (detail) => machine?.motorFailed(`${output.line} cannot be set: ${detail}`));
    selections.push({ id, priceBase, motor, byButton: button !== null });
  }
  let machine: VendMachine | null = null;
  for (const { id, button } of settings.selections) {
    if (button !== null) await gpio.input(button.line, button, (active) => active && machine?.choose(id));
  }
  const sensors: GpioInput[] = [];
  for (const sensor of settings.dropSensors) {
    sensors.push(await gpio.input(sensor.line, sensor, (active) => machine?.sensed(active)));
  }
  const register = await openVendRegister(openStore);
  const opened = new VendMachine({ settings, selections, sensors, register, events, clock, log });
  machine = opened;
  gpio.onHeld((held, detail) => opened.held(held, detail));
  return opened;
}

function checkSettings({ selections, mode, dropSensors }: RelayVendSettings): void {
  if (mode === "until-drop" && dropSensors.length === 0) {
    throw new RegisterError(
      "A motor that runs until something drops needs a drop sensor. Name one, or take mode pulse.",
    );
  }
  if (selections.length > 1 && selections.some(({ button }) => button === null)) {
    throw new RegisterError(
      "Of several selections each needs a button. Name the missing ones, or leave one selection.",
    );
  }
}
