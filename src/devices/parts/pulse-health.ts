import type { Outcome } from "../../ports/outcome.ts";
import type { DispenserEvents } from "./dispenser-events.ts";
import { FAULTS } from "./pulse-faults.ts";
import type { PulseMeter } from "./pulse-meter.ts";
import type { PulseRegister } from "./pulse-register.ts";

/** Raises and clears the faults of a meter that has just been read, and tells what no sale can be charged for. */
export function judgeMeter(
  { events, meter, register }: { events: DispenserEvents; meter: PulseMeter; register: PulseRegister },
  counted: Outcome<number>,
  now: { readonly lost: string | null; readonly running: boolean; readonly ms: number },
): void {
  const unaccounted = (detail: string): void => events.tell({ type: "unaccounted", quantityBase: null, detail });
  const lost = now.lost ?? (counted.kind === "unknown" ? counted.detail : null);
  if (lost === null) events.clear("lines");
  else if (events.raise("lines", FAULTS.lines(lost)) && now.running) {
    unaccounted(`nobody counted what flowed until it was shut: ${lost}`);
  }
  if (counted.kind === "declined" && events.raise("count", FAULTS.count(counted.detail))) {
    unaccounted(`${counted.detail}; nothing after that is charged`);
  }
  const { disagreement } = meter;
  if (disagreement !== null && events.raise("channels", FAULTS.channels(disagreement))) {
    unaccounted(`${disagreement}; the lower count is charged`);
  }
  const trouble = register.trouble(now.ms);
  if (trouble === null) events.clear("register");
  else events.raise("register", FAULTS.register(trouble));
}
