import type { Gpio } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import type { InputLine, OutputLine } from "../parts/lines.ts";
import { fileStore, type OpenStore } from "../parts/register-file.ts";
import { CoinLine } from "./coin-line.ts";
import { CreditPulser, type CreditRules } from "./credit-pulser.ts";
import { openCreditRegister } from "./credit-register.ts";

export interface PulseCreditSettings extends CreditRules {
  /** The register's file, of this position alone. Made when it is missing; its folder must be there and survive. */
  readonly registerPath: string;
  readonly lines: {
    readonly coin: OutputLine;
    /** Active while the machine takes no coins. */
    readonly inhibit: InputLine | null;
  };
  readonly onMs: number;
}

/** A machine that is paid by pulses on its coin input. Rejects with a GpioError or a RegisterError. */
export async function openPulseCredit(
  settings: PulseCreditSettings,
  gpio: Gpio,
  clock: Clock,
  log: Log,
  openStore: OpenStore = fileStore(settings.registerPath),
): Promise<Dispenser> {
  const { coin, inhibit } = settings.lines;
  // The coin line first: taking it switches it off.
  const line = new CoinLine(await gpio.output(coin.line, coin), clock, settings.onMs);
  let pulser: CreditPulser | null = null;
  const feedback = inhibit === null ? null : await gpio.input(inhibit.line, inhibit, () => pulser?.inhibitChanged());
  const register = await openCreditRegister(openStore);
  const events = new DispenserEvents();
  const opened = new CreditPulser({ rules: settings, coin: line, inhibit: feedback, register, events, clock, log });
  pulser = opened;
  gpio.onHeld((held, detail) => opened.held(held, detail));
  return opened;
}
