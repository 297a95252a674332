import { backwardsMatter } from "../../core/matters.ts";
import type { Effect } from "../../core/sale/effect.ts";
import type { SaleEvent } from "../../core/sale/event.ts";
import { saleRecord } from "../../core/sale/record.ts";
import { isAnother, recover, replay } from "../../core/sale/recover.ts";
import { type Closed, IDLE, isOpen, type State, type Terms } from "../../core/sale/state.ts";
import { transition } from "../../core/sale/transition.ts";
import type { Live } from "../../core/sale/view.ts";
import type { Nap } from "../../platform/time/wait.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { OwnedName } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Observer } from "../../ports/metrics.ts";
import type { PaymentProvider, ProviderOf } from "../../ports/payment.ts";
import { type Identity, lastSaleOf, type Named, namesOf, terminalOf } from "../belongings.ts";
import * as delivery from "../delivery/delivery-errands.ts";
import { DeliveryReadings } from "../delivery/delivery-readings.ts";
import { FlowWatch } from "../delivery/flow-watch.ts";
import { type NoteDeps, noteUnaccounted } from "../delivery/unaccounted.ts";
import type { Errand, News } from "../errand.ts";
import { POLICY } from "../policy.ts";
import { Queue } from "../queue.ts";
import { Deadline } from "./deadline.ts";
import { LateTruth } from "./late-truth.ts";
import * as payment from "./payment-errands.ts";
import type { PositionEvents } from "./position-events.ts";
import { RecordKeeper } from "./record-keeper.ts";
import type { References } from "./references.ts";
import { SaleClock } from "./sale-clock.ts";
import { Showing } from "./showing.ts";

export interface PositionDeps extends NoteDeps, Named {
  readonly identity: Identity;
  /** Ends a delivery in which nothing has flowed for so long. */
  readonly noFlowTimeoutMs: number;
  readonly providerOf: ProviderOf;
  /** The provider that makes the offers: the faults of payment are its own. */
  readonly selling: PaymentProvider;
  readonly references: References;
  readonly dispenser: Dispenser;
  readonly observer: Observer;
  readonly log: Log;
  readonly nap: Nap;
  readonly events: PositionEvents;
}

/**
 * One position's sales: events come in one at a time, each is in the journal before it changes anything,
 * and what then is owed is carried out beside the queue and answers with events.
 */
export class Position {
  readonly #deps: PositionDeps;
  readonly #queue = new Queue(POLICY.queueLimit);
  readonly #time: SaleClock;
  readonly #deadline: Deadline;
  readonly #flow: FlowWatch;
  readonly #showing: Showing;
  readonly #keeper: RecordKeeper;
  readonly #late: LateTruth;
  #state: State = IDLE;
  readonly #readings: DeliveryReadings;
  #newestAtMs = 0;
  #finishing = false;
  /** What flowed before the journal has told whether a delivery was interrupted; null from then on. */
  #found: Extract<DispenserEvent, { type: "unaccounted" }>[] | null = [];
  #ignored = 0;
  /**
   * Replaced when the sale moves on, which ends all errands of the state that was left: nothing more is begun for them
   * from the decision on, and what they tell goes nowhere once it is on record.
   */
  #epoch = { isCurrent: true, hasLeft: false };

  constructor(deps: PositionDeps) {
    this.#deps = deps;
    const { events } = deps;
    const changed = (): void => events.changed();
    this.#time = new SaleClock(deps.clock);
    this.#readings = new DeliveryReadings(deps.dispenser.readingStepMs);
    this.#flow = new FlowWatch(deps.clock, deps.noFlowTimeoutMs, (why) => this.#onFlowOver(why), changed);
    this.#showing = new Showing(deps.clock, this.#time, changed);
    const timeMoved = (): void => this.#showing.follow(this.#state);
    this.#deadline = new Deadline(deps.clock, this.#time, () => this.#onDeadline(), timeMoved);
    this.#keeper = new RecordKeeper({
      ...deps,
      refused: () => void deps.dispenser.stop(),
      recovered: () => this.#settleErrors(this.stop("fault")),
      fatal: (reason) => events.fatal(reason),
    });
    const learned = (saleId: string, news: News) => this.#submitNews(saleId, news);
    const isOurs = (saleId: string, owned: OwnedName) => deps.references.isOf(saleId, owned);
    this.#late = new LateTruth({ ...deps, isOurs, isTimeKnown: () => this.#isTimeKnown, learned });
  }

  get state(): State {
    return this.#state;
  }

  get live(): Live {
    return this.#showing.live(this.#readings.newestBase, this.#flow.leftMs);
  }

  /** Events that matched no current sale: late answers, doubled buttons. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Takes up what the journal holds. Nothing can flow before this has begun: the dispenser is stopped first. */
  async start(): Promise<void> {
    const { dispenser, journal, id } = this.#deps;
    dispenser.listen((event) => this.#onDispenser(event));
    const stopped = await dispenser.stop();
    if (stopped.kind !== "done") this.#deps.faults.raise("dispenser-unreachable", id, stopped.detail);
    const events = await lastSaleOf(journal, this.#deps);
    this.#state = replay(IDLE, events);
    const found = this.#found ?? [];
    this.#found = null;
    for (const each of found) this.#settleErrors(this.#onUnaccounted(each));
    this.#newestAtMs = events.at(-1)?.atMs ?? 0;
    this.#time.follow(this.#newestAtMs);
    await this.#takeUpLate();
    const { event, step } = recover(this.#state, this.#time.nowMs(), this.#deps.identity.meter);
    if (event !== null) await this.#submit(event);
    else this.#enter(step[1], false);
  }

  /** Begins a sale; false when another one is running. Rejects when the journal cannot take it. */
  async select(saleId: string, terms: Terms): Promise<boolean> {
    if (!isOpen(this.#state)) this.#time.begin(this.#newestAtMs);
    const event: SaleEvent = { type: "selected", saleId, atMs: this.#time.nowMs(), position: this.#deps.id, terms };
    return await this.#submit(event);
  }

  /** Ends what runs: a delivery is stopped at once, an offer or unused reservation given up. */
  async stop(reason: "customer" | "operator" | "fault"): Promise<boolean> {
    const { phase } = this.#state;
    if (phase === "offered" || phase === "reserved") return await this.#tell({ type: "abandoned", reason });
    if (phase !== "dispensing") return false;
    // Stopping never waits for the journal.
    void this.#deps.dispenser.stop();
    return await this.#tell({ type: "stop-requested", reason });
  }

  /** Gives the customer more time on a screen that warned of its end. */
  async extend(): Promise<boolean> {
    const { phase } = this.#state;
    if (phase === "offered") return await this.#tell({ type: "extended" });
    const { noFlowAtMs, presentedUntilMs } = this.live;
    if (phase === "dispensing" && noFlowAtMs !== null) this.#flow.extend();
    else if (phase === "closed" && presentedUntilMs !== null) this.#showing.present();
    else return false;
    this.#deps.events.changed();
    return true;
  }

  /** Resolves when everything that waits now has been dealt with. */
  through(): Promise<void> {
    return this.#queue.idle();
  }

  /** Ends timers and errands; what is open is recovered at the next start. */
  async close(): Promise<void> {
    this.#queue.close();
    Object.assign(this.#epoch, { isCurrent: false, hasLeft: true });
    this.#late.close();
    this.#deadline.clear();
    this.#flow.end();
    this.#showing.end();
    await this.#queue.idle();
  }

  async #tell(news: News): Promise<boolean> {
    if (!isOpen(this.#state)) return false;
    return await this.#submitNews(this.#state.sale.id, news);
  }

  get #isTimeKnown(): boolean {
    return !this.#deps.faults.all.some(({ code }) => code === "clock-implausible");
  }

  #submitNews(saleId: string, news: News): Promise<boolean> {
    // What is learned between sales has the time of now, not that of a clock which has been overruled since.
    if (!isOpen(this.#state) && this.#isTimeKnown) this.#time.begin(this.#newestAtMs);
    return this.#submit({ ...news, saleId, atMs: this.#time.nowMs() } as SaleEvent);
  }

  #submit(event: SaleEvent): Promise<boolean> {
    return this.#queue.run(() => this.#take(event));
  }

  async #take(event: SaleEvent): Promise<boolean> {
    const handedOver = this.#late.of(event.saleId);
    if (handedOver !== undefined) return await this.#amend(handedOver, event);
    const [next, effects] = transition(this.#state, event);
    if (next === this.#state) return this.#ignore(event);
    const record = next.phase === "closed" ? saleRecord(next) : null;
    const moved = next.phase !== this.#state.phase;
    if (moved) this.#epoch.isCurrent = false;
    await this.#keeper.append(next.phase === "idle" ? this.#deps.id : next.sale.position, event, record);
    this.#state = next;
    this.#newestAtMs = event.atMs;
    this.#deps.log.info({ sale: event.saleId, position: this.#deps.id, event: event.type, phase: next.phase }, "sale");
    if (event.type !== "metered") this.#enter(effects, event.type !== "restarted", moved);
    if (record !== null) {
      this.#showing.present();
      this.#deps.events.closed(record);
    }
    if (next.phase === "closed") this.#late.follow(next);
    this.#deps.events.changed();
    return true;
  }

  /** Something was learned of a sale that a person has already; another one may run by now. */
  async #amend(before: Closed, event: SaleEvent): Promise<boolean> {
    const [next] = transition(before, event);
    if (next === before || next.phase !== "closed") return this.#ignore(event);
    const amendment = saleRecord(next);
    await this.#keeper.append(next.sale.position, event, amendment);
    const { log, events, id } = this.#deps;
    log.info({ sale: event.saleId, position: id, event: event.type, outcome: next.outcome }, "learned of a sale late");
    if (this.#state.phase === "closed" && this.#state.sale.id === event.saleId) this.#state = next;
    this.#late.follow(next);
    events.closed(amendment);
    events.changed();
    return true;
  }

  #ignore(event: SaleEvent): false {
    this.#ignored++;
    this.#deps.log.debug({ event: event.type, phase: this.#state.phase }, "an event that changes nothing");
    return false;
  }

  async #takeUpLate(): Promise<void> {
    // A clock that is far ahead makes nothing old.
    const sinceMs = Math.min(this.#deps.clock.wallMs(), this.#newestAtMs) - POLICY.lateTruthRecentMs;
    const { journal, identity } = this.#deps;
    for (const name of namesOf(this.#deps)) {
      for (const events of await journal.handedOver(name, sinceMs, POLICY.lateTruthSales)) {
        const state = replay(IDLE, events);
        // Another terminal knows nothing of it.
        if (state.phase === "closed" && !isAnother(state.sale.terms.terminal, terminalOf(state.sale, identity)))
          this.#late.follow(state);
      }
    }
  }

  #enter(effects: readonly Effect[], fresh: boolean, moved = true): void {
    if (moved) {
      this.#epoch.hasLeft = true;
      this.#epoch = { isCurrent: true, hasLeft: false };
    }
    this.#deadline.set(this.#state);
    this.#showing.follow(this.#state);
    if (this.#state.phase === "dispensing" && this.#state.stopping === null) this.#flow.begin();
    else this.#flow.end();
    if (this.#state.phase !== "dispensing") this.#readings.end();
    for (const effect of effects) {
      this.#carryOut(effect, fresh).catch((error: unknown) =>
        this.#deps.log.error({ error, effect: effect.type }, "an errand failed"),
      );
    }
  }

  async #carryOut(effect: Effect, fresh: boolean): Promise<void> {
    const errand = this.#errand();
    switch (effect.type) {
      case "offer":
      case "watch":
      case "settle":
      case "release":
        return await payment.pay(this.#deps, effect, errand, fresh);
      case "start-meter":
        return await delivery.startMeter(errand);
      case "arm":
        this.#finishing = false;
        this.#readings.begin(effect.state.metering.startBase, this.#deps.clock.monotonicMs());
        if (await delivery.arm(errand, effect))
          this.#deps.observer.armed(this.#time.nowMs() - effect.state.hold.reservedAtMs);
        return;
      case "stop":
        return await this.#finish();
    }
  }

  #errand(): Errand {
    const { id, references, events } = this.#deps;
    const epoch = this.#epoch;
    const saleId = this.#state.phase === "idle" ? "" : this.#state.sale.id;
    const tell = async (news: News): Promise<void> => {
      const isLate = this.#late.of(saleId) !== undefined && this.#isTimeKnown;
      if (!epoch.hasLeft || isLate) await this.#submitNews(saleId, news);
    };
    const tried = (): void => {
      if (epoch.isCurrent) this.#deadline.tried();
    };
    const leftMs = (): number | null => this.#deadline.leftMs;
    const nowMs = (): number => this.#time.nowMs();
    const spanMs = (): number => this.#spanMs();
    const isOurs: Errand["isOurs"] = (kind, name, service) => references.isOf(saleId, { kind, name, service });
    const forPerson: Errand["forPerson"] = (matter) => events.forPerson(matter);
    const mayGoOn = (): boolean => epoch.isCurrent;
    const showTried: Errand["showTried"] = (hint) => {
      if (epoch.isCurrent) this.#showing.tried(hint);
    };
    return { ...this.#deps, position: id, mayGoOn, isOurs, leftMs, nowMs, spanMs, tried, showTried, tell, forPerson };
  }

  /** While nobody knows how long the machine was off, it is as long as a reservation lasts. */
  #spanMs(): number {
    if (this.#state.phase !== "dispensing") return 0;
    const { metering, sale } = this.#state;
    return this.#time.lostSinceMs === null ? this.#time.nowMs() - metering.startedAtMs : sale.terms.commitTimeoutMs;
  }

  async #finish(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    await delivery
      .finish(this.#errand(), this.#state, () => this.#readings.believedBase)
      .finally(() => {
        this.#finishing = false;
      });
  }

  #onDispenser(event: DispenserEvent): void {
    const { faults, id } = this.#deps;
    switch (event.type) {
      case "reading":
        this.#onReading(event.totaliserBase);
        return;
      case "finished":
        if (this.#state.phase !== "dispensing") return;
        this.#readings.confirm();
        this.#settleErrors(this.#finish());
        return;
      case "unaccounted":
        this.#settleErrors(this.#onUnaccounted(event));
        return;
      case "wanted":
        this.#deps.events.wanted(event.quantityBase);
        return;
      case "unwanted":
        // What is being dispensed is past taking back: there the device's own result counts.
        if (this.#state.phase !== "dispensing") this.#settleErrors(this.stop("customer"));
        return;
      case "fault-raised":
        faults.explain("dispenser-fault", id, event.detail);
        this.#settleErrors(this.stop("fault"));
        return;
      case "fault-cleared":
        faults.clear("dispenser-fault", id);
        return;
      case "warning-raised":
        faults.explain("dispenser-warning", id, event.detail);
        return;
      case "warning-cleared":
        faults.clear("dispenser-warning", id);
    }
  }

  /** What is found at the start is the interrupted delivery's, where there is one: its totaliser holds it. */
  async #onUnaccounted(event: Extract<DispenserEvent, { type: "unaccounted" }>): Promise<void> {
    if (event.found === true && this.#found !== null) this.#found.push(event);
    else if (event.found !== true || this.#state.phase !== "dispensing") await noteUnaccounted(this.#deps, event);
  }

  #onReading(totaliserBase: number): void {
    if (this.#state.phase !== "dispensing") return;
    const { clock, events } = this.#deps;
    if (this.#state.stopping === null) this.#flow.reading(totaliserBase);
    const { wentOn, dueBase } = this.#readings.take(totaliserBase, clock.monotonicMs());
    if (dueBase !== null) this.#settleErrors(this.#tell({ type: "metered", totaliserBase: dueBase }));
    if (!wentOn) {
      events.forPerson(backwardsMatter(this.#state.sale, this.#time.nowMs()));
      this.#settleErrors(this.stop("fault"));
    }
    events.changed();
  }

  #onFlowOver(why: "no-flow" | "silent"): void {
    const { dispenser, faults, id } = this.#deps;
    void dispenser.stop();
    if (why === "silent") faults.raise("dispenser-unreachable", id, "the meter is silent while it should run");
    this.#settleErrors(this.#tell({ type: "stop-requested", reason: why === "silent" ? "fault" : "no-flow" }));
  }

  #onDeadline(): void {
    if (this.#state.phase === "dispensing") void this.#deps.dispenser.stop();
    this.#settleErrors(this.#tell({ type: "deadline-passed" }));
  }

  #settleErrors(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#deps.log.error({ error: String(error) }, "an event could not be taken"));
  }
}
