import { awaitsTruth } from "../../core/sale/amend.ts";
import type { Truth } from "../../core/sale/resolve.ts";
import type { Closed } from "../../core/sale/state.ts";
import { askedMs } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { OwnedName } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { ProviderOf } from "../../ports/payment.ts";
import type { Errand, News } from "../errand.ts";
import { POLICY } from "../policy.ts";
import { capturedNews } from "./payment-errands.ts";

export interface LateTruthDeps {
  readonly providerOf: ProviderOf;
  readonly clock: Clock;
  readonly log: Log;
  isOurs(saleId: string, owned: OwnedName): Promise<boolean>;
  /** Nothing is learned while it is not: it would be on record with a time that an operator may be overruling. */
  isTimeKnown(): boolean;
  /** Takes what was learned of a sale that is over. */
  learned(saleId: string, news: News): Promise<unknown>;
}

interface Watched {
  readonly closed: Closed;
  cancel: Cancel;
}

/**
 * Sales that went to a person without a word about their payment. The service is asked about each for a while, which
 * moves no money; what a call that was under way still brings is taken too.
 */
export class LateTruth {
  readonly #deps: LateTruthDeps;
  readonly #watched = new Map<string, Watched>();

  constructor(deps: LateTruthDeps) {
    this.#deps = deps;
  }

  /** The sale as it was handed over; undefined when nothing is to be learned of it any more. */
  of(saleId: string): Closed | undefined {
    return this.#watched.get(saleId)?.closed;
  }

  /** Waits for word about the sale if there is none, and no longer if there is. */
  follow(closed: Closed): void {
    this.#drop(closed.sale.id);
    if (!awaitsTruth(closed)) return;
    const oldest = this.#watched.keys().next();
    if (this.#watched.size >= POLICY.lateTruthSales && !oldest.done) this.#drop(oldest.value);
    const watched: Watched = { closed, cancel: () => {} };
    this.#watched.set(closed.sale.id, watched);
    this.#askLater(watched, 0);
  }

  close(): void {
    for (const saleId of [...this.#watched.keys()]) this.#drop(saleId);
  }

  #drop(saleId: string): void {
    this.#watched.get(saleId)?.cancel();
    this.#watched.delete(saleId);
  }

  #askLater(watched: Watched, attempt: number, leastMs = 0): void {
    const delayMs = POLICY.lateTruthMs[attempt];
    const { offer, sale } = watched.closed;
    if (delayMs === undefined || offer === null) return;
    watched.cancel = this.#deps.clock.after(Math.max(delayMs, leastMs), () => {
      this.#ask(watched, offer.reference, attempt).catch((error: unknown) =>
        this.#deps.log.error({ sale: sale.id, error: String(error) }, "what was learned late could not be taken"),
      );
    });
  }

  /** What is final at the service; anything else may still change. */
  async #newsOf(saleId: string, service: string, truth: Truth): Promise<News | null> {
    const isOurs: Errand["isOurs"] = (kind, name) => this.#deps.isOurs(saleId, { kind, name, service });
    if (truth.state === "captured") return await capturedNews(truth, service, isOurs);
    return truth.state === "ended" ? { type: "released" } : null;
  }

  async #ask(watched: Watched, reference: string, attempt: number): Promise<void> {
    const { providerOf, learned, isTimeKnown } = this.#deps;
    const { sale } = watched.closed;
    const payment = providerOf(sale.terms.provider);
    if (payment === null) return;
    if (!isTimeKnown()) {
      this.#askLater(watched, attempt);
      return;
    }
    const outcome = await payment.query(sale, reference);
    const news = outcome.kind === "done" ? await this.#newsOf(sale.id, payment.traits.name, outcome.value) : null;
    if (this.#watched.get(sale.id) !== watched) return;
    if (!isTimeKnown()) this.#askLater(watched, attempt);
    else if (news === null || news.type === "contradicted") this.#askLater(watched, attempt + 1, askedMs(0, outcome));
    else await learned(sale.id, news);
  }
}
