import type { Told } from "./subscriber.ts";

/** What the service holds of one bill. */
export interface Billed {
  readonly reference: string;
  readonly saleId: string;
  readonly status: string;
  readonly capturedMinor: number;
  readonly heldMinor: number;
  readonly commits: number;
  /** The service gave the money back by itself, for nobody asked it in time whether the commit had come. */
  readonly isReversed?: boolean;
}

/** The four who know of money and goods, none of whom has asked another. */
export interface Books {
  readonly service: readonly Billed[];
  /** The service takes nothing that is worth less: it is given away. */
  readonly leastMinor: number;
  /** Closed sales, in their order. */
  readonly journal: readonly Told[];
  /** Sales in the journal that are not closed. */
  readonly open: readonly string[];
  /** Every record as it came, repetitions included. */
  readonly broker: readonly Told[];
  readonly pump: {
    /** What was taken under a bill; null for what was taken under none. */
    readonly visits: readonly { readonly reference: string | null; readonly pouredMl: number }[];
    /** By how much the totaliser rose. */
    readonly totalMl: number;
  };
}

export interface Difference {
  /** Null for what concerns all sales together. */
  readonly saleId: string | null;
  readonly what: string;
  /** What each of the four says. */
  readonly says: Readonly<Record<"service" | "journal" | "broker" | "pump", string>>;
}

/** Hundredths of the currency for a thousandth of a litre, times a thousand. */
const PRICE_MINOR_PER_LITRE = 1_989;
const DONE = new Set(["PAID", "CANCELED"]);

/** Everything in which the four contradict each other or what a sale must be; empty when the books balance. */
export function differences(books: Books): readonly Difference[] {
  const ids = [
    ...books.journal.map(({ saleId }) => saleId),
    ...books.service.map(({ saleId }) => saleId),
    ...books.broker.map(({ saleId }) => saleId),
    ...books.open,
  ];
  const found = [...new Set(ids)].flatMap((saleId) => {
    const problems = problemsOf(books, saleId);
    return problems.map((what): Difference => ({ saleId, what, says: whatEachSays(books, saleId) }));
  });
  return [...found, ...wholes(books)];
}

function problemsOf(books: Books, saleId: string): readonly string[] {
  const bills = books.service.filter((bill) => bill.saleId === saleId);
  const [sale, ...more] = books.journal.filter((each) => each.saleId === saleId);
  const told = books.broker.filter((each) => each.saleId === saleId);
  const paid = bills.filter(({ status }) => status === "PAID");
  const capturedMinor = sum(bills.map((bill) => bill.capturedMinor));
  const problems: string[] = [];
  if (bills.some(({ isReversed }) => isReversed)) return problemsOfReversed(sale, told);
  const require = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what);
  };
  require(bills.every(({ status, heldMinor }) => DONE.has(status) && heldMinor === 0), "a reservation is still held");
  require(paid.length <= 1 && sum(bills.map(({ commits }) => commits)) === paid.length, "not committed exactly once");
  if (sale === undefined) return [...problems, "it is not closed in the journal"];
  const quantityMl = baseOf(sale.quantity, 3);
  const chargedMinor = baseOf(sale.charged, 2);
  require(more.length === 0, "closed twice in the journal");
  require(sale.outcome !== "needs-attention", `handed to a person: ${sale.reason}`);
  require(sale.meterCertain, "its meter was not read");
  require((sale.outcome === "paid") === (paid.length === 1), "paid at the one, not at the other");
  require(capturedMinor === chargedMinor, "the money taken is not the money on record");
  const priceOf = priceMinor(quantityMl);
  const waivedMinor = priceOf < books.leastMinor ? priceOf : 0;
  require(chargedMinor === priceOf - waivedMinor, "the money is not the price of the quantity");
  require(baseOf(sale.waived ?? "0.00", 2) ===
    waivedMinor, "what was given away is not what the service does not take");
  require(chargedMinor <= baseOf(sale.reserved, 2) && baseOf(sale.loss, 2) === waivedMinor, "more than was reserved");
  require(pouredMl(books, bills) === quantityMl, "the quantity is not what the pump gave");
  require(told.length > 0, "its record never came");
  const own = JSON.stringify(sale);
  require(told.every((record) => JSON.stringify(record) === own), "its record came as something else");
  return problems;
}

/**
 * A kiosk that is down for longer than the service waits after a commit (20 s) cannot keep the payment: then a person
 * must be told, and nothing may be called paid. That one which is up asks in time is for the simulation to hold.
 */
function problemsOfReversed(sale: Told | undefined, told: readonly Told[]): readonly string[] {
  if (sale === undefined) return ["it is not closed in the journal"];
  const isTold = sale.outcome === "needs-attention" && sale.reason === "reservation-lost" && sale.charged === "0.00";
  return [
    ...(isTold ? [] : ["the service gave the money back, and no person was told"]),
    ...(told.some((record) => JSON.stringify(record) === JSON.stringify(sale)) ? [] : ["its record never came"]),
  ];
}

function wholes(books: Books): readonly Difference[] {
  const quantityMl = sum(books.journal.map(({ quantity }) => baseOf(quantity, 3)));
  const poured = sum(books.pump.visits.map((visit) => visit.pouredMl));
  const firsts = [...new Set(books.broker.map(({ seq }) => seq))];
  const says = {
    service: `${sum(books.service.map(({ capturedMinor }) => capturedMinor))} minor units`,
    journal: `${books.journal.length} sales, ${quantityMl} ml`,
    broker: `${firsts.length} numbers, the last ${firsts.at(-1) ?? 0}`,
    pump: `${books.pump.totalMl} ml`,
  };
  const problems: string[] = [];
  if (quantityMl !== books.pump.totalMl) problems.push("the quantities are not what the totaliser rose by");
  if (poured !== books.pump.totalMl) problems.push("the pump gave something between two customers");
  if (books.pump.visits.some(({ reference, pouredMl: ml }) => reference === null && ml > 0)) {
    problems.push("the pump gave something to nobody's bill");
  }
  if (books.journal.some(({ seq }, index) => seq !== index + 1)) problems.push("the journal's numbers have a gap");
  if (firsts.some((seq, index) => seq !== index + 1)) problems.push("the records did not come in order");
  return problems.map((what) => ({ saleId: null, what, says }));
}

function whatEachSays(books: Books, saleId: string): Difference["says"] {
  const bills = books.service.filter((bill) => bill.saleId === saleId);
  const text = (records: readonly Told[]): string =>
    records
      .filter((each) => each.saleId === saleId)
      .map(
        ({ seq, outcome, reason, quantity, charged }) => `${seq} ${outcome} ${reason ?? ""} ${quantity} L ${charged}`,
      )
      .join("; ") || "nothing";
  const billed = bills.map(({ reference, status, capturedMinor, commits }) => {
    return `${reference} ${status} ${capturedMinor} (${commits} commits)`;
  });
  return {
    service: billed.join("; ") || "nothing",
    journal: books.open.includes(saleId) ? "open" : text(books.journal),
    broker: text(books.broker),
    pump: `${pouredMl(books, bills)} ml`,
  };
}

function pouredMl({ pump }: Books, bills: readonly Billed[]): number {
  const references = new Set<string | null>(bills.map(({ reference }) => reference));
  return sum(pump.visits.filter(({ reference }) => references.has(reference)).map((visit) => visit.pouredMl));
}

/** The tariff by an arithmetic of its own: half up. */
function priceMinor(quantityMl: number): number {
  return Math.floor((quantityMl * PRICE_MINOR_PER_LITRE + 500) / 1_000);
}

function baseOf(text: string, digits: number): number {
  const [, whole, fraction] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (whole === undefined || fraction?.length !== digits) throw new Error(`"${text}" is not what a record holds`);
  return Number(whole + fraction);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
