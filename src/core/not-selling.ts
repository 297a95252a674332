import { blocks, type Fault, type FaultCode, faultsAt } from "./faults.ts";

/** What keeps a position from selling beside a fault: the daemon itself. */
export type NotServing = "starting" | "ending" | "not-running";
type NotSellingCause = FaultCode | NotServing;

/** Why nobody can begin to buy at a position right now. */
export interface NotSelling {
  /** The most telling first. */
  readonly causes: readonly NotSellingCause[];
  /** What the operator has given as reason of a block; null without one. */
  readonly reason: string | null;
}

/** So many are named; who has mended these sees the others. */
const NAMED_MAX = 3;

/** What explains others comes first: a kiosk without its journal need not say that its display is silent too. */
const ORDER: readonly FaultCode[] = [
  "journal-unwritable",
  "clock-implausible",
  "operator-block",
  "update-waits",
  "dispenser-fault",
  "dispenser-unreachable",
  "payment-rejected",
  "payment-unreachable",
  "display-silent",
];

/** Null when the position sells, or serves a customer. */
export function notSelling(faults: readonly Fault[], position: string, phase: NotServing | null): NotSelling | null {
  if (phase !== null) return { causes: [phase], reason: null };
  const blocking = faultsAt(faults, position).filter(blocks);
  if (blocking.length === 0) return null;
  const rank = ({ code }: Fault): number => (ORDER.includes(code) ? ORDER.indexOf(code) : ORDER.length);
  const sorted = blocking.toSorted((one, other) => rank(one) - rank(other));
  const causes = [...new Set(sorted.map(({ code }) => code))].slice(0, NAMED_MAX);
  return { causes, reason: sorted.find(({ code }) => code === "operator-block")?.detail ?? null };
}

/** Each cause as the end of a sentence that begins with "because"; what says nothing about selling has none. */
type Clauses = Readonly<Partial<Record<NotSellingCause, string>>>;

const CLAUSES: Clauses = {
  starting: "the kiosk is starting",
  ending: "the kiosk is ending",
  "not-running": "the daemon does not answer",
  "journal-unwritable": "the journal cannot be written or is not as it was",
  "clock-implausible": "the clock is wrong",
  "operator-block": "an operator has taken it out of service",
  "update-waits": "an update waits until no sale is open",
  "dispenser-fault": "the dispenser or its meter reports a fault",
  "dispenser-unreachable": "the dispenser does not answer",
  "payment-rejected": "the payment service refuses its account",
  "payment-unreachable": "the payment service does not answer",
  "display-silent": "nobody can read the display",
};

/** The words of a language around the causes. */
export interface NotSellingWords {
  readonly clauses: Clauses;
  /** `{causes}` stands for them. */
  readonly sentence: string;
  readonly and: string;
}

export const ENGLISH: NotSellingWords = {
  clauses: CLAUSES,
  sentence: "It does not sell because {causes}.",
  and: "and",
};

/** Why it does not sell, in one sentence: the same in the terminal and on the operator's page. */
export function notSellingText({ causes, reason }: NotSelling, words: NotSellingWords = ENGLISH): string {
  const clauses = causes.map((cause) => {
    const clause = words.clauses[cause] ?? ENGLISH.clauses[cause] ?? cause;
    return cause === "operator-block" && reason !== null ? `${clause} (${reason})` : clause;
  });
  const last = clauses.at(-1) ?? "";
  const all = clauses.length < 2 ? last : `${clauses.slice(0, -1).join(", ")} ${words.and} ${last}`;
  return words.sentence.replace("{causes}", () => all);
}
