import {
  delayedRestId,
  type Matter,
  type MatterCode,
  matterOfRefund,
  matterOfRemainder,
  matterOfReturned,
  matterOfUnaccounted,
  mattersOfSale,
  refundMatterId,
} from "../../core/matters.ts";
import type { RefundEvent } from "../../core/refund.ts";
import { isRemainderOver, type RemainderEvent } from "../../core/remainder.ts";
import type { Entry, Journal, Readers } from "../../ports/journal.ts";
import { POLICY } from "../policy.ts";

export type SourceJournal = Pick<Journal, "pending" | "acknowledge" | "salesAfter" | "notesAfter">;

interface Found {
  readonly arose: readonly Matter[];
  /** Ids of those that need nobody any more. */
  readonly over: readonly string[];
}

/** A stream of the journal in which matters are looked for, from its mark on. */
export interface Source {
  /** Of what is found here; null where no number of open ones keeps from looking on. */
  readonly limits: readonly MatterCode[] | null;
  /** What comes next; null at the end. */
  next(): Promise<Found | null>;
  /** What came last is noted: it need not be read again. */
  noted(): Promise<void>;
}

type SourceReader = "matters-of-sales" | "matters-of-refunds" | "matters-of-unaccounted" | "matters-of-remainders";

export function sourcesOf(journal: SourceJournal): readonly Source[] {
  return [
    new Stream(journal, {
      reader: "matters-of-sales",
      limits: ["needs-attention", "overrun"],
      after: (seq, limit) => journal.salesAfter(seq, limit),
      find: (entries) => ({ arose: entries.flatMap(({ body }) => mattersOfSale(body)), over: [] }),
    }),
    new Stream(journal, {
      reader: "matters-of-unaccounted",
      limits: ["unaccounted"],
      after: (seq, limit) => journal.notesAfter("unaccounted", seq, limit),
      find: (entries) => ({ arose: entries.map(({ seq, body }) => matterOfUnaccounted(seq, body)), over: [] }),
    }),
    new Stream(journal, {
      reader: "matters-of-refunds",
      limits: null,
      after: (seq, limit) => journal.notesAfter("refunds", seq, limit),
      find: (entries) => refundsIn(entries.map(({ body }) => body)),
    }),
    new Stream(journal, {
      reader: "matters-of-remainders",
      limits: ["rest-still-held"],
      after: (seq, limit) => journal.notesAfter("remainders", seq, limit),
      find: (entries) => restsIn(entries.map(({ body }) => body)),
    }),
  ];
}

function refundsIn(events: readonly RefundEvent[]): Found {
  const answered = new Set(
    events.filter(({ type }) => type === "made" || type === "refused").map(({ refundId }) => refundId),
  );
  const asked = events.filter((event) => event.type === "asked");
  const alreadyKnown = [...answered].filter((id) => !asked.some(({ refundId }) => refundId === id));
  return {
    arose: [
      ...asked.filter(({ refundId }) => !answered.has(refundId)).map(matterOfRefund),
      ...events.filter((event) => event.type === "returned").map(matterOfReturned),
    ],
    over: alreadyKnown.map(refundMatterId),
  };
}

function restsIn(events: readonly RemainderEvent[]): Found {
  const isOver = ({ saleId }: RemainderEvent): boolean =>
    isRemainderOver(events.filter((each) => each.saleId === saleId));
  return {
    arose: events.flatMap((event) => {
      if (event.type === "handed-over") return [matterOfRemainder(event)];
      return event.type === "delayed" && !isOver(event) ? [matterOfRemainder(event)] : [];
    }),
    over: events.filter((event) => isRemainderOver([event])).map(({ saleId }) => delayedRestId(saleId)),
  };
}

interface StreamSettings<R extends SourceReader> {
  readonly reader: R;
  readonly limits: readonly MatterCode[] | null;
  after(seq: number, limit: number): Promise<readonly Entry<Readers[R]>[]>;
  find(entries: readonly Entry<Readers[R]>[]): Found;
}

/** The mark is moved after what was found is noted, and now and then where nothing was: a card wears by every write. */
class Stream<R extends SourceReader> implements Source {
  readonly limits: readonly MatterCode[] | null;
  readonly #journal: SourceJournal;
  readonly #settings: StreamSettings<R>;
  /** Null until something was read: then the journal's mark says where to begin. */
  #through: number | null = null;
  #readTo = 0;
  #unmarked = 0;
  #found = false;

  constructor(journal: SourceJournal, settings: StreamSettings<R>) {
    this.#journal = journal;
    this.#settings = settings;
    this.limits = settings.limits;
  }

  async next(): Promise<Found | null> {
    const { reader, after, find } = this.#settings;
    const limit = POLICY.mattersBatch;
    const entries =
      this.#through === null ? await this.#journal.pending(reader, limit) : await after(this.#through, limit);
    const last = entries.at(-1);
    if (last === undefined) return null;
    const found = find(entries);
    this.#readTo = last.seq;
    this.#unmarked += entries.length;
    this.#found = found.arose.length + found.over.length > 0;
    return found;
  }

  async noted(): Promise<void> {
    this.#through = this.#readTo;
    if (!this.#found && this.#unmarked < POLICY.mattersMarkEvery) return;
    await this.#journal.acknowledge(this.#settings.reader, this.#readTo);
    this.#unmarked = 0;
  }
}
