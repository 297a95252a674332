import type { EventOf, SaleEvent } from "../../src/core/sale/event.ts";
import {
  type Closed,
  type Committing,
  type HandedOver,
  isOpen,
  type Releasing,
  type State,
} from "../../src/core/sale/state.ts";
import { formatUnitPrice } from "../../src/core/tariff.ts";
import type { World } from "./world.ts";

/** A fault that the daemon was told of so long ago forbids new sales. */
const FAULT_KNOWN_MS = 5_000;
/** Who settles or releases asks again within this time: the longest pause, the longest silence, and some. */
const ASKS_WITHIN_MS = 60_000;
/** By how much a hold may seem to end later than it does. */
const CLOCK_SLACK_MS = 5_000;

/** What a single journaled event can break, held against the surroundings at that moment. */
export class EventRules {
  readonly #world: World;
  readonly #broken: (rule: string, detail: string) => void;
  readonly #seenPrices = new Map<string, string | null>();

  constructor(world: World, broken: (rule: string, detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  chosen(position: string, unitPrice: string | null): void {
    this.#seenPrices.set(position, unitPrice);
  }

  /** @param sameRun whether the run of the daemon that writes it wrote the one before */
  judge(event: SaleEvent, before: State, next: State, sameRun: boolean): void {
    if (event.type === "handed-over") this.#judgeHandOver(event.reason, before);
    if (event.type === "selected") this.#judgeBegin(event, before);
    else if (!sameRun && isOpen(before)) this.#judgeFirst(event, before);
    if (event.type === "offer-refused") this.#judgeNoOffer(event.saleId);
    if (event.type === "delivered") this.#judgeMetered(event.totaliserBase, before, next);
    if (next.phase === "closed" && next.outcome === "needs-attention") this.#judgeHandover(next, before);
  }

  /** A "no" to a repetition says nothing about the offer that was sent first. */
  #judgeNoOffer(saleId: string): void {
    const open = this.#world.service.billsOf(saleId).find(({ state }) => state === "open" || state === "held");
    if (open !== undefined)
      this.#broken("5 unknown", `${saleId} counts as never offered, but ${open.reference} is open`);
  }

  #wasUnanswered({ sale, aim, offer }: Committing | Releasing): boolean {
    const sent = this.#world.service.unanswered.get(sale.id);
    if (offer === null) return sent?.has("offer") === true;
    return sent?.has(aim === "commit" ? "commit" : "cancel") === true;
  }

  #judgeBegin({ saleId, position, terms }: EventOf<"selected">, before: State): void {
    const seen = this.#seenPrices.get(this.#world.places.homeOf(position)) ?? null;
    const soldAt = formatUnitPrice(terms.tariff);
    if (seen !== null && soldAt !== seen) this.#broken("2 amount", `${saleId} is sold at ${soldAt}, seen was ${seen}`);
    if (isOpen(before)) this.#broken("3 resolved", `${before.sale.id} is left open for ${saleId}`);
    const { faultToldAtMs } = this.#world.dispenserAt(position);
    const { elapsedMs } = this.#world.time;
    if (faultToldAtMs !== null && elapsedMs - faultToldAtMs > FAULT_KNOWN_MS && !this.#world.wasHeldUp)
      this.#broken("6 code", `${saleId} begins although its dispenser is out of order`);
  }

  /** Only a configuration that has changed takes a sale away from the daemon. */
  #judgeHandOver(reason: HandedOver, before: State): void {
    if (!isOpen(before)) return;
    const { id, position, terms } = before.sale;
    const { places } = this.#world;
    const place = places.placeOf(position);
    const isSo = {
      "position-gone": places.retired.includes(position),
      "provider-gone": !this.#world.service.configured.has(terms.provider),
      "terminal-changed": terms.terminal !== place?.terminal,
      "meter-changed": terms.meter !== place?.meter && before.phase === "dispensing",
      "journal-accepted": false,
    }[reason];
    if (!isSo) this.#broken("3 resolved", `${id} goes to a person for ${reason}, which is not so`);
  }

  #judgeFirst(event: SaleEvent, before: State): void {
    const goesOn = before.phase === "settling" || (before.phase === "dispensing" && before.stopping === "restart");
    if (goesOn || event.type === "restarted" || event.type === "handed-over") return;
    this.#broken("8 restart", `${event.saleId} was ${before.phase} and goes on with ${event.type}`);
  }

  /** A meter is asked until the sale's deadline, and believed when it answers, unless it is known to have gone wrong. */
  #judgeMetered(totaliserBase: number | null, before: State, next: State): void {
    if (before.phase !== "dispensing" || !("delivery" in next)) return;
    const { id, position } = before.sale;
    if (totaliserBase === null) this.#broken("4 billed", `${id}: its meter is given up before the deadline`);
    const dispenser = this.#world.dispenserAt(position);
    if (next.delivery?.certain !== false || !dispenser.lastAnswered || dispenser.forgets) return;
    const excuses = dispenser.excuses.get(id);
    const isMisled = excuses?.has("meter-jump") || excuses?.has("meter-wrong-unopposed");
    if (isMisled || next.delivery.endBase === totaliserBase) return;
    this.#broken("4 billed", `${id} is billed by guess although its meter answers`);
  }

  /** Silence is no refusal, and no reason to stop asking. */
  #judgeHandover({ sale, offer, reason }: Closed, before: State): void {
    const { service, places, time, startedAtMs, wasHeldUp } = this.#world;
    if (reason === "settle-refused" || reason === "release-refused") {
      if (sale.terms.terminal !== places.placeOf(sale.position)?.terminal)
        this.#broken("5 unknown", `${sale.id} counts as refused by a terminal that never had it`);
      const isRefused = service.refused.has(sale.id);
      if (!isRefused) this.#broken("5 unknown", `${sale.id} counts as refused, which nobody has said`);
      if (before.phase === "settling" && this.#wasUnanswered(before))
        this.#broken("5 unknown", `${sale.id} counts as refused, though an earlier call was never answered`);
      const bills = service.billsOf(sale.id);
      // Without the name of its offer nobody can ask what has become of it.
      const isOver = offer !== null && bills.every(({ state }) => state === "ended");
      const isDone = isOver || bills.some(({ state }) => state === "captured");
      if (isDone) this.#broken("5 unknown", `${sale.id} counts as refused although it is over`);
    }
    if (reason !== "deadline" || before.phase !== "settling" || wasHeldUp) return;
    this.#judgeTried(before);
    const asked = service.askedAtMs.get(sale.id) ?? startedAtMs;
    if (time.elapsedMs - Math.max(asked, startedAtMs) > ASKS_WITHIN_MS)
      this.#broken("5 unknown", `${sale.id} goes to a person although nobody has asked any more`);
  }

  /** A sale that the daemon finds after its deadline is not given up before the service was asked about it. */
  #judgeTried({ sale, hold }: Committing | Releasing): void {
    const { service, time, startedAtMs, chaos } = this.#world;
    if (hold === null || chaos.struck.has("clock-step") || chaos.struck.has("clock-1970")) return;
    const startMs = time.epochMs + startedAtMs;
    if (startMs < hold.untilMs - sale.terms.handoverMarginMs + CLOCK_SLACK_MS) return;
    if ((service.answeredAtMs.get(sale.id) ?? -1) < startedAtMs)
      this.#broken(
        "3 resolved",
        `${sale.id} goes to a person untried, because its deadline passed while the daemon was down`,
      );
  }
}
