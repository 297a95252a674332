import { CLOCK_MUTANTS } from "./clock-mutants.ts";
import { GONE_MUTANTS } from "./gone-mutants.ts";
import { JOURNAL_MUTANTS } from "./journal-mutants.ts";
import { MATTER_MUTANTS } from "./matter-mutants.ts";
import { REFUND_MUTANTS } from "./refund-mutants.ts";
import { SERVICE_MUTANTS } from "./service-mutants.ts";

/** A mistake planted in the source, in a build of its own, and the money rules one of which must catch it. */
export interface Mutant {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly right: string;
  readonly wrong: string;
  readonly caughtBy: readonly string[];
}

export const MUTANTS: readonly Mutant[] = [
  ...REFUND_MUTANTS,
  ...JOURNAL_MUTANTS,
  {
    name: "an effect does not wait for its event to be written",
    file: "engine/sale/position.ts",
    right: 'await this.#keeper.append(next.phase === "idle" ? this.#deps.id : next.sale.position, event, record);',
    wrong: 'void this.#keeper.append(next.phase === "idle" ? this.#deps.id : next.sale.position, event, record);',
    caughtBy: ["10 replay", "1 armed"],
  },
  {
    name: "a journal that refuses is passed over",
    file: "engine/sale/record-keeper.ts",
    right: 'faults.raise("journal-unwritable", null, String(error));',
    wrong: "return;",
    caughtBy: ["10 replay", "1 armed"],
  },
  {
    name: "the answer about an earlier offer counts for this one",
    file: "engine/sale/payment-errands.ts",
    right: "const outcome = await errand.payment.query(sale, reference);",
    wrong: "const outcome = await errand.payment.query(sale, (globalThis.earlier ??= reference));",
    caughtBy: ["1 armed", "2 amount", "3 resolved", "3 handed over", "3 never both", "4 billed", "5 unknown"],
  },
  {
    name: "the state that was left is not left behind",
    file: "engine/sale/position.ts",
    right: "if (moved) {",
    wrong: "if (!moved) {",
    caughtBy: ["1 armed", "2 amount", "3 resolved", "3 liveness", "4 billed", "5 unknown", "6 serves"],
  },
  {
    name: "a chosen amount begins a second sale beside the first",
    file: "core/sale/transition.ts",
    right: "return isOpen(state) ? state : begin(event);",
    wrong: "return begin(event);",
    caughtBy: ["3 resolved", "1 armed", "10 replay"],
  },
  {
    name: "the sale's clock is the machine's",
    file: "engine/sale/sale-clock.ts",
    right: "return this.#anchorWallMs + Math.max(0, Math.floor(this.#clock.monotonicMs() - this.#anchorMonotonicMs));",
    wrong: "return this.#clock.wallMs();",
    caughtBy: ["7 deadline", "3 resolved", "1 armed", "6 code", "5 unknown"],
  },
  {
    name: "an offer goes on after a restart",
    file: "core/sale/transition.ts",
    right: `return release(state, event, "offer-timeout");
    case "restarted":
      return release(state, event, "restart");`,
    wrong: `return release(state, event, "offer-timeout");`,
    caughtBy: ["8 restart"],
  },
  {
    name: "an unused reservation goes on after a restart",
    file: "core/sale/transition.ts",
    right: `return release(state, event, "hold-too-short");
    case "restarted":
      return release(state, event, "restart");`,
    wrong: `return release(state, event, "hold-too-short");`,
    caughtBy: ["8 restart"],
  },
  {
    name: "a delivery is resumed after a restart",
    file: "core/sale/transition.ts",
    right: 'return state.stopping === "restart" ? state : { ...state, stopping: "restart" };',
    wrong: "return state;",
    caughtBy: ["8 restart"],
  },
  {
    name: "an open offer counts as confirmed",
    file: "engine/sale/payment-errands.ts",
    right: `errand.showTried(truth.tried ?? null);
      return false;`,
    wrong: `await errand.tell({ type: "reserved", authorisedMinor: 50_000, holdUntilMs: null });
      return true;`,
    caughtBy: ["1 armed"],
  },
  {
    name: "the limit is three times what was reserved",
    file: "core/sale/metering.ts",
    right: "return limitBase(tariff, capturableMinor(rules, authorised(state)));",
    wrong: "return limitBase(tariff, 3 * authorised(state));",
    caughtBy: ["1 limit"],
  },
  {
    name: "the limit is one too high",
    file: "core/tariff.ts",
    right: "const limit = largestExact / BigInt(tariff.unitPriceE6);",
    wrong: "const limit = largestExact / BigInt(tariff.unitPriceE6) + 1n;",
    caughtBy: ["1 limit"],
  },
  {
    name: "what was reserved is committed",
    file: "core/sale/metering.ts",
    right: "const dueMinor = Math.min(worthMinor, authorised(state));",
    wrong: "const dueMinor = worthMinor === 0 ? 0 : authorised(state);",
    caughtBy: ["2 amount"],
  },
  {
    name: "more than was reserved is asked for",
    file: "core/sale/metering.ts",
    right: "const dueMinor = Math.min(worthMinor, authorised(state));",
    wrong: "const dueMinor = worthMinor;",
    caughtBy: ["2 amount"],
  },
  {
    name: "every price is rounded up",
    file: "core/tariff.ts",
    right: 'const up = { "half-up": scale / 2n, down: 0n, up: scale - 1n }[tariff.rounding];',
    wrong: "const up = scale - 1n;",
    caughtBy: ["2 amount", "1 limit"],
  },
  {
    name: "the meter is read before the dispenser has stopped",
    file: "engine/delivery/delivery-errands.ts",
    right: "const stopped = await patiently(errand, POLICY.stopRetriesMs, () => dispenser.stop());",
    wrong: `const early = await finalReading(errand, liveBase);
  const stopped = await patiently(errand, POLICY.stopRetriesMs, () => dispenser.stop());
  return await errand.tell({ type: "delivered", totaliserBase: early });`,
    caughtBy: ["4 billed", "2 amount", "11 different"],
  },
  {
    name: "what nobody could measure is given away",
    file: "core/sale/transition.ts",
    right: "if (delivery.amountMinor === 0 && !delivery.certain) {",
    wrong: "if (false) {",
    caughtBy: ["4 billed"],
  },
  {
    name: "what a meter forgets is not journaled",
    file: "engine/delivery/delivery-readings.ts",
    right: "const isDue = this.#stepMs !== null && nowMs - this.#journaledAtMs >= this.#stepMs;",
    wrong: "const isDue = false;",
    caughtBy: ["4 billed"],
  },
  {
    name: "a meter is given up at its first silence",
    file: "engine/delivery/delivery-errands.ts",
    right: 'if (reading.kind === "declined") return null;',
    wrong: "return null;",
    caughtBy: ["4 billed"],
  },
  {
    name: "any total is believed after a restart",
    file: "engine/delivery/delivery-errands.ts",
    right: "if (roseBase <= mostBase) return null;",
    wrong: "if (roseBase !== mostBase) return null;",
    caughtBy: ["2 amount"],
  },
  {
    name: "a disputed delivery is read once more",
    file: "engine/delivery/delivery-errands.ts",
    right: "if (isDisputed) return { disputed: reading.detail };",
    wrong: "if (isDisputed) continue;",
    caughtBy: ["11 different"],
  },
  {
    name: "a release is not sent",
    file: "engine/sale/payment-errands.ts",
    right:
      "return errand.payment.release(state.sale, state.offer?.reference ?? null, errand.mayGoOn, isOurs, attempt);",
    wrong: 'return Promise.resolve({ kind: "done", value: { state: "ended", how: "canceled" } } as const);',
    caughtBy: ["3 resolved"],
  },
  {
    name: "a lost answer counts as a commit",
    file: "engine/sale/payment-errands.ts",
    right: 'if (outcome.kind !== "done") return "wait";',
    wrong: `if (outcome.kind !== "done") {
    const receipt = { paymentReference: "none", paidAt: null, details: {} };
    await errand.tell({ type: "captured", capturedMinor: null, receipt });
    return "ended";
  }`,
    caughtBy: ["2 amount", "3 resolved", "3 never both"],
  },
  {
    name: "a lost answer counts as a failure",
    file: "engine/sale/payment-errands.ts",
    right: 'if (outcome.kind !== "done") return "wait";',
    wrong: `if (outcome.kind !== "done") {
    await errand.tell({ type: "resolution-refused", detail: "no answer" });
    return "ended";
  }`,
    caughtBy: ["5 unknown"],
  },
  {
    name: "a refusal is believed unasked",
    file: "engine/sale/payment-errands.ts",
    right:
      "const checked = state.offer === null ? outcome : await errand.payment.query(state.sale, state.offer.reference);",
    wrong: "const checked = outcome;",
    caughtBy: ["5 unknown"],
  },
  {
    name: "a commit names no offer",
    file: "engine/sale/payment-errands.ts",
    right: "return errand.payment.settle(state.sale, state.offer.reference, state.delivery, errand.mayGoOn, attempt);",
    wrong: 'return errand.payment.settle(state.sale, "lost", state.delivery, errand.mayGoOn, attempt);',
    caughtBy: ["3 resolved", "5 unknown"],
  },
  {
    name: "a commit is tried once",
    file: "engine/sale/payment-errands.ts",
    right:
      "await wait(errand.clock, resolveWaitMs(backoffMs(POLICY.resolveRetriesMs, attempt++), outcome, errand.leftMs()));",
    wrong: "return;",
    caughtBy: ["5 unknown", "3 resolved"],
  },
  {
    name: "a no to a repeated offer counts for the first one",
    file: "engine/sale/payment-errands.ts",
    right: 'if (attempt > 0) return await errand.tell({ type: "offer-unanswered" });',
    wrong: "",
    caughtBy: ["5 unknown"],
  },
  {
    name: "a no to a repeated commit counts for the first one",
    file: "engine/sale/payment-errands.ts",
    right: "if (!answered || isNoWord(checked) ||",
    wrong: "if (isNoWord(checked) ||",
    caughtBy: ["5 unknown"],
  },
  {
    name: "a reference counts for whatever sale it is given to",
    file: "engine/sale/references.ts",
    right: "if (owner === null || owner === saleId) return true;",
    wrong: "return true;",
    caughtBy: ["1 armed", "1 limit", "11 different"],
  },
  {
    name: "a new name of a lost offer is cancelled, whosever it is",
    file: "engine/sale/payment-errands.ts",
    right: 'const isOurs = (name: string): Promise<boolean> => errand.isOurs("offer", name, service);',
    wrong: "const isOurs = (): Promise<boolean> => Promise.resolve(true);",
    caughtBy: ["11 different"],
  },
  {
    name: "a payment counts for whatever sale it is told of",
    file: "engine/sale/payment-errands.ts",
    right: 'const isOurPayment = await isOurs("payment", paymentReference, service);',
    wrong: "const isOurPayment = paymentReference !== isOurs.name;",
    caughtBy: ["11 different"],
  },
  {
    name: "what is not of this sale is taken for its reservation",
    file: "engine/sale/payment-errands.ts",
    right: `case "different":
      await errand.tell({ type: "contradicted", detail: truth.detail });`,
    wrong: `case "different":
      await errand.tell({ type: "reserved", authorisedMinor: 50_000, holdUntilMs: null });`,
    caughtBy: ["1 armed", "1 limit"],
  },
  {
    name: "more is armed than the service shows",
    file: "core/sale/metering.ts",
    right: "return Math.min(state.hold.authorisedMinor, state.sale.terms.maximumMinor);",
    wrong: "return state.sale.terms.maximumMinor;",
    caughtBy: ["1 limit"],
  },
  {
    name: "a commit goes on after its sale went to a person",
    file: "engine/sale/payment-errands.ts",
    right: "return errand.payment.settle(state.sale, state.offer.reference, state.delivery, errand.mayGoOn, attempt);",
    wrong: "return errand.payment.settle(state.sale, state.offer.reference, state.delivery, () => true, attempt);",
    caughtBy: ["3 handed over"],
  },
  {
    name: "nobody asks about a sale that went to a person",
    file: "engine/sale/late-truth.ts",
    right: "const delayMs = POLICY.lateTruthMs[attempt];",
    wrong: "const delayMs = [][attempt];",
    caughtBy: ["3 handed over"],
  },
  {
    name: "nobody asks about it after a restart",
    file: "engine/sale/position.ts",
    right: "await this.#takeUpLate();",
    wrong: "",
    caughtBy: ["3 handed over"],
  },
  {
    name: "a sale that is found after its deadline is given up untried",
    file: "engine/sale/deadline.ts",
    right: 'const graced = state.phase === "settling" && this.#hasPassed(state);',
    wrong: "const graced = false;",
    caughtBy: ["3 resolved"],
  },
  {
    name: "the service is asked every minute",
    file: "engine/sale/payment-errands.ts",
    right: "await errand.nap.take(errand.clock, waitMs);",
    wrong: "await errand.nap.take(errand.clock, 60_000);",
    caughtBy: ["5 unknown"],
  },
  {
    name: "a delivery may last as long as its hold",
    file: "core/sale/timing.ts",
    right: "return hold.untilMs - sale.terms.settleMarginMs;",
    wrong: "return hold.untilMs;",
    caughtBy: ["7 deadline", "1 armed"],
  },
  {
    name: "the hold counts from its reservation",
    file: "core/sale/timing.ts",
    right: "const counted = sale.selectedAtMs + sale.terms.commitTimeoutMs;",
    wrong: "const counted = event.atMs + 2 * sale.terms.commitTimeoutMs;",
    caughtBy: ["7 deadline", "1 armed", "3 resolved"],
  },
  {
    name: "a person gets a sale when its hold is over",
    file: "core/sale/timing.ts",
    right: "return state.hold.untilMs - terms.handoverMarginMs;",
    wrong: "return state.hold.untilMs + terms.handoverMarginMs;",
    caughtBy: ["3 resolved"],
  },
  {
    name: "a sale begins in spite of a fault",
    file: "engine/sale/admission.ts",
    right: "return fault === undefined ? null : outOfService",
    wrong: "return fault !== null ? null : outOfService",
    caughtBy: ["6 code", "6 clock"],
  },
  {
    name: "a code is shown in spite of a fault",
    file: "core/sale/view.ts",
    right: 'qr: shown.phase === "offered" && !blocked && isScannable(shown, live)',
    wrong: 'qr: shown.phase === "offered" && isScannable(shown, live)',
    caughtBy: ["6 code"],
  },
  {
    name: "a code stays on display until its offer ends",
    file: "core/sale/view.ts",
    right: "return nowMs < codeUntilMs(state);",
    wrong: "return nowMs < codeUntilMs(state) + 60_000;",
    caughtBy: ["6 code"],
  },
  {
    name: "the newest record is sent first",
    file: "engine/outbox/courier.ts",
    right: "for (const entry of entries) {",
    wrong: "for (const entry of entries.toReversed()) {",
    caughtBy: ["9 outbox"],
  },
  {
    name: "a record is gone before the broker has it",
    file: "engine/outbox/courier.ts",
    right: "if (!(await deliver(entry))) {",
    wrong: `await journal.acknowledge(reader, entry.seq);
        if (!(await deliver(entry))) {`,
    caughtBy: ["9 outbox"],
  },
  {
    name: "a choice is taken at whatever price is in force",
    file: "engine/desks/customer-desk.ts",
    right: "if (!this.#isPriceSeen(place, unitPrice)) return otherPrice(formatUnitPrice(tariff), unitPrice);",
    wrong: "",
    caughtBy: ["2 amount"],
  },
  ...CLOCK_MUTANTS,
  ...MATTER_MUTANTS,
  ...GONE_MUTANTS,
  ...SERVICE_MUTANTS,
];
