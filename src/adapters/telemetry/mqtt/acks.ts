import { z } from "zod";
import type { Message } from "../session.ts";

export const SALE_ACK = z
  .strictObject({ seq: z.int().min(1).describe("Of the sale; it stands for all before it too.") })
  .describe("The receiver has a sale for good; needed only with `mqtt.applicationAck`.");

interface Expectation {
  /** True when the receiver has the record for good. */
  readonly kept: Promise<boolean>;
  giveUp(): void;
}

/** The receiver's own word for a sale: a broker that takes a record and forgets it cannot give it. */
export class ReceiverAcks {
  readonly #waiting = new Map<(kept: boolean) => void, number>();

  expect(seq: number): Expectation {
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

  /** One stands for all records up to its number. A retained one would stand for what nobody has seen yet. */
  arrived({ payload, retain }: Message): void {
    const ack = retain ? null : readAck(payload);
    if (ack === null) return;
    for (const [answer, seq] of [...this.#waiting]) {
      if (seq <= ack.seq) answer(true);
    }
  }

  /** The connection is gone, and what it might have brought. */
  lost(): void {
    for (const answer of [...this.#waiting.keys()]) answer(false);
  }
}

function readAck(payload: Uint8Array): z.output<typeof SALE_ACK> | null {
  try {
    return SALE_ACK.safeParse(JSON.parse(Buffer.from(payload).toString())).data ?? null;
  } catch {
    return null;
  }
}
