import { formatAmount, parseAmount } from "../../core/money.ts";
import { formatUnitPrice, parseUnitPrice, priceMinor } from "../../core/tariff.ts";
import type { Nap } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CustomerInput, InputAnswer } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import type { Observer } from "../../ports/metrics.ts";
import type { RemoteOffer, RemoteOffers } from "../../ports/remote-offers.ts";
import { POLICY } from "../policy.ts";
import { type Admission, type Begun, outOfService, type PositionSetup, tooLittle } from "../sale/admission.ts";
import type { Position } from "../sale/position.ts";
import type { PositionChanges } from "./position-changes.ts";
import { remoteOffer } from "./remote-offer.ts";

/** A position with what it sells now. */
export interface Place {
  setup: PositionSetup;
  /** Since when it sells at this price, in monotonic time; null while that is the one it started with. */
  pricedAtMs: number | null;
  readonly position: Position;
  /** Cut short when there may be news of its offer. */
  readonly nap: Nap;
}

export interface CustomerDeskDeps {
  readonly places: ReadonlyMap<string, Place>;
  readonly admission: Admission;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: Pick<PositionChanges, "next">;
  readonly isServing: () => boolean;
  readonly isEnding: () => boolean;
}

/** What customers may ask of the kiosk, at its display, at its device, and from their own phones. */
export class CustomerDesk implements CustomerInput, RemoteOffers {
  readonly #deps: CustomerDeskDeps;

  constructor(deps: CustomerDeskDeps) {
    this.#deps = deps;
  }

  async select(id: string, maximum: string, unitPrice: string | null): Promise<InputAnswer> {
    const place = this.#deps.places.get(id);
    if (place === undefined) return unknownPosition(id);
    const { tariff, reserveMinor } = place.setup.goods;
    const maximumMinor = parseAmount(maximum, tariff.currency);
    if (maximumMinor === undefined || !reserveMinor.includes(maximumMinor)) {
      const choices = place.setup.goods.reserveMinor.map((minor) => formatAmount(minor, tariff.currency)).join(", ");
      return { kind: "invalid", reason: `reserve is one of ${choices}, not "${maximum}"` };
    }
    if (!this.#isPriceSeen(place, unitPrice)) return otherPrice(formatUnitPrice(tariff), unitPrice);
    const begun = await this.#begin(place, maximumMinor);
    return begun.kind === "begun" ? { kind: "taken" } : conflict(begun.reason);
  }

  async stop(id: string): Promise<InputAnswer> {
    const position = this.#deps.places.get(id)?.position;
    if (position === undefined) return unknownPosition(id);
    if (position.state.phase !== "dispensing") return conflict("nothing is being dispensed");
    return (await position.stop("customer")) ? { kind: "taken" } : conflict("it is stopping already");
  }

  async cancel(id: string): Promise<InputAnswer> {
    const position = this.#deps.places.get(id)?.position;
    if (position === undefined) return unknownPosition(id);
    const { phase } = position.state;
    if (phase !== "offered" && phase !== "reserved") return conflict(`nothing can be cancelled while ${phase}`);
    return (await position.stop("customer")) ? { kind: "taken" } : conflict("too late to cancel");
  }

  async extend(id: string): Promise<InputAnswer> {
    const position = this.#deps.places.get(id)?.position;
    if (position === undefined) return unknownPosition(id);
    return (await position.extend()) ? { kind: "taken" } : conflict("there is no more time to give now");
  }

  async offerTo(id: string, reservationMinor: number): Promise<RemoteOffer> {
    const place = this.#deps.places.get(id);
    if (place === undefined) return { kind: "out-of-service", detail: `there is no position "${id}"` };
    const { reserveMinor } = place.setup.goods;
    const mostMinor = Math.min(reservationMinor, Math.max(...reserveMinor));
    const maximumMinor = this.#deps.admission.fitted(place.setup, mostMinor, "down");
    const enough = maximumMinor >= Math.min(...reserveMinor);
    const begun = enough ? await this.#begin(place, maximumMinor) : tooLittle("below the smallest choice");
    if (begun.kind === "out-of-service") return { kind: "out-of-service", detail: begun.reason };
    if (begun.kind !== "begun") return { kind: begun.kind };
    for (;;) {
      const offer = remoteOffer(place.position.state, begun.saleId);
      if (offer !== null) return offer;
      if (this.#deps.isEnding()) return { kind: "late" };
      await this.#deps.changes.next(id);
    }
  }

  wake(id: string): void {
    this.#deps.places.get(id)?.nap.cut();
  }

  /** Goods chosen at the machine itself are offered at their price; what cannot be sold now is taken back there. */
  async offerWanted(id: string, quantityBase: number): Promise<void> {
    const place = this.#deps.places.get(id);
    if (place === undefined) return;
    const { setup } = place;
    const { tariff, reserveMinor } = setup.goods;
    const maximumMinor = this.#deps.admission.fitted(setup, priceMinor(tariff, quantityBase), "up");
    const begun =
      maximumMinor > Math.max(...reserveMinor)
        ? outOfService("the price is above the largest choice", "too-much")
        : await this.#begin(place, maximumMinor);
    if (begun.kind === "begun") return;
    this.#deps.log.info({ position: id, reason: begun.reason }, "what was chosen cannot be sold");
    if (begun.kind !== "in-use") await setup.dispenser.stop();
  }

  #isPriceSeen({ setup, pricedAtMs }: Place, unitPrice: string | null): boolean {
    if (unitPrice !== null) return parseUnitPrice(unitPrice) === setup.goods.tariff.unitPriceE6;
    return pricedAtMs === null || this.#deps.clock.monotonicMs() - pricedAtMs >= POLICY.priceSeenMs;
  }

  async #begin({ setup, position }: Place, maximumMinor: number): Promise<Begun> {
    const { isServing, admission, observer } = this.#deps;
    const begun = isServing()
      ? await admission.begin(setup, position, maximumMinor)
      : outOfService("the kiosk is not in service now", "not-serving");
    if (begun.kind !== "begun") observer.refused(begun.cause);
    return begun;
  }
}

function unknownPosition(id: string): InputAnswer {
  return { kind: "unknown-position", reason: `there is no position "${id}"` };
}

function otherPrice(unitPrice: string, seen: string | null): InputAnswer {
  const reason =
    seen === null
      ? `the price has just changed to ${unitPrice}: send it as unitPrice when it is on the screen`
      : `the price is ${unitPrice} now, not ${seen}`;
  return { kind: "other-price", reason, unitPrice };
}

function conflict(reason: string): InputAnswer {
  return { kind: "conflict", reason };
}
