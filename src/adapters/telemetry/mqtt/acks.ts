import { z } from "zod";
import type { Clock } from "../../../ports/clock.ts";
import { backoffMs } from "../../../ports/wait.ts";
import type { Message } from "../session.ts";

export const SALE_ACK = z
  .strictObject({ seq: z.int().min(1).describe("Of the sale; it stands for all before it too.") })
  .describe("The receiver has a sale for good; needed only with `mqtt.applicationAck`.");

/** How long the receiver has after the second, third … sending of a record; the last one repeats. */
const LATER_WAITS_MS = [30_000, 60_000, 120_000, 300_000, 600_000];
/** After so many in vain a person is told. */
const TOLD_AFTER = 3;

/** The last record that was sent and not answered for. */
interface Unanswered {
  readonly seq: number;
  /** Since the connection began, or somebody asked for records. */
  readonly times: number;
  /** The receiver's word came when nobody waited for it any more. */
  readonly isKept: boolean;
}

/**
 * The receiver's own word for a sale: a broker that takes a record and forgets it cannot give it. A record without it
 * is sent again, each time after a longer wait: its copies stand in a queue of the receiver's that may be full already.
 */
export class ReceiverAcks {
  readonly #clock: Clock;
  readonly #firstWaitMs: number;
  readonly #topic: string;
  readonly #onSilence: (detail: string | null) => void;
  readonly #waiting = new Map<(kept: boolean) => void, number>();
  #unanswered: Unanswered | null = null;

  /** @param topic where the receiver answers */
  constructor(clock: Clock, firstWaitMs: number, topic: string, onSilence: (detail: string | null) => void) {
    this.#clock = clock;
    this.#firstWaitMs = firstWaitMs;
    this.#topic = topic;
    this.#onSilence = onSilence;
  }

  /**
   * Resolves true when the receiver has the record for good: at once when its word came late. `send` resolves true when
   * the broker has taken the record.
   */
  async kept(seq: number, send: () => Promise<boolean>): Promise<boolean> {
    const before = this.#unanswered?.seq === seq ? this.#unanswered : { seq, times: 0, isKept: false };
    this.#unanswered = before;
    if (before.isKept) return this.#over();
    const word = this.#expect(seq);
    if (!(await send())) word.giveUp();
    const waitMs = before.times === 0 ? this.#firstWaitMs : backoffMs(LATER_WAITS_MS, before.times - 1);
    const cancel = this.#clock.after(waitMs, () => {
      this.#silent(before);
      word.giveUp();
    });
    const isKept = await word.kept;
    cancel();
    return isKept && this.#over();
  }

  /** One stands for all records up to its number. A retained one would stand for what nobody has seen yet. */
  arrived({ payload, retain }: Message): void {
    const ack = retain ? null : readAck(payload);
    if (ack === null) return;
    for (const [answer, seq] of [...this.#waiting]) {
      if (seq <= ack.seq) answer(true);
    }
    const late = this.#unanswered;
    if (late !== null && late.times > 0 && late.seq <= ack.seq) this.#unanswered = { ...late, isKept: true };
  }

  /** The connection is gone, and what it might have brought; or somebody asked for records, and is there. */
  startOver(): void {
    if (this.#unanswered !== null) this.#unanswered = { ...this.#unanswered, times: 0 };
    for (const answer of [...this.#waiting.keys()]) answer(false);
  }

  #expect(seq: number): { readonly kept: Promise<boolean>; giveUp(): void } {
    let answer: (kept: boolean) => void = () => {};
    const kept = new Promise<boolean>((resolve) => {
      answer = (value) => {
        this.#waiting.delete(answer);
        resolve(value);
      };
    });
    this.#waiting.set(answer, seq);
    return { kept, giveUp: () => answer(false) };
  }

  #silent({ seq, times }: Unanswered): void {
    if (this.#unanswered?.seq !== seq) return;
    this.#unanswered = { seq, times: times + 1, isKept: false };
    if (times + 1 < TOLD_AFTER) return;
    this.#onSilence(
      `nobody has acknowledged sale record ${seq} on ${this.#topic}: check that its receiver runs, hears the records and answers there, or switch mqtt.applicationAck off`,
    );
  }

  #over(): true {
    this.#unanswered = null;
    this.#onSilence(null);
    return true;
  }
}

function readAck(payload: Uint8Array): z.output<typeof SALE_ACK> | null {
  try {
    return SALE_ACK.safeParse(JSON.parse(Buffer.from(payload).toString())).data ?? null;
  } catch {
    return null;
  }
}
