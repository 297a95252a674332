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
  {
    name: "a capture that was declined is sent under the same key",
    file: "engine/sale/payment-errands.ts",
    right: "this.attempt = { operation, number: Math.min(number + 1, POLICY.freeNumbers) };",
    wrong: "",
    caughtBy: ["5 unknown", "3 resolved"],
  },
  {
    name: "a new key is not on record before it is sent",
    file: "engine/sale/payment-errands.ts",
    right: 'await errand.tell({ type: "attempt-declined", operation });',
    wrong: "",
    caughtBy: ["5 unknown"],
  },
  {
    name: "a restart begins to count keys anew",
    file: "engine/sale/payment-errands.ts",
    right: "number: 1 + this.#noted };",
    wrong: "number: 1 };",
    caughtBy: ["5 unknown"],
  },
  {
    name: "a capture that nobody answered is sent under a new key",
    file: "engine/sale/payment-errands.ts",
    right: `this.answered = false;
      return;`,
    wrong: `await this.#note(errand);
      return this.#next();`,
    caughtBy: ["5 unknown", "3 exactly once", "2 amount"],
  },
  {
    name: "a no that answers a lost call too is asked for again and again",
    file: "engine/sale/payment-errands.ts",
    right: 'if (outcome.kind !== "declined") return;\n',
    wrong: 'if (outcome.kind !== "declined" || !this.answered) return;\n',
    caughtBy: ["5 unknown"],
  },
  {
    name: "a no to who asks answers what was sent before",
    file: "engine/sale/payment-errands.ts",
    right: "if (!this.answered || this.attempt.number >= POLICY.captureNumbers) return;",
    wrong: "if (this.attempt.number >= POLICY.captureNumbers) return;",
    caughtBy: ["5 unknown"],
  },
  {
    name: "each no to who asks is put on record",
    file: "engine/sale/payment-errands.ts",
    right: "if (++this.#rejected < 2 ** this.attempt.number) return;",
    wrong: "",
    caughtBy: ["5 unknown"],
  },
  {
    name: "after a restart a commit is sent before anybody asks, when its key may be forgotten",
    file: "engine/sale/payment-errands.ts",
    right: "let queryFirst = !fresh;",
    wrong: "let queryFirst = false;",
    caughtBy: ["3 exactly once", "2 amount"],
  },
  {
    name: "what a service holds still is not on record",
    file: "core/sale/amend.ts",
    right: "return stillHeldMinor > 0 ? { stillHeldMinor } : {};",
    wrong: "return stillHeldMinor < 0 ? { stillHeldMinor } : {};",
    caughtBy: ["3 rest"],
  },
  {
    name: "the rest is freed before that is on record",
    file: "engine/books/remainders.ts",
    right: 'if (lastAttempt(events) === 0) await this.#note(sale, { type: "asked", reference, attempt });',
    wrong: "",
    caughtBy: ["3 rest"],
  },
  {
    name: "no answer counts as freed",
    file: "engine/books/remainders.ts",
    right: 'if (outcome.kind === "done" && outcome.value.stillHeldMinor === 0) {',
    wrong: 'if (outcome.kind !== "done" || outcome.value.stillHeldMinor === 0) {',
    caughtBy: ["3 rest"],
  },
  {
    name: "a sale goes on at whatever service is configured",
    file: "engine/sale/payment-errands.ts",
    right: "const provider = providerOf(effect.state.sale.terms.provider);",
    wrong: "const provider = providerOf(undefined);",
    caughtBy: ["11 different"],
  },
];
