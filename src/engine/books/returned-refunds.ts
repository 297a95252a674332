import { type RefundEvent, refundsOf } from "../../core/refund.ts";
import type { Refunds } from "../../ports/books.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import { POLICY } from "../policy.ts";

export interface ReturnedRefundsDeps {
  readonly journal: Pick<Journal, "beginNow" | "pending" | "notesAfter" | "acknowledge" | "note">;
  readonly clock: Clock;
  readonly log: Log;
  /** By the provider's name in the refund. Null where no such one is configured. */
  refundsOf(provider: string | undefined): Refunds | null;
  /** There is something new for a person. */
  noted(): void;
}

type Made = Extract<RefundEvent, { type: "made" }>;

interface Followed {
  readonly seq: number;
  readonly made: Made;
  /** When it is asked about next, wall clock. */
  dueMs: number;
  /** The last one that there will be. */
  isLast: boolean;
  /** When it is given up, where there is no answer. */
  readonly untilMs: number;
}

const LAST_LOOK_MS = POLICY.refundLooksMs.at(-1) ?? 0;

/**
 * A bank may send a refund back days after the service said that it was made. Each is asked about a few times within a
 * month, at set ages, so that a restart asks no more often; what came back is noted for a person, and counts as not made.
 */
export class ReturnedRefunds {
  readonly #deps: ReturnedRefundsDeps;
  readonly #followed = new Map<string, Followed>();
  /** Null until something was read: then the journal's mark says where to begin. */
  #through: number | null = null;
  #marked = 0;
  #isRunning = false;
  #begun = false;
  #closed = false;

  constructor(deps: ReturnedRefundsDeps) {
    this.#deps = deps;
  }

  /** To be called every minute. */
  async tick(): Promise<void> {
    if (this.#isRunning || this.#closed) return;
    this.#isRunning = true;
    try {
      await this.#read();
      await this.#look();
      await this.#mark();
    } catch (error) {
      this.#deps.log.error({ error: String(error) }, "what became of refunds cannot be looked up");
    } finally {
      this.#isRunning = false;
    }
  }

  close(): void {
    this.#closed = true;
  }

  async #read(): Promise<void> {
    const { journal, clock } = this.#deps;
    if (!this.#begun) await journal.beginNow("returned-refunds");
    this.#begun = true;
    while (!this.#closed && this.#followed.size < POLICY.refundsFollowed) {
      const limit = Math.min(POLICY.mattersBatch, POLICY.refundsFollowed - this.#followed.size);
      const entries =
        this.#through === null
          ? await journal.pending("returned-refunds", limit)
          : await journal.notesAfter("refunds", this.#through, limit);
      for (const { seq, body } of entries) {
        if (this.#through === null) this.#marked = seq - 1;
        this.#through = seq;
        if (body.type === "made" && body.byHand !== true && this.#canAsk(body))
          this.#followed.set(body.refundId, followed(seq, body, clock.wallMs()));
        if (body.type === "returned") this.#followed.delete(body.refundId);
      }
      if (entries.length === 0) return;
    }
  }

  #canAsk({ provider }: Made): boolean {
    return this.#deps.refundsOf(provider)?.fate !== undefined;
  }

  async #look(): Promise<void> {
    const { clock } = this.#deps;
    const due = [...this.#followed.values()].filter(({ dueMs }) => dueMs <= clock.wallMs());
    for (const each of due.slice(0, POLICY.refundLooksAtOnce)) {
      if (this.#closed) return;
      if (await this.#isOver(each)) this.#followed.delete(each.made.refundId);
    }
  }

  /** True when nothing more is to be learned of it. */
  async #isOver(each: Followed): Promise<boolean> {
    const { clock, log, refundsOf: serviceOf } = this.#deps;
    const { made, isLast } = each;
    const { refundId, saleId } = made;
    const outcome = await serviceOf(made.provider)?.fate?.(made);
    if (outcome === undefined) return true;
    const nowMs = clock.wallMs();
    if (outcome.kind === "done" && outcome.value.kind === "returned") {
      await this.#note(made, outcome.value.detail);
      return true;
    }
    if (outcome.kind === "done") {
      Object.assign(each, nextLook(made, nowMs));
      return isLast;
    }
    each.dueMs = nowMs + POLICY.refundLookAgainMs;
    const isGivenUp = nowMs > each.untilMs;
    const fields = { sale: saleId, refund: refundId, detail: outcome.detail };
    if (isGivenUp) log.warn(fields, "what became of a refund is not known");
    return isGivenUp;
  }

  async #note(made: Made, detail: string): Promise<void> {
    const { journal, clock, log, noted } = this.#deps;
    const { saleId, refundId, position, paymentReference, amountMinor, currency, provider } = made;
    const terms = {
      position,
      paymentReference,
      amountMinor,
      currency,
      ...(provider === undefined ? {} : { provider }),
    };
    await journal.note("refunds", saleId, (events) => {
      const isMade = refundsOf(events).find((each) => each.refundId === refundId)?.state === "made";
      return isMade ? { type: "returned", refundId, saleId, atMs: clock.wallMs(), detail, ...terms } : null;
    });
    log.warn({ sale: saleId, refund: refundId, detail }, "a refund came back, which goes to a person");
    noted();
  }

  /** Up to the oldest one that is followed. */
  async #mark(): Promise<void> {
    if (this.#through === null) return;
    const seqs = [...this.#followed.values()].map(({ seq }) => seq);
    const through = seqs.length === 0 ? this.#through : Math.min(...seqs) - 1;
    if (through <= this.#marked) return;
    await this.#deps.journal.acknowledge("returned-refunds", through);
    this.#marked = through;
  }
}

function followed(seq: number, made: Made, nowMs: number): Followed {
  const untilMs = Math.max(nowMs, made.atMs + LAST_LOOK_MS) + POLICY.refundLooksEndMs;
  return { seq, made, untilMs, ...nextLook(made, nowMs) };
}

/** The next age at which it is asked about; at once when the last one has gone by, in which the kiosk may have been off. */
function nextLook({ atMs }: Made, nowMs: number): Pick<Followed, "dueMs" | "isLast"> {
  const next = POLICY.refundLooksMs.find((ageMs) => atMs + ageMs > nowMs);
  return next === undefined ? { dueMs: nowMs, isLast: true } : { dueMs: atMs + next, isLast: next === LAST_LOOK_MS };
}
