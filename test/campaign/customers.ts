import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../support/sim-chaos.ts";
import type { Life } from "./life.ts";
import type { Site } from "./site.ts";

const LOOK_MS = 15;
/** Whoever waits longer goes home. */
const PATIENCE_MS = 12_000;

/** What a customer took from the pump, by the bill that they confirmed; null for whoever confirmed none. */
export interface Visit {
  readonly reference: string | null;
  readonly pouredMl: number;
}

/** One after the other they come to the position, whatever becomes of the daemon meanwhile. */
export class Customers {
  readonly visits: Visit[] = [];
  readonly #site: Site;
  readonly #random: Random;
  readonly #life: () => Life;
  #open = true;
  #accountedMl = 0;
  #running: Promise<void> | null = null;

  constructor(site: Site, random: Random, life: () => Life) {
    this.#site = site;
    this.#random = random;
    this.#life = life;
  }

  come(): void {
    this.#running = (async () => {
      while (this.#open) await this.#visit();
    })();
  }

  /** The last one is let finish. */
  async noMore(): Promise<void> {
    this.#open = false;
    await this.#running;
  }

  async #visit(): Promise<void> {
    const reference = await this.#pay();
    if (reference !== null && !this.#random.chance(0.03)) await this.#take(reference);
    await this.#until(() => reference === null || this.#isOver(reference));
    const pouredMl = this.#site.pump.releasedBase() - this.#accountedMl;
    this.#accountedMl += pouredMl;
    if (reference !== null || pouredMl > 0) this.visits.push({ reference, pouredMl });
    await sleep(LOOK_MS);
  }

  /** Chooses, scans, and confirms; the reference when something was confirmed. */
  async #pay(): Promise<string | null> {
    const random = this.#random;
    const { service } = this.#site;
    const life = this.#life();
    if (!(await life.post("select", { reserve: random.pick(["100.00", "300.00"]) }))) {
      await sleep(3 * LOOK_MS);
      return null;
    }
    let reference: string | null = null;
    await this.#until(async () => {
      const view = await life.view();
      reference = service.referenceIn(view?.qr ?? "");
      return life.over || view === null || reference !== null || view.state === "closed";
    });
    if (reference === null) return null;
    await sleep(random.int(0, 300));
    const mood = random.next();
    if (mood < 0.08 && service.decline !== null) service.decline(reference);
    else if (mood < 0.16) await life.post("cancel");
    else if (mood < 0.2) await this.#walkAway(reference);
    else if (service.confirm(reference)) return reference;
    return null;
  }

  /** Somebody else clears the display after a while, if no kill does. */
  async #walkAway(reference: string): Promise<void> {
    await sleep(this.#random.int(500, 2_000));
    while (this.#open && !this.#isOver(reference)) {
      if (await this.#life().post("cancel")) return;
      await sleep(3 * LOOK_MS);
    }
  }

  async #take(reference: string): Promise<void> {
    const random = this.#random;
    const { pump } = this.#site;
    const wantedMl = random.pick([0, random.int(10, 1_500), random.int(500, 4_000), 20_000]);
    const stops = random.chance(0.15);
    await sleep(random.int(0, 250));
    const beforeMl = pump.releasedBase();
    pump.act("lift");
    pump.act("squeeze");
    const endMs = Date.now() + PATIENCE_MS;
    let began = false;
    while (Date.now() < endMs && !this.#isOver(reference)) {
      const status = String(pump.state()["status"]);
      if (status === "filling") began = true;
      if (began && (status !== "filling" || pump.releasedBase() - beforeMl >= wantedMl)) break;
      await sleep(LOOK_MS);
    }
    if (stops && (await this.#life().post("stop"))) await sleep(random.int(0, 300));
    pump.act("release");
    await sleep(random.int(0, 200));
    pump.act("hang-up");
  }

  #isOver(reference: string): boolean {
    const bill = this.#site.service.bills().find((each) => each.reference === reference);
    return bill === undefined || (bill.status !== "ISSUED" && bill.status !== "RESERVED");
  }

  async #until(holds: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = Date.now() + PATIENCE_MS;
    while (Date.now() < endMs && !(await holds())) await sleep(LOOK_MS);
  }
}
