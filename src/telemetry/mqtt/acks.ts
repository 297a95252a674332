import { z } from "zod";
import { backoffMs } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Message } from "../broker-session.ts";

export const SALE_ACK = z
  .strictObject({
    seq: z.int().min(1).describe("Of a sale that was sent; without `saleId` it stands for all before it too."),
    saleId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("Of the same sale. Then it stands for that sale alone, and for none of an earlier journal."),
  })
  .describe("The receiver has a sale for good; needed only with `mqtt.applicationAck`. Never retained.");

type Ack = z.output<typeof SALE_ACK>;

/** How long the receiver has after the second, third … sending of a record; the last one repeats. */
const LATER_WAITS_MS = [30_000, 60_000, 120_000, 300_000, 600_000];
/** After so many in vain a person is told. */
const TOLD_AFTER = 3;

/** What counts for nothing, and what the receiver should do. */
const IGNORED = {
  retained: "it came with the retain flag: publish it without",
  unreadable: 'it cannot be read: send {"seq":N} or {"seq":N,"saleId":"ID"}',
  unsent: "its seq is higher than any that was sent: answer with the seq of the record that came",
  "other-sale": "its seq and saleId are not those of the record that waits: answer with both as they came",
  early: "it waited at the broker, from before this connection: answer again when the record comes again",
} as const satisfies Readonly<Record<string, string>>;

type Ignored = keyof typeof IGNORED;

export interface Receiver {
  /** How long it has after the first sending. */
  readonly firstWaitMs: number;
  /** Where it answers. */
  readonly topic: string;
}

interface Sold {
  readonly seq: number;
  readonly saleId: string;
}

/** The last record that was not answered for. */
interface Unanswered extends Sold {
  /** How often it was sent in vain since the connection began, or somebody asked for records. */
  readonly times: number;
  /** The receiver's word came when nobody waited for it any more. */
  readonly isKept: boolean;
}

/**
 * The receiver's own word for a sale: a broker that takes a record and forgets it cannot give it. A record without it
 * is sent again, each time after a longer wait: its copies stand in a queue of the receiver's that may be full already.
 * A word counts only for what was sent before it, and on the same connection: one that waited at the broker may be about
 * another journal.
 */
export class ReceiverAcks {
  readonly #receiver: Receiver;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onSilence: (detail: string | null) => void;
  readonly #logged = new Set<Ignored>();
  #waiting: { readonly sale: Sold; readonly answer: (kept: boolean) => void } | null = null;
  #unanswered: Unanswered | null = null;
  #isListening = false;
  #highestSent = 0;
  /** What last counted for nothing while a record waited. */
  #ignored: Ignored | null = null;

  constructor(receiver: Receiver, clock: Clock, log: Log, onSilence: (detail: string | null) => void) {
    this.#receiver = receiver;
    this.#clock = clock;
    this.#log = log;
    this.#onSilence = onSilence;
  }

  /**
   * Resolves true when the receiver has the record for good: at once when its word came late. `send` calls `onSent` when
   * the record goes out, and resolves true when the broker has taken it.
   */
  async kept(sale: Sold, send: (onSent: () => void) => Promise<boolean>): Promise<boolean> {
    const known = this.#unanswered;
    const isSame = known !== null && known.seq === sale.seq && known.saleId === sale.saleId;
    const before = isSame ? known : { ...sale, times: 0, isKept: false };
    this.#unanswered = before;
    if (before.isKept) return this.#over();
    this.#giveUp();
    let answer: (kept: boolean) => void = () => {};
    const word = new Promise<boolean>((resolve) => {
      answer = resolve;
    });
    const onSent = (): void => {
      this.#highestSent = Math.max(this.#highestSent, sale.seq);
      this.#waiting = { sale, answer };
    };
    if (!(await send(onSent))) answer(false);
    const waitMs = before.times === 0 ? this.#receiver.firstWaitMs : backoffMs(LATER_WAITS_MS, before.times - 1);
    const cancel = this.#clock.after(waitMs, () => {
      this.#silent(before);
      answer(false);
    });
    const isKept = await word;
    cancel();
    if (this.#waiting?.answer === answer) this.#waiting = null;
    return isKept && this.#over();
  }

  /** The broker has taken the subscription. What waited there came before that. */
  listening(): void {
    this.#isListening = true;
  }

  arrived({ payload, retain }: Message): void {
    // One that is retained would stand for what nobody has seen yet.
    const ack = retain ? "retained" : (readAck(payload) ?? "unreadable");
    if (typeof ack === "string") this.#ignore(ack);
    else if (this.#isListening) this.#heard(ack);
    else this.#ignore("early");
  }

  /** The connection is gone, and what it might have brought. */
  disconnected(): void {
    this.#isListening = false;
    this.startOver();
  }

  /** Somebody asked for records, and is there. */
  startOver(): void {
    if (this.#unanswered !== null) this.#unanswered = { ...this.#unanswered, times: 0 };
    this.#giveUp();
  }

  #heard(ack: Ack): void {
    if (ack.seq > this.#highestSent) {
      this.#ignore("unsent");
      return;
    }
    const waiting = this.#waiting;
    const late = this.#unanswered;
    if (waiting !== null && standsFor(ack, waiting.sale)) waiting.answer(true);
    else if (late !== null && late.times > 0 && standsFor(ack, late)) this.#unanswered = { ...late, isKept: true };
    else if (late !== null && ack.seq === late.seq) this.#ignore("other-sale");
  }

  #ignore(why: Ignored): void {
    if (this.#unanswered !== null) this.#ignored = why;
    if (this.#logged.has(why)) return;
    this.#logged.add(why);
    const { topic } = this.#receiver;
    this.#log.warn({ topic, detail: IGNORED[why] }, "an acknowledgement of a sale counts for nothing");
  }

  #giveUp(): void {
    this.#waiting?.answer(false);
    this.#waiting = null;
  }

  #silent({ seq, saleId, times }: Unanswered): void {
    if (this.#unanswered?.seq !== seq || this.#unanswered.isKept) return;
    this.#unanswered = { seq, saleId, times: times + 1, isKept: false };
    if (times + 1 < TOLD_AFTER) return;
    const { topic } = this.#receiver;
    this.#onSilence(
      this.#ignored === null
        ? `nobody has acknowledged sale record ${seq} on ${topic}: check that its receiver runs, hears the records and answers there, or switch mqtt.applicationAck off`
        : `no acknowledgement of sale record ${seq} on ${topic} counts; of the last one, ${IGNORED[this.#ignored]}`,
    );
  }

  #over(): true {
    this.#unanswered = null;
    this.#ignored = null;
    this.#onSilence(null);
    return true;
  }
}

function standsFor({ seq, saleId }: Ack, sale: Sold): boolean {
  return saleId === undefined ? sale.seq <= seq : sale.seq === seq && sale.saleId === saleId;
}

function readAck(payload: Uint8Array): Ack | null {
  try {
    return SALE_ACK.safeParse(JSON.parse(Buffer.from(payload).toString())).data ?? null;
  } catch {
    return null;
  }
}
