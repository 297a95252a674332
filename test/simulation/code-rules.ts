import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { State } from "../../src/core/sale/state.ts";
import type { KioskView } from "../../src/ports/display.ts";
import type { Bill } from "../support/sim-bill.ts";
import type { World } from "./world.ts";

/** Under which no code may be shown (money rule 6), written down here once more. */
const BLOCKING: ReadonlySet<string> = new Set([
  "payment-unreachable",
  "payment-rejected",
  "dispenser-fault",
  "dispenser-unreachable",
  "journal-unwritable",
  "clock-implausible",
  "display-silent",
  "operator-block",
]);
/** A code goes this long before its offer ends. */
const MARGIN_MS = 30_000;
const SLACK_MS = 1_000;
/** Longer than any offer lives, with what clocks may differ. */
const LONGEST_MS = 2 * 3_600_000;

/** What may stand on the display as a code, and for how long (money rule 6). */
export class CodeRules {
  readonly #world: World;
  readonly #broken: (detail: string) => void;
  /** Until when each position's code may be shown, in elapsed time. */
  readonly #untilMs = new Map<string, number>();
  #shown: readonly string[] = [];

  constructor(world: World, broken: (detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  /** An offer was made or made to last longer. */
  written(position: string, event: SaleEvent, next: State): void {
    if (next.phase !== "offered") return;
    const { endsAtMs = event.atMs + 1 } = next.offer;
    const isSense = endsAtMs > event.atMs && endsAtMs < event.atMs + LONGEST_MS;
    if (!isSense) this.#broken(`position ${position} takes an offer that ends at ${endsAtMs}, and it is ${event.atMs}`);
    const leftMs = next.offer.expiresAtMs - event.atMs - MARGIN_MS;
    this.#untilMs.set(position, this.#world.time.elapsedMs + leftMs + SLACK_MS);
  }

  /** The service has ended an offer in its time. By a clock that is right its code is not on display any more. */
  offerExpired({ reference }: Bill): void {
    const { chaos, shownView, wasHeldUp } = this.#world;
    const isClockWrong = (["clock-step", "clock-1970", "clock-far-ahead"] as const).some((kind) =>
      chaos.struck.has(kind),
    );
    const shown = shownView?.positions.find(({ qr }) => qr === `sim:${reference}`);
    if (shown === undefined || isClockWrong || wasHeldUp) return;
    this.#broken(`position ${shown.id} shows a code that the service has ended`);
  }

  shown(view: KioskView): void {
    this.#shown = view.positions.filter(({ qr }) => qr !== null).map(({ id }) => id);
    for (const { id, qr, faults } of view.positions) {
      if (qr === null) continue;
      const blocking = faults.find(({ code }) => BLOCKING.has(code));
      if (blocking !== undefined) this.#broken(`position ${id} shows a code in spite of ${blocking.code}`);
      if (this.#world.dispenserAt(id).faultToldAtMs !== null)
        this.#broken(`position ${id} shows a code while its dispenser is out of order`);
    }
  }

  afterStep(): void {
    const { time, shownView, wasHeldUp } = this.#world;
    if (this.#shown.length === 0 || shownView === null || wasHeldUp) return;
    for (const id of this.#shown) {
      if (time.elapsedMs > (this.#untilMs.get(id) ?? 0)) this.#broken(`position ${id} shows a code whose time is over`);
    }
  }
}
