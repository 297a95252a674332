import { createHash } from "node:crypto";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { confirmed, type RegisterFile } from "../parts/register-file.ts";
import {
  type BookState,
  begun,
  type Ending,
  ended,
  firstMetered,
  type OpenTransaction,
  startAnswer,
  transactionId,
  withStop,
} from "./books.ts";
import { type Sample, type StartTransaction, type StopTransaction, sampleOf } from "./codec.ts";
import { Evidence, type EvidenceSettings, possibleWh, type Verdict } from "./evidence.ts";

export interface AccountSettings {
  readonly connector: number;
  readonly maxPowerW: number;
  /** What a watt-hour of the charger's register truly is. */
  readonly scale: number;
  /** How often the readings of a transaction are put on disk. */
  readonly stepMs: number;
}

/** What became of a message that a transaction is over. */
export type Ended =
  | {
      readonly kind: "ended";
      readonly id: number;
      readonly isOurs: boolean;
      readonly usedWh: number;
      readonly disputed: string | null;
    }
  /** Of one that was counted to its end without it: so much more it has come to. */
  | { readonly kind: "late"; readonly moreWh: number }
  | { readonly kind: "repeated" }
  | { readonly kind: "stranger" };

/** While it is not on disk the charger gets no answer: it says the same again, and is answered as one that repeats itself. */
export interface Noted {
  readonly ended: Ended;
  readonly isSaved: boolean;
}

/** What a meter creeps by while nothing is open, and what it shows after the end was told, is nobody's. */
export const CREEP_WH = 50;
const UNSEEN_MS = 48 * 3_600_000;
const WRITE_AGAIN_MS = 1_000;

/**
 * What flowed through one connector, on disk: all that is over, and the transaction that is open. No register of the
 * charger is the totaliser, for any of them may begin anew: this is the sum of what they rose by.
 */
export class Account {
  readonly #register: RegisterFile<BookState>;
  readonly #settings: AccountSettings;
  readonly #evidenceSettings: EvidenceSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #troubled: (detail: string | null) => void;
  #state: BookState;
  #evidence: Evidence | null = null;
  #savedMs: number;
  #isUnsaved = false;
  #isToldDisputed = false;
  /** When MeterValues were heard last while nothing was open, and where they stood; null in this life. */
  #rest: { readonly wh: number; readonly ms: number } | null = null;
  #closed = false;

  constructor(
    register: RegisterFile<BookState>,
    settings: AccountSettings,
    clock: Clock,
    log: Log,
    troubled: (detail: string | null) => void,
  ) {
    this.#register = register;
    this.#settings = settings;
    this.#evidenceSettings = { maxPowerW: settings.maxPowerW, stepWh: settings.scale };
    this.#clock = clock;
    this.#log = log;
    this.#troubled = troubled;
    this.#state = register.value;
    this.#savedMs = clock.monotonicMs();
    const { open } = this.#state;
    if (open !== null) this.#evidence = this.#evidenceOf(open, true);
  }

  get open(): OpenTransaction | null {
    return this.#state.open;
  }

  get tag(): string | null {
    return this.#state.tag;
  }

  /** When MeterValues were heard last while nothing was open; null since the last transaction. */
  get restedMs(): number | null {
    return this.#rest?.ms ?? null;
  }

  get evidence(): Evidence | null {
    return this.#evidence;
  }

  /** What is over. */
  get settledBase(): number {
    return this.#state.totalBase;
  }

  /** With what the open transaction has come to by its samples. */
  get totalBase(): number {
    return this.#state.totalBase + (this.#evidence?.usedWh ?? 0);
  }

  /** Whether all of it would outlive a power cut. */
  get isSaved(): boolean {
    return !this.#isUnsaved;
  }

  /** Told to whoever asks first; whoever asks again has it on record. */
  async askDisputed(): Promise<string | null> {
    const { disputed } = this.#state;
    if (disputed === null) return null;
    if (!this.#isToldDisputed) {
      this.#isToldDisputed = true;
      return disputed;
    }
    await this.forgetDisputed();
    return null;
  }

  async forgetDisputed(): Promise<void> {
    this.#isToldDisputed = false;
    if (this.#state.disputed !== null) await this.#save({ ...this.#state, disputed: null });
  }

  /** On disk before the charger is told of it. Null takes it back. */
  async expect(tag: string | null): Promise<boolean> {
    return await this.#save({ ...this.#state, tag });
  }

  knows(id: number): boolean {
    return this.#state.starts.some(([, known]) => known === id) || this.#state.unheard?.id === id;
  }

  /** Whether a start with this very content has been answered. */
  repeats({ connectorId, idTag, meterStart, timestamp }: StartTransaction): boolean {
    return startAnswer(this.#state, keyOf(connectorId, idTag, meterStart, timestamp)) !== null;
  }

  /** Null while it is not on disk. One message that comes twice has one answer. */
  async begin(
    message: StartTransaction,
    isAwaited: boolean,
  ): Promise<{ readonly id: number; readonly accepted: boolean } | null> {
    const { connectorId, idTag, meterStart, timestamp } = message;
    const key = keyOf(connectorId, idTag, meterStart, timestamp);
    const known = startAnswer(this.#state, key);
    if (known !== null) return (await this.#save(this.#state)) ? known : null;
    const id = transactionId(this.#state.counter, this.#settings.connector);
    const isOurs = idTag !== "" && idTag === this.#state.tag;
    const accepted = isOurs && isAwaited;
    const metered = firstMetered(this.#scaled(meterStart), this.#rest?.wh ?? this.#state.restWh);
    const open = { id, tag: idTag.slice(0, 64), isOurs, metered };
    this.#evidence = this.#evidenceOf(open, false);
    return (await this.#save(begun(this.#state, key, open, accepted))) ? { id, accepted } : null;
  }

  /** A sample of the open transaction. */
  sample(sample: Sample): void {
    const { open } = this.#state;
    const evidence = this.#evidence;
    if (open === null || evidence === null) return;
    const nowMs = this.#clock.monotonicMs();
    const before = open.metered;
    evidence.take(sample, nowMs);
    const { metered } = evidence;
    this.#state = { ...this.#state, open: { ...open, metered } };
    const isTurn = metered.baseWh !== before.baseWh || metered.carriedWh !== before.carriedWh;
    if (isTurn || nowMs - this.#savedMs >= this.#settings.stepMs) void this.#save(this.#state);
  }

  /** What flowed while nothing was open, as far as it was more than a meter creeps. */
  resting({ registerWh }: Sample): { readonly strayWh: number; readonly isFound: boolean } {
    const none = { strayWh: 0, isFound: false };
    if (registerWh === null) return none;
    const nowMs = this.#clock.monotonicMs();
    const { restWh } = this.#state;
    const isFound = this.#rest === null;
    const spanMs = this.#rest === null ? UNSEEN_MS : nowMs - this.#rest.ms;
    const lastWh = this.#rest?.wh ?? restWh;
    this.#rest = { wh: registerWh, ms: nowMs };
    const isBeyond = lastWh === null || registerWh - lastWh > possibleWh(this.#settings.maxPowerW, spanMs);
    if (restWh === null || isBeyond || registerWh < restWh) {
      if (restWh !== registerWh) void this.#save({ ...this.#state, restWh: registerWh });
      return none;
    }
    const strayWh = registerWh - restWh;
    if (strayWh <= CREEP_WH) return none;
    void this.#save({ ...this.#state, restWh: registerWh, totalBase: this.#state.totalBase + strayWh });
    return { strayWh, isFound };
  }

  async end(message: StopTransaction): Promise<Noted> {
    const { idTag, meterStop, timestamp } = message;
    const key = keyOf(message.transactionId, idTag, meterStop, timestamp);
    const { open, stops, unheard } = this.#state;
    const isOpens = open !== null && isOf(message, open);
    if (
      stops.includes(key) ||
      (!isOpens && unheard?.id !== message.transactionId && this.knows(message.transactionId))
    ) {
      return { ended: { kind: "repeated" }, isSaved: await this.#save(this.#state) };
    }
    const stopWh = this.#scaled(meterStop);
    if (isOpens) {
      this.sample(sampleOf(message.transactionData, this.#settings.scale));
      return await this.#conclude(stopWh, key, message.reason);
    }
    const next = { ...this.#state, stops: withStop(this.#state, key) };
    if (unheard === null || unheard.id !== message.transactionId) {
      return { ended: { kind: "stranger" }, isSaved: await this.#save(next) };
    }
    const { meterStartWh, usedWh } = unheard;
    const pairWh = stopWh === null || meterStartWh === null ? 0 : stopWh - meterStartWh;
    const isPossible = pairWh - usedWh <= possibleWh(this.#settings.maxPowerW, UNSEEN_MS);
    const moreWh = isPossible && pairWh - usedWh > CREEP_WH ? pairWh - usedWh : 0;
    const isSaved = await this.#save({ ...next, unheard: null, totalBase: this.#state.totalBase + moreWh });
    return { ended: { kind: "late", moreWh }, isSaved };
  }

  /** The open transaction is over, and its charger says nothing of it. */
  async settle(): Promise<Noted> {
    return await this.#conclude(null, null, null);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#register.close();
  }

  async #conclude(stopWh: number | null, key: string | null, reason: string | null): Promise<Noted> {
    const { open } = this.#state;
    const verdict: Verdict = this.#evidence?.conclude(stopWh, this.#clock.monotonicMs()) ?? {
      ...{ kind: "disputed", usedWh: 0, detail: "nothing is known of it" },
    };
    if (open === null) return { ended: { kind: "repeated" }, isSaved: true };
    const { usedWh } = verdict;
    const disputed = verdict.kind === "disputed" ? verdict.detail : null;
    const ending: Ending = { usedWh, disputed, key };
    this.#evidence = null;
    this.#rest = null;
    this.#isToldDisputed = false;
    this.#log.info({ transaction: open.id, usedWh, disputed, isOurs: open.isOurs, reason }, "a transaction is over");
    const isSaved = await this.#save(ended(this.#state, open, ending));
    return { ended: { kind: "ended", id: open.id, isOurs: open.isOurs, usedWh, disputed }, isSaved };
  }

  #evidenceOf({ metered }: OpenTransaction, isResumed: boolean): Evidence {
    return new Evidence(this.#evidenceSettings, metered, this.#clock.monotonicMs(), isResumed);
  }

  #scaled(meter: number | null): number | null {
    if (meter === null || meter < 0) return null;
    const wh = Math.floor(meter * this.#settings.scale);
    return Number.isSafeInteger(wh) ? wh : null;
  }

  async #save(next: BookState): Promise<boolean> {
    this.#state = next;
    this.#isUnsaved = true;
    const saved = await confirmed(this.#register.save(next), this.#clock);
    if (this.#closed) return false;
    if (saved.kind === "done") {
      if (this.#register.value === next) this.#isUnsaved = false;
      this.#savedMs = this.#clock.monotonicMs();
      this.#troubled(null);
      return true;
    }
    this.#troubled(saved.detail);
    this.#clock.after(WRITE_AGAIN_MS, () => {
      if (this.#isUnsaved && !this.#closed) void this.#save(this.#state);
    });
    return false;
  }
}

/** Of an offline start some chargers forget the id that they were given: 0 or -1 is then of what is open here. */
function isOf({ transactionId: id, idTag }: StopTransaction, open: OpenTransaction): boolean {
  return id === open.id || (id <= 0 && (idTag === null || idTag === open.tag));
}

/** By content, for a charger that repeats itself gives its message another id. */
function keyOf(...parts: readonly (string | number | null)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
