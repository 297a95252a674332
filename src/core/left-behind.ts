import { formatAmount } from "./money.ts";
import type { Order } from "./operator/orders.ts";
import { formatQuantity } from "./quantity.ts";
import { differencesText, type ReconciliationEvent, type ReconciliationState } from "./reconcile.ts";
import type { RefundEvent } from "./refund.ts";
import type { Open } from "./sale/state.ts";
import { priceMinor } from "./tariff.ts";
import { isoTime } from "./time.ts";

/** What the journal still holds of a position that the configuration does not name. */
export interface LeftBehind {
  readonly position: string;
  /** The position that takes over what it had, when an open sale of another name must be settled first. */
  readonly heir: string | null;
  readonly sale: Open | null;
  readonly block: Extract<Order, { type: "blocked" }> | null;
  readonly price: Extract<Order, { type: "priced" }> | null;
  /** Without a clear answer. */
  readonly refunds: readonly Extract<RefundEvent, { type: "asked" }>[];
  /** What was last written of a reconciliation that is not over. */
  readonly reconciliation: ReconciliationEvent | null;
  /** Where differences in the books wait for a person. */
  readonly books: ReconciliationState | null;
}

const SETTLE_BOOKS =
  'Look into the differences (kioskd reconcile --show), and settle each: kioskd reconcile --settle REFERENCE --note "...".';

/** Whether anything of it is in force. */
export function isInForce(left: LeftBehind): boolean {
  return left.books !== null || isMoreThanBooks(left);
}

function isMoreThanBooks({ sale, block, price, refunds, reconciliation }: LeftBehind): boolean {
  return [sale, block, price, reconciliation].some((each) => each !== null) || refunds.length > 0;
}

/** Why the kiosk does not start, and the ways on. */
export function leftBehindText(left: readonly LeftBehind[]): string {
  return left.map(textOf).join("\n\n");
}

function textOf(left: LeftBehind): string {
  const { position, heir, sale, block, price, refunds, reconciliation, books } = left;
  const found = [
    sale === null ? null : saleText(sale),
    block === null ? null : `an operator's block since ${time(block.atMs)}: ${block.reason}`,
    price === null ? null : `an ordered price since ${time(price.atMs)}: ${price.unitPrice}, not ${price.configured}`,
    ...refunds.map(
      ({ amountMinor, currency, saleId, atMs }) =>
        `a refund without a clear answer since ${time(atMs)}: ${formatAmount(amountMinor, currency)} ${currency} of sale ${saleId}`,
    ),
    reconciliation === null ? null : reconciliationText(reconciliation),
    books === null ? null : booksText(books),
  ].filter((line) => line !== null);
  const what =
    heir === null
      ? `Position "${position}" is not in the configuration, but the journal still holds of it:`
      : `Position "${heir}" cannot take over more than one open sale. The journal also holds of "${position}":`;
  return [what, ...found.map((line) => `  - ${line}`), ...waysOn(left)].join("\n");
}

function waysOn(left: LeftBehind): readonly string[] {
  const { position, heir, sale, refunds, books } = left;
  const back = `Put position "${position}" back into the configuration as it was`;
  if (heir !== null)
    return ["kioskd does not start, because this sale would be forgotten. What to do:", `  1. ${back}.`];
  const toPerson = [
    sale === null ? "" : " The sale goes to a person (needs-attention), who settles it at the payment service.",
    refunds.length === 0 ? "" : " Look the refund up at the payment service.",
    books === null ? "" : " The differences wait on: see kioskd reconcile --show.",
  ].join("");
  return [
    "kioskd does not start, because that would be forgotten. What to do, one of:",
    `  1. ${back}.`,
    `  2. It has a new name, and its dispenser and terminal are still there: write formerly: ["${position}"] on the position with the new name.`,
    `  3. It is gone for good: write retired: ["${position}"] at the top level of the configuration.${toPerson}`,
    ...(books === null || isMoreThanBooks(left) ? [] : [`  4. ${SETTLE_BOOKS}`]),
  ];
}

function saleText(state: Open): string {
  const { id, selectedAtMs, terms } = state.sale;
  const money = (minor: number): string => `${formatAmount(minor, terms.tariff.currency)} ${terms.tariff.currency}`;
  const quantity = (base: number): string => `${formatQuantity(base, terms.tariff.unit)} ${terms.tariff.unit}`;
  const reserved = money("hold" in state && state.hold !== null ? state.hold.authorisedMinor : terms.maximumMinor);
  const sale = `an open sale, ${id}, since ${time(selectedAtMs)}`;
  switch (state.phase) {
    case "offering":
    case "offered":
      return `${sale}: ${reserved} offered, may be reserved by now; nothing dispensed`;
    case "reserved":
      return `${sale}: ${reserved} reserved; nothing dispensed`;
    case "dispensing": {
      const { startBase, lastBase } = state.metering;
      const known = lastBase - startBase;
      const heard =
        known === 0 ? "" : `, ${quantity(known)} (${money(priceMinor(terms.tariff, known))}) heard of until now`;
      return `${sale}: ${reserved} reserved; dispensing since the meter stood at ${quantity(startBase)}${heard}`;
    }
    case "settling": {
      if (state.aim === "release") return `${sale}: ${reserved} offered or reserved, to be freed; nothing charged yet`;
      const { quantityBase, amountMinor } = state.delivery;
      return `${sale}: ${reserved} reserved; ${quantity(quantityBase)} dispensed, ${money(amountMinor)} to be charged`;
    }
  }
}

function reconciliationText({ type, atMs }: ReconciliationEvent): string {
  return `a reconciliation that was ${type === "requested" ? "asked for" : "not finished"} ${time(atMs)}`;
}

function booksText(books: ReconciliationState): string {
  const sinceMs = books.open[0]?.atMs ?? books.last?.atMs ?? 0;
  return `books that differ from the payment service's since ${time(sinceMs)}: ${differencesText(books)}`;
}

function time(atMs: number): string {
  return `${isoTime(atMs).slice(0, 16).replace("T", " ")} UTC`;
}
