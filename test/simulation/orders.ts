import type { Order } from "../../src/core/operator/orders.ts";
import type { Place } from "./places.ts";
import { isBlockedBy } from "./start-rules.ts";
import type { World } from "./world.ts";

/** How long a block lasts, and how long until somebody thinks of the next one. */
const BLOCK_MS = [60_000, 1_200_000] as const;
const PAUSE_MS = [5_000, 100_000] as const;
const AGAIN_MS = 15_000;

/** Somebody who takes a position out of service now and then, and back in later. */
export class Orders {
  readonly #world: World;
  /** By place: the name under which it was blocked, when that is known for sure. */
  readonly #blocked = new Map<string, { name: string; isSure: boolean }>();

  constructor(world: World) {
    this.#world = world;
    this.#pause();
  }

  /** Whether a position is out of service by an order that was carried out, and that nobody gave up since. */
  isBlocked(name: string): boolean {
    const { places } = this.#world;
    const block = this.#blocked.get(places.homeOf(name));
    return block?.isSure === true && !places.retired.includes(block.name);
  }

  /** Also by a block of a name that was given up, and is the position's again. */
  mayBeBlocked(name: string): boolean {
    const { places, disk } = this.#world;
    const home = places.homeOf(name);
    const names = places.allNames.filter((each) => places.homeOf(each) === home && !places.retired.includes(each));
    return this.#blocked.has(home) || names.some((each) => isBlockedBy(disk.notes("orders", each) as Order[]));
  }

  #pause(): void {
    const { chaos, time } = this.#world;
    time.after(chaos.random.int(...PAUSE_MS), () => {
      const place = chaos.random.pick(this.#world.places.all as [Place, ...Place[]]);
      if (this.#world.started && chaos.strikes("operator-blocks")) this.#order("block", place);
      else this.#pause();
    });
  }

  #order(name: "block" | "unblock", place: Place): void {
    const { kiosk, time, life, started } = this.#world;
    const position = place.name;
    this.#blocked.set(place.home, { name: position, isSure: false });
    let isOver = false;
    const again = (): void => {
      if (!isOver) this.#order(name, place);
      isOver = true;
    };
    time.after(AGAIN_MS, again);
    if (kiosk === null || !started || !place.isConfigured) return;
    const command = name === "block" ? { name, body: { position, reason: "leak" } } : { name, body: { position } };
    void kiosk.operators.order(command).then(({ kind }) => {
      if (isOver || !life.alive || kind !== "done") return;
      isOver = true;
      this.#done(name, place, position);
    });
  }

  #done(name: "block" | "unblock", place: Place, position: string): void {
    const { time, chaos } = this.#world;
    if (name === "unblock") {
      this.#blocked.delete(place.home);
      this.#pause();
    } else {
      this.#blocked.set(place.home, { name: position, isSure: true });
      time.after(chaos.random.int(...BLOCK_MS), () => this.#order("unblock", place));
    }
  }
}
