import type { Mutant } from "./mutants.ts";

/** Mistakes that only show at a payment service that is not like SEQR. */
export const SERVICE_MUTANTS: readonly Mutant[] = [
  {
    name: "an offer is shown after the service has ended it",
    file: "core/sale/timing.ts",
    right: "const expiresAtMs = Math.min(atMs + sale.terms.offerTimeoutMs, lastMs(endsAtMs));",
    wrong: "const expiresAtMs = atMs + sale.terms.offerTimeoutMs;",
    caughtBy: ["6 code"],
  },
  {
    name: "a customer gets more time than the service gives",
    file: "core/sale/timing.ts",
    right: "return Math.min(sale.selectedAtMs + latestOfferMs(sale.terms), lastMs(endsAtMs));",
    wrong: "return sale.selectedAtMs + latestOfferMs(sale.terms);",
    caughtBy: ["6 code"],
  },
  {
    name: "a person gets what can still be paid, though waiting would clear it up",
    file: "core/sale/timing.ts",
    right: "return Math.max(state.sinceMs + terms.commitTimeoutMs, overMs);",
    wrong: "return state.sinceMs + terms.commitTimeoutMs;",
    caughtBy: ["3 resolved"],
  },
];
