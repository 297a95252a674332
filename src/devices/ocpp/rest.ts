import type { Clock } from "../../ports/clock.ts";
import type { Account, Ended } from "./account.ts";
import type { Brake } from "./brake.ts";
import { statusAnswer } from "./codec.ts";
import { type Cause, FAULTS } from "./faults.ts";
import type { Plug } from "./plug.ts";
import type { Station } from "./station.ts";

interface RestDeps {
  readonly station: Station;
  readonly connector: number;
  readonly clock: Clock;
  readonly plug: Plug;
  readonly brake: Brake;
  readonly account: Account;
  note(cause: Cause, detail: string | null): void;
  concluded(ended: Ended): void;
}

/** So long nothing may flow, and nothing be told, until a transaction is over without the charger's word. */
const SETTLE_MS = 60_000;
/** So long where no reading came either since nothing flows: the last one before then may lie far below the end. */
const SETTLE_UNREAD_MS = 300_000;
const HALT_AGAIN_MS = 30_000;
/** How often a charger is asked for what it should have said by itself: too often, and some lose their connection. */
const ASK_AGAIN_MS = 20_000;

/** What is done about a connector that no delivery runs at: what still runs there is stopped, and counted to its end. */
export class Rest {
  readonly #deps: RestDeps;
  #calmSinceMs: number | null = null;
  #haltedMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: RestDeps) {
    this.#deps = deps;
  }

  /** A delivery runs from here on. */
  begin(): void {
    this.#calmSinceMs = null;
    this.#haltedMs = Number.NEGATIVE_INFINITY;
  }

  async look(): Promise<void> {
    const { account, plug, brake, station, note, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (!plug.isKnown && station.isReady) this.#ask("StatusNotification", nowMs);
    const { open } = account;
    if (open === null && !plug.flows) {
      this.begin();
      for (const cause of ["alone", "running", "silent"] as const) note(cause, null);
      if (station.isReady) note("restarted", null);
      if (plug.isCalm) await brake.release();
      return;
    }
    // What was ordered may have begun, and not have been told yet.
    const isForeign = open === null ? account.tag === null : !open.isOurs;
    if (isForeign) note("alone", FAULTS.alone());
    if (nowMs - this.#haltedMs >= HALT_AGAIN_MS) {
      this.#haltedMs = nowMs;
      void brake.halt();
    }
    // What was told of its power is old: it may have ended meanwhile.
    if (open === null && (plug.silentMs ?? 0) > ASK_AGAIN_MS) this.#ask("MeterValues", nowMs);
    if (open !== null) await this.#settle(nowMs);
  }

  /** Asks for what did not come, without waiting for it. */
  askFor(requestedMessage: "MeterValues" | "StatusNotification"): void {
    const { station, connector } = this.#deps;
    void station.ask("TriggerMessage", { requestedMessage, connectorId: connector }, statusAnswer);
  }

  #ask(requestedMessage: "MeterValues" | "StatusNotification", nowMs: number): void {
    if (nowMs - this.#askedMs < ASK_AGAIN_MS) return;
    this.#askedMs = nowMs;
    this.askFor(requestedMessage);
  }

  /** What its end came to, a reading tells that was taken since: a register goes on through a lost word and a restart. */
  async #settle(nowMs: number): Promise<void> {
    const { plug, station, account, concluded } = this.#deps;
    if (!plug.isCalm || !station.isReady) {
      this.#calmSinceMs = null;
      return;
    }
    this.#calmSinceMs ??= nowMs;
    const isRead = (account.evidence?.heardMs ?? 0) > this.#calmSinceMs;
    if (!isRead) this.#ask("MeterValues", nowMs);
    const afterMs = isRead ? SETTLE_MS : SETTLE_UNREAD_MS;
    if (nowMs - this.#calmSinceMs >= afterMs) concluded((await account.settle()).ended);
  }
}
