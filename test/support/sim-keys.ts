import type { Outcome } from "../../src/ports/outcome.ts";
import { declined } from "../../src/ports/outcome.ts";
import type { Attempt } from "../../src/ports/payment.ts";
import type { Life } from "./virtual-clock.ts";

interface Kept {
  readonly atMs: number;
  readonly no: boolean;
}

interface Sent {
  readonly life: Life;
  unanswered: boolean;
  saidNo: boolean;
}

/** What a service keeps under the keys of calls, and what each caller has heard of its own. */
export class SimKeys {
  readonly #kept = new Map<string, Kept>();
  readonly #sent = new Map<string, Sent>();
  readonly #begun = new Map<string, Life>();
  /** How often each sale's capture was answered with no, for good or only to who asked. */
  readonly #noes = new Map<string, { refused: number; rejected: number }>();
  readonly #noted = new Map<string, number>();
  readonly #broken: (rule: string, detail: string) => void;

  constructor(broken: (rule: string, detail: string) => void) {
    this.#broken = broken;
  }

  /** Does something once for each key; `known` tells how it stands afterwards. */
  once<T>(key: string, atMs: number, effect: () => void, known: () => Outcome<T>): Outcome<T> {
    const kept = this.#kept.get(key);
    if (kept?.no === true) return declined("refused", "refused, as before");
    if (kept === undefined) {
      this.#kept.set(key, { atMs, no: false });
      effect();
    }
    return known();
  }

  /** The service says no, and goes on saying so under this key. False where it has said yes under it, and says that. */
  refuse(key: string, atMs: number): boolean {
    const kept = this.#kept.get(key);
    if (kept === undefined) this.#kept.set(key, { atMs, no: true });
    return kept?.no !== false;
  }

  forget(beforeMs: number): void {
    for (const [key, { atMs }] of this.#kept) if (atMs < beforeMs) this.#kept.delete(key);
  }

  /** A sale has come to where it is settled. */
  begun(saleId: string, life: Life): void {
    this.#begun.set(saleId, life);
  }

  /** A capture leaves the daemon. */
  sending(saleId: string, { operation, number }: Attempt, life: Life): void {
    const before = this.#sent.get(keyOf(saleId, { operation, number: number - 1 }));
    if (before?.life === life && before.unanswered)
      this.#broken("5 unknown", `${saleId}: a new key for a ${operation} that may still be carried out`);
    const same = this.#sent.get(keyOf(saleId, { operation, number }));
    if (same?.life === life && same.saidNo)
      this.#broken("5 unknown", `${saleId}: a ${operation} is sent again under a key that was told no`);
    if (same?.life === life) return;
    // What an earlier life has sent nobody knows: it may be under way.
    const isOurs = this.#begun.get(saleId) === life || before?.life === life;
    const unanswered = !isOurs;
    this.#sent.set(keyOf(saleId, { operation, number }), { life, unanswered, saidNo: false });
  }

  /** What was asked before a capture had no answer: whether that was sent the daemon cannot tell. */
  unclear(saleId: string, attempt: Attempt, life: Life): void {
    this.#sent.set(keyOf(saleId, attempt), { life, unanswered: true, saidNo: false });
  }

  /** The daemon hears what has become of a capture. */
  heard(saleId: string, outcome: Outcome<unknown>): void {
    if (outcome.kind !== "declined") return;
    const noes = { ...(this.#noes.get(saleId) ?? NO_NOES) };
    if (outcome.reason === "refused") noes.refused++;
    else noes.rejected++;
    this.#noes.set(saleId, noes);
  }

  /** A no to a capture is on record: each that is one to the call, and few of those to who asks. */
  noted(saleId: string): void {
    const noted = this.notedOf(saleId) + 1;
    this.#noted.set(saleId, noted);
    const { refused, rejected } = this.#noes.get(saleId) ?? NO_NOES;
    if (noted > refused + Math.log2(rejected + 2))
      this.#broken("5 unknown", `${saleId}: ${noted} noes are on record, of ${refused} and ${rejected} to who asks`);
  }

  notedOf(saleId: string): number {
    return this.#noted.get(saleId) ?? 0;
  }

  answered(saleId: string, attempt: Attempt, outcome: Outcome<unknown>): void {
    const sent = this.#sent.get(keyOf(saleId, attempt));
    if (sent === undefined) return;
    if (outcome.kind === "unknown") sent.unanswered = true;
    // It is kept under the key, and answers what was sent under it before.
    const isKept = outcome.kind === "declined" && outcome.reason === "refused";
    if (isKept) sent.unanswered = false;
    if (isKept) sent.saidNo = true;
  }
}

const NO_NOES = { refused: 0, rejected: 0 };

export function keyOf(saleId: string, { operation, number }: Attempt): string {
  return `${saleId}-${operation}-${number}`;
}
