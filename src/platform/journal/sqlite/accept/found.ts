import type { Gap } from "../../../../ports/journal.ts";
import { nameOf } from "../chain/chain.ts";

/** Something that is wrong with a journal, and what it may mean. */
export interface Finding {
  readonly what: string;
  /** A number of a stream, or several in a row; null for what has none. */
  readonly at: Gap | null;
  readonly lost: string;
}

/** A sale that goes to a person, as far as the journal knows it. */
export interface HandedOver {
  readonly position: string;
  readonly saleId: string;
  readonly phase: string;
}

/** So many are told one by one, and kept; what comes behind is counted. */
const MOST = 1_000;

/** What the loss of numbers of a stream may mean. */
const LOSS: Readonly<Record<string, string>> = {
  event: "what happened in sales; one may be open, or paid, at the payment service",
  sale: "records of closed sales; the broker may have them",
  refunds: "that money was asked back, or given back",
  reconciliations: "that books were compared, and what differed",
  unaccounted: "what flowed for nobody",
  matters: "what waits for a person, or that somebody has looked",
  orders: "an operator's block, or the end of one, or a price",
  receiptRefusals: "that a receipt was refused",
  remainders: "that the rest of a reservation was freed, or is a person's to free",
  clock: "that a clock was taken as right",
  acts: "what operators did on their page",
  acceptances: "that the journal was accepted before",
};

/** All that was found wrong with a journal. */
export class Found {
  readonly findings: Finding[] = [];
  readonly gaps: Gap[] = [];
  /** Where somebody goes on with what is there. */
  readonly accepted: Gap[] = [];
  readonly handedOver: HandedOver[] = [];
  /** Whether nobody can tell how far it had come. */
  isEndUnknown = false;
  /** What a person has to look for because of it; null when nothing of that kind is lost. */
  waiting: string | null = null;
  #more = 0;

  get isNothing(): boolean {
    return this.findings.length === 0;
  }

  /** How many there are that were not kept one by one. */
  get more(): number {
    return this.#more;
  }

  wrong(what: string, lost = ""): void {
    this.#add({ what, at: null, lost });
  }

  /** Rows that are there: what they say may not be what was written. */
  row(stream: string, seq: number, what: string): void {
    const last = this.findings.at(-1);
    if (last?.at?.stream === stream && last.what === what && last.at.to === seq - 1) {
      this.findings.splice(-1, 1, { ...last, at: { ...last.at, to: seq } });
    } else this.#add({ what, at: { stream, from: seq, to: seq }, lost: LOSS[stream] ?? "" });
  }

  /** Numbers of which nothing is there any more. */
  gap(gap: Gap, what: string): void {
    if (this.gaps.length < MOST) this.gaps.push(gap);
    this.#add({ what, at: gap, lost: LOSS[gap.stream] ?? "" });
  }

  /** A number at which a stream goes on with what is there. Beyond so many, one range covers what is between, too. */
  goesOn(stream: string, seq: number): void {
    const at = this.accepted.findLastIndex((each) => each.stream === stream);
    const last = this.accepted[at];
    if (last !== undefined && (last.to === seq - 1 || this.accepted.length >= MOST)) {
      this.accepted[at] = { stream, from: Math.min(last.from, seq), to: Math.max(last.to, seq) };
    } else this.accepted.push({ stream, from: seq, to: seq });
  }

  /** A sentence for each, to be kept. */
  sentences(): string[] {
    const all = this.findings.map(({ what, at }) => (at === null ? what : `${placeText(at)}: ${what}`));
    const sales = this.handedOver.map(
      ({ saleId, position, phase }) => `sale ${saleId} of position ${position} was ${phase}: handed to a person`,
    );
    return [...all, ...(this.#more > 0 ? [`${this.#more} more`] : []), ...sales];
  }

  #add(finding: Finding): void {
    if (this.findings.length < MOST) this.findings.push(finding);
    else this.#more++;
  }
}

export function placeText({ stream, from, to }: Gap): string {
  return `${nameOf(stream)} ${from === to ? from : `${from}..${to}`}`;
}
