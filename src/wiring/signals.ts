import type { PositionConfig } from "../config/schema.ts";
import type { Signals } from "../displays/signals/signals.ts";
import type { Gpio } from "../platform/gpio/gpio.ts";
import { gpioOf, type Surroundings } from "./devices.ts";

type Wired = PositionConfig & { readonly signals: NonNullable<PositionConfig["signals"]> };

export type OpenSignals = Pick<Signals, "show" | "close">;

const NONE: OpenSignals = { show: () => undefined, close: async () => undefined };

/** The lamps and beepers of the positions that have some. A line that cannot be taken is reported, and rejects nothing. */
export async function openSignals(
  around: Pick<Surroundings, "config" | "shared" | "clock" | "log">,
  report: (position: string, problem: string | null) => void,
): Promise<OpenSignals> {
  const wired = around.config.positions.filter((position): position is Wired => position.signals !== undefined);
  if (wired.length === 0) return NONE;
  const opened = import("../displays/signals/signals.ts");
  const gpio = gpioOf(around);
  const { Signals } = await opened;
  const signals = new Signals(
    wired.map((position) => outputsOf(position, gpio)),
    around.clock,
    report,
  );
  gpio.then(
    (lines) => lines.onHeld((held) => held && signals.restore()),
    () => undefined,
  );
  return signals;
}

function outputsOf({ id, signals }: Wired, gpio: Promise<Gpio>): ConstructorParameters<typeof Signals>[0][number] {
  const { lamp, beeper, activeLow } = signals;
  const take = (line: string | undefined) =>
    line === undefined ? null : async () => (await gpio).output(line, { activeLow });
  return { id, lamp: take(lamp), beeper: take(beeper) };
}
