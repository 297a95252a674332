import type { Cancel } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { Budget } from "./budget.ts";
import { type AdapterMessage, type ReaderStatus, VEND_FAILED, type VendRequest } from "./codec.ts";
import { Doubt } from "./doubt.ts";
import { FAULTS } from "./faults.ts";
import { HeldBackEvents } from "./held-back-events.ts";
import { isListed, type MdbVendingSettings, tellable } from "./settings.ts";
import { VendSession } from "./vend-session.ts";
import type { Phase, VendingParts } from "./vending-parts.ts";

/** A result may come just after the end of its session, and one that contradicts it just after a success. */
const LATE_RESULT_MS = 1_000;
/** Amounts in a row with other decimals than were agreed, until that is no noise. */
const MISFITS = 3;

/** Where what is asked for can be refused without taking anything away from a customer. */
const REFUSES: ReadonlySet<Phase["is"]> = new Set(["resting", "choosing"]);

/** One vend after another, from what the customer chooses to what the machine reports of it. */
export class Vending {
  readonly #settings: Required<MdbVendingSettings>;
  readonly #parts: VendingParts;
  readonly #session: VendSession;
  readonly #isAlwaysIdle: boolean;
  readonly #doubt: Doubt;
  readonly #heldBack = new HeldBackEvents();
  #phase: Phase = { is: "resting" };
  #cancelPhase: Cancel = () => {};
  /** What the running delivery can still buy. */
  #budget: Budget | null = null;
  #answerArm: ((outcome: Outcome<null>) => void) | null = null;
  #waiters: (() => void)[] = [];
  /** Nothing was asked for since the last success, so another one is the same again. */
  #isSuccessRepeatable = false;
  /** A delivery is over, and nobody was told. */
  #isEnding = false;
  #status: ReaderStatus | null = null;
  #misfits = 0;

  constructor(settings: Required<MdbVendingSettings>, parts: VendingParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#session = new VendSession(parts.adapter, parts.clock, settings.answerTimeoutMs);
    this.#isAlwaysIdle = settings.flow === "always-idle";
    this.#doubt = new Doubt(parts.clock, Math.min(LATE_RESULT_MS, settings.vendTimeoutMs));
  }

  get resting(): boolean {
    return this.#phase.is === "resting";
  }

  get awaitsResult(): boolean {
    return this.#phase.is === "vending";
  }

  /** Whether the total holds all that was sold. */
  get isCertain(): boolean {
    return this.#phase.is !== "vending" && this.#phase.is !== "writing" && this.#doubt.request === null;
  }

  /** The result of a vend that an earlier run approved may still come, as long as the adapter is left alone. */
  open(): void {
    const { adapter, ledger } = this.#parts;
    if (ledger.pending !== null) this.#awaitResult(ledger.pending);
    else adapter.configure();
  }

  async begin(limitBase: number): Promise<Outcome<null>> {
    const phase = this.#phase;
    const isFree = this.#budget === null && (phase.is === "resting" || phase.is === "wanted");
    if (!isFree) return declined("refused", "another delivery is under way");
    this.#parts.ledger.forgetUnknown();
    this.#isSuccessRepeatable = false;
    this.#budget = new Budget(limitBase, this.#settings);
    this.#parts.readings.begin();
    if (!this.#isAlwaysIdle) {
      return await new Promise((resolve) => {
        this.#answerArm = resolve;
        this.#openSession();
      });
    }
    if (phase.is === "wanted") this.#decide(phase.request);
    // What was chosen no longer is: the delivery is over before it began.
    else this.#enter({ is: "choosing", somethingHappened: false }, 0, () => this.#finish());
    return done(null);
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

  async close(): Promise<void> {
    this.#endDelivery();
    this.#tellArm(unknown("closed"));
    this.#cancelPhase();
    this.#session.forget();
    await this.#parts.ledger.close();
  }

  onMessage(message: AdapterMessage): void {
    if (message.type === "request") {
      const { priceBase, item } = message;
      this.#fits();
      if (!this.#isAnswered({ priceBase, item })) this.#afterWriting(() => this.#onRequest({ priceBase, item }));
    } else if (message.type === "success") this.#afterWriting(() => this.#onSuccess());
    else if (message.type === "status") this.#onStatusLine(message.status);
    else if (message.type === "refused") this.#onRefused(message.command, message.code);
  }

  /** Whether this is what is being answered already: a line said twice, or a machine that asks again. */
  #isAnswered({ priceBase, item }: VendRequest): boolean {
    const phase = this.#phase;
    const asked = phase.is === "vending" || phase.is === "wanted" ? phase.request : null;
    const answered = phase.is === "writing" ? phase.approves : asked;
    return answered !== null && answered.item === item && answered.priceBase === priceBase;
  }

  #fits(): void {
    this.#misfits = 0;
    this.#parts.events.clear("decimals");
  }

  /** What nobody can make an amount of is refused; again and again it is no noise. */
  onMisfit(amount: string): void {
    const { adapter, events, log } = this.#parts;
    const { decimalPlaces } = this.#settings;
    const isTooFine = (amount.split(".")[1] ?? "").length <= decimalPlaces;
    const why = `the machine asks for ${amount}, and decimalPlaces is ${decimalPlaces}`;
    if (this.#misfits === 0) log.warn({ amount, decimalPlaces }, why);
    this.#misfits = Math.min(this.#misfits + 1, MISFITS);
    if (REFUSES.has(this.#phase.is)) {
      adapter.send({ type: "stop" });
      this.#budget?.refuse();
    }
    if (this.#misfits >= MISFITS) events.raise("decimals", isTooFine ? FAULTS.tooFine(amount) : FAULTS.decimals(why));
  }

  onLost(detail: string): void {
    this.#afterWriting(() => this.#onLost(detail));
  }

  #onLost(detail: string): void {
    this.#session.ended();
    const phase = this.#phase;
    if (phase.is === "vending") this.#unresolved(phase.request, detail);
    else if (phase.is === "wanted") this.#endWant();
    else if (phase.is === "choosing") this.#finish();
    else if (phase.is === "closing") this.#closeSession(phase.then);
  }

  #afterWriting(happened: () => void): void {
    if (this.#phase.is === "writing") this.#heldBack.keep(happened);
    else happened();
  }

  #written(next: () => void): void {
    next();
    for (const happened of this.#heldBack.take()) this.#afterWriting(happened);
  }

  /** A reader that always may be asked says nothing new by the status that it has, and takes no choice away by it. */
  #onStatusLine(status: ReaderStatus): void {
    const phase = this.#phase;
    const isChosen = phase.is === "wanted" || (phase.is === "writing" && phase.approves !== null);
    const saysNothing = this.#isAlwaysIdle && isChosen && status === this.#status;
    this.#status = status;
    if (!saysNothing) this.#afterWriting(() => this.#onStatus(status));
  }

  #onStatus(status: ReaderStatus): void {
    const phase = this.#phase;
    const sessionOver = status !== "IDLE";
    if (sessionOver) this.#session.ended();
    if (phase.is === "wanted") this.#giveUpWant();
    else if (phase.is === "opening" && !sessionOver) this.#sessionOpen();
    else if (phase.is === "vending" && sessionOver && !phase.isSessionOver) this.#awaitLateResult(phase.request);
    else if (phase.is === "closing" && sessionOver) this.#closeSession(phase.then);
    else if (phase.is === "choosing" && sessionOver && !this.#isAlwaysIdle) {
      if (phase.somethingHappened && this.#budget?.lasts === true) this.#openSession();
      else this.#finish();
    }
  }

  #onRefused(command: "START" | "VEND" | "STOP", code: number): void {
    const phase = this.#phase;
    if (command === "START" && phase.is === "opening") this.#session.refused();
    if (command === "STOP" && phase.is === "closing") {
      this.#session.ended();
      this.#closeSession(phase.then);
    }
    if (command === "VEND" && code === VEND_FAILED) this.#contradict();
    if (command !== "VEND" || phase.is !== "vending") return;
    const why = code === VEND_FAILED ? "the machine could not dispense" : "an approval came too late";
    this.#parts.log.warn({ code }, why);
    this.#withdraw();
  }

  /** Which of the two reports is right, nobody can tell: the earlier may have been another vend's, said twice. */
  #contradict(): void {
    if (this.#phase.is === "writing" && this.#phase.approves !== null) return;
    this.#afterWriting(() => {
      const { request } = this.#doubt;
      if (request !== null) this.#unresolved(request, "the machine reported success, then that it could not dispense");
    });
  }

  #withdraw(): void {
    this.#enter({ is: "writing", approves: null });
    this.#budget?.refuse();
    this.#parts.ledger.withdrawn(() => this.#written(() => this.#goOn()));
  }

  #onRequest(request: VendRequest): void {
    const phase = this.#phase;
    this.#isSuccessRepeatable = false;
    if (phase.is === "vending") {
      this.#unresolved(phase.request, "the next request came instead of it");
      return;
    }
    // A machine that goes on has said all that there is to say of the vend before.
    this.#doubt.end();
    if (phase.is === "settling") phase.then();
    if (phase.is === "opening") this.#sessionOpen();
    if (phase.is === "wanted") this.#endWant();
    if (this.#budget === null) this.#want(request);
    else this.#decide(request);
  }

  #want(request: VendRequest): void {
    const { adapter, events } = this.#parts;
    const sells = this.resting && this.#isAlwaysIdle && events.fault === null;
    if (!sells || !isListed(this.#settings, request)) {
      adapter.send({ type: "stop" });
      return;
    }
    this.#enter({ is: "wanted", request }, this.#settings.wantTimeoutMs, () => this.#giveUpWant());
    events.tell({ type: "wanted", quantityBase: request.priceBase });
  }

  #giveUpWant(): void {
    this.#parts.adapter.send({ type: "stop" });
    this.#endWant();
  }

  #endWant(): void {
    this.#enter({ is: "resting" });
    this.#parts.events.tell({ type: "unwanted" });
  }

  /** Approves what is asked for within a delivery, or refuses it. */
  #decide(request: VendRequest): void {
    const { adapter, log } = this.#parts;
    const leftBase = this.#budget?.leftBase ?? 0;
    if (!isListed(this.#settings, request) || request.priceBase > leftBase || this.#budget?.lasts !== true) {
      log.warn({ ...request, leftBase }, "a vend was refused: not in the price list, or too dear");
      adapter.send({ type: "stop" });
      this.#budget?.refuse();
      if (this.#isAlwaysIdle) this.#finish();
      else this.#enter({ is: "choosing", somethingHappened: true });
    } else this.#approve(request);
  }

  /** The machine is told only of what the register holds, and only if it still waits for that. */
  #approve(request: VendRequest): void {
    const { adapter, ledger } = this.#parts;
    this.#enter({ is: "writing", approves: request });
    ledger.approve(request, (entered) => {
      const isWaiting = this.#heldBack.isEmpty;
      if (entered && isWaiting && this.#budget !== null) {
        adapter.send({ type: "approve", amountBase: request.priceBase });
        this.#awaitResult(request);
        return;
      }
      if (isWaiting) adapter.send({ type: "stop" });
      if (entered && !this.#isAlwaysIdle) this.#withdraw();
      else ledger.withdrawn(() => this.#written(() => this.#finish()));
    });
  }

  #awaitResult(request: VendRequest): void {
    const { vendTimeoutMs } = this.#settings;
    const late = (): void => this.#unresolved(request, `none came within ${vendTimeoutMs} ms`);
    this.#enter({ is: "vending", request, isSessionOver: false }, vendTimeoutMs, late);
  }

  /** Its session is over, and a result that was on its way may still come. */
  #awaitLateResult(request: VendRequest): void {
    const late = (): void => this.#unresolved(request, "the session ended without it");
    this.#enter({ is: "vending", request, isSessionOver: true }, this.#doubt.lastsMs, late);
  }

  #onSuccess(): void {
    const { ledger, readings, log } = this.#parts;
    const phase = this.#phase;
    if (phase.is !== "vending") {
      if (this.#isSuccessRepeatable) log.warn({}, "a success was reported twice, and counts once");
      else ledger.unapproved();
      return;
    }
    this.#isSuccessRepeatable = true;
    this.#enter({ is: "writing", approves: null });
    ledger.vended(phase.request, () => {
      this.#doubt.begin(phase.request);
      this.#budget?.spend(phase.request.priceBase);
      if (this.#budget !== null) readings.tell();
      this.#written(() => this.#goOn());
    });
  }

  #goOn(): void {
    if (this.#budget?.lasts !== true) this.#finish();
    else if (this.#session.isOpen) this.#enter({ is: "choosing", somethingHappened: true });
    else this.#openSession();
  }

  /** The delivery goes no further, and no late result of this vend can be taken for one of the next. */
  #unresolved(request: VendRequest, why: string): void {
    const { adapter, ledger } = this.#parts;
    this.#session.forget();
    this.#isSuccessRepeatable = false;
    this.#doubt.end();
    adapter.configure();
    this.#enter({ is: "writing", approves: null });
    ledger.unresolved(request, why, () => this.#written(() => this.#finish()));
  }

  #openSession(): void {
    this.#enter({ is: "opening" });
    this.#session.open(tellable(this.#budget?.leftBase ?? 0, this.#settings), () => this.#finish());
  }

  #sessionOpen(): void {
    this.#session.opened();
    this.#enter({ is: "choosing", somethingHappened: false });
    this.#tellArm(done(null));
  }

  #closeSession(then = (): void => this.#enter({ is: "resting" })): void {
    this.#enter({ is: "closing", then });
    this.#session.close(() => {
      const { leftMs } = this.#doubt;
      if (leftMs > 0) this.#enter({ is: "settling", then }, leftMs, () => this.#settle(then));
      else this.#settle(then);
    });
  }

  #settle(then: () => void): void {
    this.#doubt.end();
    then();
  }

  /** A delivery is told to be over once its session is, and no result can change any more. */
  #finish(): void {
    this.#isEnding ||= this.#budget !== null && this.#answerArm === null;
    this.#budget = null;
    if (this.#doubt.leftMs > 0) this.#closeSession(() => this.#over());
    else this.#over();
  }

  #over(): void {
    const wasRunning = this.#isEnding;
    this.#endDelivery();
    if (this.#parts.adapter.held) this.#parts.adapter.configure();
    this.#closeSession();
    this.#tellArm(unknown("the machine opened no session"));
    if (!wasRunning) return;
    this.#parts.readings.tell();
    this.#parts.events.tell({ type: "finished" });
  }

  #endDelivery(): void {
    this.#budget = null;
    this.#isEnding = false;
    this.#parts.readings.end();
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
