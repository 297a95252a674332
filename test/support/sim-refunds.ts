import type { RefundEvent } from "../../src/core/refund.ts";
import type { RefundAnswer, RefundRequest, Refunds } from "../../src/ports/books.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { Random } from "./sim-chaos.ts";
import { answer, type Life, type VirtualTime } from "./virtual-clock.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const LATEST_MS = 30_000;
const TROUBLES = [
  "none",
  "slow",
  "slow",
  "request-lost",
  "request-late",
  "answer-lost",
  "refused",
  "rejected",
] as const;

export interface RefundWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  /** What the service has taken for a sale. */
  takenMinor(saleId: string): number;
  note(text: () => string): void;
  /** Money went back; nothing a service says later changes that. */
  given(request: Pick<RefundRequest, "refundId" | "saleId" | "amountMinor">): void;
}

/** The payment service's side of refunds: it gives back no more than it took, and in some lives it knows no ids. */
export class SimRefundService {
  readonly #world: RefundWorld;
  readonly #givenMinor = new Map<string, number>();
  /** Requests that may still arrive, by refund. */
  readonly #underway = new Map<string, number>();
  readonly #knowsIds: boolean;
  readonly #made = new Map<string, RefundAnswer>();
  #count = 0;

  constructor(world: RefundWorld) {
    this.#world = world;
    this.#knowsIds = world.random.apart().chance(0.4);
  }

  givenMinor(saleId: string): number {
    return this.#givenMinor.get(saleId) ?? 0;
  }

  mayStillArrive(refundId: string): boolean {
    return (this.#underway.get(refundId) ?? 0) > 0;
  }

  /** Also what somebody does there by hand. */
  give(request: Pick<RefundRequest, "refundId" | "saleId" | "amountMinor">): RefundAnswer {
    const { saleId, amountMinor } = request;
    const sumMinor = this.givenMinor(saleId) + amountMinor;
    if (sumMinor > this.#world.takenMinor(saleId)) return { kind: "exceeds", detail: "more than what is left" };
    this.#givenMinor.set(saleId, sumMinor);
    this.#world.given(request);
    return { kind: "made", reference: `g${++this.#count}` };
  }

  /** As one program has it; `troubled` says whether the way there and back may fail. */
  refundsOf(life: Life, troubled: () => boolean): Refunds {
    const recognises = this.#knowsIds ? "refund-id" : "nothing";
    return { recognises, refund: (request) => this.#call(life, request, troubled()) };
  }

  /** What was asked for under this id before is not given once more, where the service knows ids. */
  #giveOnce(request: RefundRequest): RefundAnswer {
    const known = this.#knowsIds ? this.#made.get(request.refundId) : undefined;
    if (known !== undefined) return known;
    const answer = this.give(request);
    if (answer.kind === "made") this.#made.set(request.refundId, answer);
    return answer;
  }

  #call(life: Life, request: RefundRequest, troubled: boolean): Promise<Outcome<RefundAnswer>> {
    const { time, random, note } = this.#world;
    if (!life.alive) return new Promise(() => {});
    const trouble = troubled ? random.pick(TROUBLES) : "none";
    note(() => `program ${life.number}: sends ${request.refundId}, ${trouble}`);
    const lost = answer(time, life, REQUEST_TIMEOUT_MS, () => unknown<RefundAnswer>(trouble));
    if (trouble === "refused" || trouble === "rejected")
      return answer(time, life, 100, () => declined(trouble, "not now"));
    if (trouble === "request-lost") return lost;
    const late = trouble === "request-late";
    const delayMs = late
      ? REQUEST_TIMEOUT_MS + random.int(0, LATEST_MS)
      : trouble === "slow"
        ? random.int(1_000, 9_000)
        : random.int(50, 300);
    let outcome: Outcome<RefundAnswer> = unknown("not yet");
    this.#underway.set(request.refundId, (this.#underway.get(request.refundId) ?? 0) + 1);
    time.after(delayMs, () => {
      this.#underway.set(request.refundId, (this.#underway.get(request.refundId) ?? 0) - 1);
      const what = this.#giveOnce(request);
      outcome = done(what);
      note(() => `service: refund ${request.refundId} of ${request.amountMinor}: ${what.kind}`);
    });
    return late || trouble === "answer-lost" ? lost : answer(time, life, delayMs + random.int(1, 20), () => outcome);
  }
}

/** The refunds on disk, which outlive every program, and the turn that only one program has. */
export class RefundNotes {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #written: (event: RefundEvent) => void;
  readonly #bySale = new Map<string, string[]>();
  #turn: Life | null = null;

  constructor(time: VirtualTime, random: Random, written: (event: RefundEvent) => void) {
    this.#time = time;
    this.#random = random;
    this.#written = written;
  }

  of(saleId: string): RefundEvent[] {
    return (this.#bySale.get(saleId) ?? []).map((body) => JSON.parse(body) as RefundEvent);
  }

  sales(): Iterable<string> {
    return this.#bySale.keys();
  }

  /** Null while another program that lives has it. */
  takeTurn(life: Life): (() => void) | null {
    if (this.#turn?.alive === true) return null;
    this.#turn = life;
    return () => {
      if (this.#turn === life) this.#turn = null;
    };
  }

  /** Writing is at once or never; whoever is killed meanwhile does not hear of it. */
  journalOf(life: Life): Pick<Journal, "notes" | "note"> {
    const soon = <T>(value: () => T): Promise<T> => answer(this.#time, life, this.#random.int(0, 20), value);
    const notes = (saleId: string): Promise<RefundEvent[]> => soon(() => this.of(saleId));
    const note = (saleId: string, decide: (events: RefundEvent[]) => RefundEvent | null): Promise<RefundEvent | null> =>
      soon(() => undefined).then(() => {
        const event = decide(this.of(saleId));
        if (event !== null) {
          this.#bySale.set(saleId, [...(this.#bySale.get(saleId) ?? []), JSON.stringify(event)]);
          this.#written(event);
        }
        return soon(() => event);
      });
    return {
      notes: (_stream, saleId) => notes(String(saleId)) as Promise<never[]>,
      note: (_stream, saleId, decide) => note(String(saleId), decide as never) as Promise<never>,
    };
  }
}
