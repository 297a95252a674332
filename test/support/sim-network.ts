import type { Outcome } from "../../src/ports/outcome.ts";
import { declined, unknown } from "../../src/ports/outcome.ts";
import type { ServiceTime } from "../../src/ports/payment.ts";
import type { Chaos } from "./sim-chaos.ts";
import { answer, type Life, type VirtualTime } from "./virtual-clock.ts";

const REQUEST_TIMEOUT_MS = 10_000;

/** What changes something at the service; a call of the port may be several of these, with time between them. */
export type Changing = "offer" | "update" | "commit" | "cancel" | "free";
export type Request = Changing | "query" | "probe";

interface NetworkWorld {
  readonly time: VirtualTime;
  readonly chaos: Chaos;
  crash(why: string): void;
  /** An answer has reached the daemon. */
  timeTold(): void;
}

/** The way to a payment service, on which requests and answers get lost, late and doubled. */
export class SimNetwork {
  readonly #world: NetworkWorld;
  /** The newest answer's time, and who heard it. */
  #told: { readonly life: Life; readonly time: ServiceTime } | null = null;

  constructor(world: NetworkWorld) {
    this.#world = world;
  }

  serviceTime(life: Life): ServiceTime | null {
    return this.#told?.life === life ? this.#told.time : null;
  }

  /** One request through the network: what happens there happens whether or not the caller lives to hear it. */
  call<T>(
    life: Life,
    position: string,
    what: Request,
    happen: (told: boolean) => Outcome<T>,
    refused: (() => boolean) | null = null,
  ): Promise<Outcome<T>> {
    const { time, chaos } = this.#world;
    const { random } = chaos;
    const lost = (detail: string): Promise<Outcome<T>> =>
      answer(time, life, REQUEST_TIMEOUT_MS, () => unknown<T>(`${what}: ${detail}`));
    if (!life.alive) return new Promise(() => {});
    if (chaos.lasts("service-outage", "service", 30_000, 4_500_000)) return lost("no connection");
    if (what === "commit" && chaos.lasts("settling-silent", position, 30_000, 5_400_000)) {
      // Now and then one is carried out all the same, when nobody waits for it any more.
      if (random.chance(0.1)) time.after(random.int(1_000, 60_000), () => happen(false));
      return lost("no answer");
    }
    if (chaos.lasts("terminal-rejected", position, 5_000, 120_000))
      return answer(time, life, 100, () => declined<T>("rejected", "terminal refused"));
    if (what === "commit" && refused !== null && chaos.lasts("capture-rejected", position, 5_000, 120_000)) {
      // Some look at who asks before they look at the key, and some keep this answer under it too.
      if (random.chance(0.5)) refused();
      return answer(time, life, 100, () => declined<T>("rejected", "account not let in"));
    }
    if (what !== "probe" && what !== "query" && chaos.strikes("service-refuses") && refused?.() !== false)
      return answer(time, life, 100, () => declined<T>("refused", "refused"));
    if (chaos.strikes("request-lost")) return lost("request lost");
    if (chaos.strikes("request-late")) {
      time.after(REQUEST_TIMEOUT_MS + random.int(0, 30_000), () => happen(false));
      return lost("request late");
    }
    const delayMs = this.#delayMs(position, what);
    const told = !chaos.strikes("answer-lost");
    if (chaos.strikes("request-repeated")) {
      time.after(delayMs + random.int(20, 30_000), () => happen(false));
    }
    if (chaos.strikes("crash-at-call")) {
      time.after(delayMs, () => happen(false));
      this.#world.crash(`after sending ${what}`);
      return new Promise(() => {});
    }
    let outcome: Outcome<T> = unknown("not yet");
    time.after(delayMs, () => {
      outcome = happen(told);
    });
    if (!told) return lost("answer lost");
    return answer(time, life, delayMs + random.int(1, 20), () => {
      // Whole seconds, as services write it.
      const atMs = Math.floor(time.trueMs / 1_000) * 1_000;
      this.#told = { life, time: { atMs, heardMs: time.elapsedMs } };
      this.#world.timeTold();
      return outcome;
    });
  }

  /** While commits get no answer, what comes before them takes its time: the sale may be over before it is answered. */
  #delayMs(position: string, what: Request): number {
    const { chaos } = this.#world;
    const { random } = chaos;
    if (what === "update" && chaos.isLasting("settling-silent", position)) return random.int(10_000, 25_000);
    return chaos.strikes("slow-answer") ? random.int(1_000, 9_000) : random.int(50, 300);
  }
}
