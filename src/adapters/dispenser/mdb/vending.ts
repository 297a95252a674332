import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../../ports/outcome.ts";
import type { MdbAdapter } from "./adapter.ts";
import { Budget } from "./budget.ts";
import { type AdapterMessage, type ReaderStatus, VEND_FAILED, type VendRequest } from "./codec.ts";
import type { Ledger } from "./ledger.ts";
import type { Reports } from "./reports.ts";
import { Session } from "./session.ts";
import type { MdbVendingSettings } from "./settings.ts";

interface Parts {
  readonly adapter: MdbAdapter;
  readonly ledger: Ledger;
  readonly reports: Reports;
  readonly clock: Clock;
  readonly log: Log;
}

type Phase =
  /** Writing: the register has not taken yet what is certain. */
  | { readonly is: "resting" | "opening" | "closing" | "writing" }
  /** Chosen at the machine, not paid. */
  | { readonly is: "wanted"; readonly request: VendRequest }
  | { readonly is: "choosing"; readonly somethingHappened: boolean }
  /** Approved; nothing but its result, the end of the session or time ends this. */
  | { readonly is: "vending"; readonly request: VendRequest };

/** One vend after another, from what the customer chooses to what the machine reports of it. */
export class Vending {
  readonly #settings: Required<MdbVendingSettings>;
  readonly #parts: Parts;
  readonly #session: Session;
  readonly #cheapestBase: number;
  #phase: Phase = { is: "resting" };
  #cancelPhase: Cancel = () => {};
  /** What the running delivery can still buy. */
  #budget: Budget | null = null;
  #answerArm: ((outcome: Outcome<null>) => void) | null = null;
  #waiters: (() => void)[] = [];

  constructor(settings: Required<MdbVendingSettings>, parts: Parts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#session = new Session(parts.adapter, parts.clock, settings.answerTimeoutMs);
    this.#cheapestBase = Math.min(...(settings.prices?.values() ?? [1]));
  }

  get #isAlwaysIdle(): boolean {
    return this.#settings.flow === "always-idle";
  }

  get resting(): boolean {
    return this.#phase.is === "resting";
  }

  get awaitsResult(): boolean {
    return this.#phase.is === "vending";
  }

  /** The result of a vend that an earlier run approved may still come, as long as the adapter is left alone. */
  open(): void {
    const { adapter, ledger } = this.#parts;
    if (ledger.pending !== null) this.#awaitResult(ledger.pending);
    else adapter.configure();
  }

  /** Tells of an approval without a result that was found when nobody listened. */
  tellLeftOver(): void {
    const { pending } = this.#parts.ledger;
    if (pending !== null && this.resting) this.#unresolved(pending, "the daemon ended before it");
  }

  begin(limitBase: number): Promise<Outcome<null>> {
    const phase = this.#phase;
    if (this.#budget !== null || (phase.is !== "resting" && phase.is !== "wanted")) {
      return Promise.resolve(declined("refused", "another delivery is under way"));
    }
    this.#budget = new Budget(limitBase, this.#cheapestBase, this.#isAlwaysIdle ? 1 : this.#settings.maxVends);
    this.#parts.reports.keepReading();
    if (!this.#isAlwaysIdle) {
      return new Promise((resolve) => {
        this.#answerArm = resolve;
        this.#openSession();
      });
    }
    if (phase.is === "wanted") this.#decide(phase.request);
    // What was chosen no longer is: the delivery is over before it began.
    else this.#enter({ is: "choosing", somethingHappened: false }, 0, () => this.#finish());
    return Promise.resolve(done(null));
  }

  /** Ends what can be ended; a vend that was approved goes on to its result. */
  end(): void {
    this.#endDelivery();
    this.#tellArm(declined("refused", "stopped before the machine was ready"));
    const { is } = this.#phase;
    if (is === "opening" || is === "choosing") this.#closeSession();
    if (is === "wanted") this.#giveUpWant();
  }

  whenResting(resting: () => void): void {
    this.#waiters.push(resting);
  }

  close(): void {
    this.#endDelivery();
    this.#tellArm(unknown("closed"));
    this.#cancelPhase();
    this.#session.forget();
    this.#parts.ledger.close();
  }

  onMessage(message: AdapterMessage): void {
    if (message.type === "request") this.#onRequest({ priceBase: message.priceBase, item: message.item });
    else if (message.type === "success") this.#onSuccess();
    else if (message.type === "status") this.#onStatus(message.status);
    else if (message.type === "refused") this.#onRefused(message.command, message.code);
  }

  onLost(detail: string): void {
    this.#session.ended();
    const phase = this.#phase;
    if (phase.is === "vending") this.#unresolved(phase.request, detail);
    else if (phase.is === "wanted") this.#endWant();
    else if (phase.is === "choosing") this.#finish();
    else if (phase.is === "closing") this.#closeSession();
  }

  #onStatus(status: ReaderStatus): void {
    const phase = this.#phase;
    const sessionOver = status !== "IDLE";
    if (sessionOver) this.#session.ended();
    if (phase.is === "wanted") this.#endWant();
    else if (phase.is === "opening" && !sessionOver) this.#sessionOpen();
    else if (phase.is === "vending" && sessionOver) this.#unresolved(phase.request, "the session ended without it");
    else if (phase.is === "closing" && sessionOver) this.#closeSession();
    else if (phase.is === "choosing" && sessionOver && !this.#isAlwaysIdle) {
      if (phase.somethingHappened && this.#budget?.lasts === true) this.#openSession();
      else this.#finish();
    }
  }

  #onRefused(command: "START" | "VEND" | "STOP", code: number): void {
    if (command === "START" && this.#phase.is === "opening") this.#session.refused();
    if (command === "STOP" && this.#phase.is === "closing") {
      this.#session.ended();
      this.#closeSession();
    }
    if (command !== "VEND" || this.#phase.is !== "vending") return;
    const { ledger, log } = this.#parts;
    log.warn({ code }, code === VEND_FAILED ? "the machine could not dispense" : "an approval came too late");
    this.#enter({ is: "writing" });
    ledger.withdrawn(() => {
      this.#budget?.refuse();
      this.#goOn();
    });
  }

  #onRequest(request: VendRequest): void {
    const phase = this.#phase;
    if (phase.is === "vending") {
      this.#unresolved(phase.request, "the next request came instead of it");
      return;
    }
    if (phase.is === "opening") this.#sessionOpen();
    if (phase.is === "wanted") this.#endWant();
    if (this.#budget === null) this.#want(request);
    else this.#decide(request);
  }

  #want(request: VendRequest): void {
    const { adapter, reports } = this.#parts;
    const sells = this.resting && this.#isAlwaysIdle && reports.fault === null;
    if (!sells || !this.#isListed(request)) {
      adapter.send({ type: "stop" });
      return;
    }
    this.#enter({ is: "wanted", request }, this.#settings.wantTimeoutMs, () => this.#giveUpWant());
    reports.emit({ type: "wanted", quantityBase: request.priceBase });
  }

  #giveUpWant(): void {
    this.#parts.adapter.send({ type: "stop" });
    this.#endWant();
  }

  #endWant(): void {
    this.#enter({ is: "resting" });
    this.#parts.reports.emit({ type: "unwanted" });
  }

  #isListed({ item, priceBase }: VendRequest): boolean {
    const { prices } = this.#settings;
    return prices === null ? priceBase > 0 : prices.get(item) === priceBase;
  }

  /** Approves what is asked for within a delivery, or refuses it. */
  #decide(request: VendRequest): void {
    const { adapter, ledger, log } = this.#parts;
    const leftBase = this.#budget?.leftBase ?? 0;
    if (!this.#isListed(request) || request.priceBase > leftBase || this.#budget?.lasts !== true) {
      log.warn({ ...request, leftBase }, "a vend was refused: not in the price list, or too dear");
      adapter.send({ type: "stop" });
      this.#budget?.refuse();
      if (this.#isAlwaysIdle) this.#finish();
      else this.#enter({ is: "choosing", somethingHappened: true });
    } else if (ledger.approve(request)) {
      adapter.send({ type: "approve", amountBase: request.priceBase });
      this.#awaitResult(request);
    } else {
      adapter.send({ type: "stop" });
      this.#enter({ is: "writing" });
      ledger.withdrawn(() => this.#finish());
    }
  }

  #awaitResult(request: VendRequest): void {
    const { vendTimeoutMs } = this.#settings;
    const late = (): void => this.#unresolved(request, `none came within ${vendTimeoutMs} ms`);
    this.#enter({ is: "vending", request }, vendTimeoutMs, late);
  }

  #onSuccess(): void {
    const { ledger, reports } = this.#parts;
    const phase = this.#phase;
    if (phase.is !== "vending") {
      const detail = "the machine reports a vend that nobody approved";
      reports.emit({ type: "unaccounted", quantityBase: null, detail });
      return;
    }
    this.#enter({ is: "writing" });
    ledger.vended(phase.request, () => {
      this.#budget?.spend(phase.request.priceBase);
      if (this.#budget !== null) reports.reading();
      this.#goOn();
    });
  }

  #goOn(): void {
    if (this.#budget?.lasts === true) this.#enter({ is: "choosing", somethingHappened: true });
    else this.#finish();
  }

  /** The delivery goes no further, and no late result of this vend can be taken for one of the next. */
  #unresolved(request: VendRequest, why: string): void {
    const { adapter, ledger, reports } = this.#parts;
    this.#session.ended();
    adapter.configure();
    if (reports.listening) {
      this.#enter({ is: "writing" });
      ledger.unaccounted(request, why, () => this.#finish());
    } else this.#enter({ is: "resting" });
  }

  #openSession(): void {
    this.#enter({ is: "opening" });
    this.#session.open(this.#budget?.leftBase ?? 0, () => this.#finish());
  }

  #sessionOpen(): void {
    this.#session.opened();
    this.#enter({ is: "choosing", somethingHappened: false });
    this.#tellArm(done(null));
  }

  #closeSession(): void {
    this.#enter({ is: "closing" });
    this.#session.close(() => this.#enter({ is: "resting" }));
  }

  #finish(): void {
    const wasRunning = this.#budget !== null && this.#answerArm === null;
    this.#endDelivery();
    if (this.#parts.adapter.held) this.#parts.adapter.configure();
    this.#closeSession();
    this.#tellArm(unknown("the machine opened no session"));
    if (!wasRunning) return;
    this.#parts.reports.reading();
    this.#parts.reports.emit({ type: "finished" });
  }

  #endDelivery(): void {
    this.#budget = null;
    this.#parts.reports.endReading();
  }

  #tellArm(outcome: Outcome<null>): void {
    this.#answerArm?.(outcome);
    this.#answerArm = null;
  }

  #enter(phase: Phase, afterMs = 0, then: (() => void) | null = null): void {
    this.#cancelPhase();
    this.#phase = phase;
    this.#cancelPhase = then === null ? () => {} : this.#parts.clock.after(afterMs, then);
    if (phase.is === "resting") for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
