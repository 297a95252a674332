import { type MoneyRules, NO_RULES } from "../../src/core/money-rules.ts";
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
  readonly rules: MoneyRules;
}

export function serviceKindOf(everyMs: number, random: Random): ServiceKind {
  const polls = {
    firstMs: random.pick([everyMs, 5_000]),
    everyMs,
    hiddenEveryMs: random.pick([everyMs, 5_000]),
    probeEveryMs: random.pick([60_000, 60_000, 1_800_000]),
    probeOfAccount: random.apart().chance(0.3),
  };
  const page = random.chance(0.6) ? pageOf(random) : null;
  return { polls, page, rules: random.chance(0.4) ? rulesOf(random) : NO_RULES };
}

function pageOf(random: Random): Page {
  return {
    lifeMs: random.pick([60_000, 600_000, 2_000_000]),
    endsWhenAsked: random.chance(0.6),
    forgetsKeys: random.chance(0.7),
    holdsRest: random.chance(0.7),
  };
}

/** How long its offers live, as its traits say. */
export function lifeOf({ page }: ServiceKind) {
  return page === null ? {} : { offerLife: { shortestMs: page.lifeMs, longestMs: page.lifeMs } };
}

function rulesOf(random: Random): MoneyRules {
  return {
    leastReservationMinor: 5_000,
    leastCaptureMinor: random.pick([1, 300, 2_000]),
    mostMinor: 100_000,
    stepMinor: random.pick([1, 10, 100]),
  };
}

/** As the daemon's configuration names them in this life. */
export class ConfiguredServices {
  selling = "sim";
  /** The other one, where the configuration keeps it. */
  retired: string | null = null;

  /** Somebody changes the configuration. */
  exchange(keepsFormer: boolean): void {
    this.retired = keepsFormer ? this.selling : null;
    this.selling = this.selling === "sim" ? "other" : "sim";
  }

  has(name: string | undefined): boolean {
    return name === this.selling || name === this.retired;
  }
}
