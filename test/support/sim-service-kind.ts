import type { ProviderTraits } from "../../src/ports/payment.ts";
import type { Random } from "./sim-chaos.ts";

/**
 * An offer that is a page of its own: it lives beside others, and ends when the service says. Calls have keys, under which
 * the service keeps its answers for a while.
 */
interface Page {
  readonly lifeMs: number;
  /** Whether the service also ends an unpaid one when it is asked to. */
  readonly endsWhenAsked: boolean;
  /** Whether it has forgotten older keys when the daemon starts. */
  readonly forgetsKeys: boolean;
  /** Whether what a capture leaves over is held until somebody frees it. */
  readonly holdsRest: boolean;
}

/** In what the payment service of a life differs from others. */
export interface ServiceKind {
  readonly polls: ProviderTraits["polls"];
  /** Null where a new offer takes the place of the older one, and each lasts until somebody ends it. */
  readonly page: Page | null;
}

export function serviceKindOf(everyMs: number, random: Random): ServiceKind {
  const polls = {
    firstMs: random.pick([everyMs, 5_000]),
    everyMs,
    hiddenEveryMs: random.pick([everyMs, 5_000]),
    probeEveryMs: random.pick([60_000, 60_000, 1_800_000]),
  };
  return { polls, page: random.chance(0.4) ? pageOf(random) : null };
}

function pageOf(random: Random): Page {
  return {
    lifeMs: random.pick([60_000, 600_000, 2_000_000]),
    endsWhenAsked: random.chance(0.6),
    forgetsKeys: random.chance(0.5),
    holdsRest: random.chance(0.5),
  };
}

/** How long its offers live, as its traits say. */
export function lifeOf({ page }: ServiceKind) {
  return page === null ? {} : { offerLife: { shortestMs: page.lifeMs, longestMs: page.lifeMs } };
}
