import type { Unit } from "../../core/quantity.ts";
import { unaccounted } from "../../core/unaccounted.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DispenserEvent } from "../../ports/dispenser.ts";
import type { Journal } from "../../ports/journal.ts";
import type { PositionEvents } from "../sale/position-events.ts";
import type { FaultBoard } from "../watch/fault-board.ts";

export interface NoteDeps {
  readonly id: string;
  readonly unit: Unit;
  readonly journal: Journal;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly events: Pick<PositionEvents, "noted">;
}

/** Puts on record what no sale can be charged for, and tells the operator. */
export async function noteUnaccounted(
  { journal, faults, clock, id, unit, events }: NoteDeps,
  { quantityBase, detail }: Extract<DispenserEvent, { type: "unaccounted" }>,
): Promise<void> {
  const note = unaccounted({ position: id, unit, atMs: clock.wallMs() }, quantityBase, detail);
  try {
    // A key of its own, because a leak may be noted for days and nobody looks notes up by position.
    await journal.note("unaccounted", `${id} ${note.at}`, () => note);
  } catch (error) {
    // What is not on record can at least be seen. What is on record waits for a person.
    faults.raise("unaccounted", id, note.quantity === null ? detail : `${note.quantity} ${unit}: ${detail}`);
    throw error;
  }
  events.noted();
}
