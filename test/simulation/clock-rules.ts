import type { EventOf, SaleEvent } from "../../src/core/sale/event.ts";
import { isOpen, type State } from "../../src/core/sale/state.ts";
import type { World } from "./world.ts";

/** A sale that begins with a clock so far from what the service says was begun by a wrong clock. */
const DIFFERS_MS = 11 * 60_000;
/** How long the service must have contradicted it until the daemon has to know. */
const TOLD_MS = 2 * 60_000;
/** What it said so long ago counts no more. */
const TOLD_LATELY_MS = 60_000;
/** How far a sale may begin behind what the journal has seen, and how far from what the machine's clock shows. */
const BEHIND_MS = 6 * 60_000;
/** A clock as wrong as this is right enough for whoever must say so. */
const RIGHT_MS = 3 * 60_000;
/** From a choice to its event in the journal, where nothing holds it up. */
const WRITTEN_WITHIN_MS = 1_000;
/** After the faults have stopped every position can be used again within this time. */
export const SERVES_WITHIN_MS = 3 * 60_000;

/** By which clock sales are made (money rule 6), and that one that was wrong once does not keep the kiosk closed. */
export class ClockRules {
  readonly #world: World;
  readonly #broken: (detail: string) => void;
  /** How wrong the time in the events of each position's sale has been at the most. */
  readonly #saleErrorMs = new Map<string, number>();
  /** Since when answers have contradicted this run's clock, and the newest that did (elapsed). */
  #contradicted: { readonly life: number; readonly sinceMs: number; untilMs: number } | null = null;

  /** How wrong the clock was until it was set last, and when that was (elapsed). */
  #before: { readonly errorMs: number; readonly untilMs: number } | null = null;

  constructor(world: World, broken: (detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  /** An answer has told the daemon what time it is at the service. */
  told(): void {
    const { time, life, setting } = this.#world;
    if (!setting.knowsTime.service) return;
    if (Math.abs(time.wallErrorMs) <= DIFFERS_MS) this.#contradicted = null;
    else if (this.#contradicted?.life === life.number) this.#contradicted.untilMs = time.elapsedMs;
    else this.#contradicted = { life: life.number, sinceMs: time.elapsedMs, untilMs: time.elapsedMs };
  }

  /** To be told before the clock shows another time. */
  clockSet(): void {
    const { time } = this.#world;
    this.#before = { errorMs: time.wallErrorMs, untilMs: time.elapsedMs };
    this.#contradicted = null;
  }

  written(position: string, event: SaleEvent, newestBeforeMs: number | null): void {
    const errorMs = event.atMs - this.#world.time.trueMs;
    if (event.type === "selected") this.#judgeBegin(event, newestBeforeMs);
    else if (errorMs <= (this.#saleErrorMs.get(position) ?? errorMs - 1)) return;
    this.#saleErrorMs.set(position, errorMs);
  }

  /** Whether an open sale was counted by a clock that was further ahead than the one now. */
  isLost(stateAt: (position: string) => State): boolean {
    return this.#world.dispensers.some(
      ({ position }) =>
        isOpen(stateAt(position)) && (this.#saleErrorMs.get(position) ?? 0) > this.#world.time.wallErrorMs,
    );
  }

  /** Whether the customer chose right before the clock was set, and the journal has it only now. */
  #isOfClockBefore(atMs: number): boolean {
    const { time } = this.#world;
    if (this.#before === null || time.elapsedMs - this.#before.untilMs > WRITTEN_WITHIN_MS) return false;
    return Math.abs(atMs - time.trueMs - this.#before.errorMs) <= WRITTEN_WITHIN_MS;
  }

  #judgeBegin({ saleId, atMs }: EventOf<"selected">, newestBeforeMs: number | null): void {
    const { time, life, wasHeldUp } = this.#world;
    const wallMs = time.trueMs + time.wallErrorMs;
    if (wasHeldUp) return;
    if (Math.abs(atMs - wallMs) > BEHIND_MS && !this.#isOfClockBefore(atMs))
      this.#broken(`${saleId} begins ${Math.round((atMs - wallMs) / 1_000)} s ahead of the clock`);
    if (Math.abs(time.wallErrorMs) > RIGHT_MS && newestBeforeMs !== null && atMs < newestBeforeMs - BEHIND_MS)
      this.#broken(`${saleId} begins before what the journal has seen, by a clock that is wrong`);
    const told = this.#contradicted;
    if (told === null || told.life !== life.number) return;
    if (told.untilMs - told.sinceMs > TOLD_MS && time.elapsedMs - told.untilMs < TOLD_LATELY_MS)
      this.#broken(
        `${saleId} begins by a clock that the service has contradicted for ${told.untilMs - told.sinceMs} ms`,
      );
  }
}
