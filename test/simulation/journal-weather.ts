import { distrust, reachedBy } from "../../src/platform/journal/sqlite/chain/trust.ts";
import type { Disk } from "../support/memory-journal.ts";
import type { World } from "./world.ts";

/** By how many writes an older copy may be behind, and a mark that a power cut took back. */
const MOST_BEHIND = 60;
const MOST_UNMARKED = 4;

/**
 * The journal's file as a start finds it: now and then it has lost its end, is an older copy or another kiosk's, and a
 * power cut may have taken the last writes of the mark outside. Whoever is told puts the right file back.
 */
export class JournalWeather {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The disk to go on with; null when the start is refused. */
  open(): Disk | null {
    const { chaos, disk } = this.#world;
    if (!chaos.strikes("journal-swapped")) return disk;
    const { random } = chaos;
    const swap = random.pick(["older", "older", "another", "none"]);
    const writes = disk.writes.length;
    const found = swap === "older" ? disk.asOf(Math.max(0, writes - random.int(1, MOST_BEHIND))) : disk;
    const id = swap === "another" ? "another" : "ours";
    const marked = disk.asOf(Math.max(0, writes - (swap === "none" ? random.int(0, MOST_UNMARKED) : 0)));
    const reached = reachedBy(marked.chain("ours"), null);
    const refusal = distrust(found.chain(id), { kind: "reached", reached });
    this.#world.note(() => `the journal's file: ${swap}, ${found.writes.length} of ${writes} writes, ${refusal?.kind}`);
    if (refusal === null) return found;
    if (swap === "none") this.#world.rules.broken("10 journal", `a whole journal is refused: ${refusal.kind}`);
    return null;
  }
}
