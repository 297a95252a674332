import { parseAmount } from "../../src/core/money.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { type SaleRecord, saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE, isOpen, type Open, type Sale, type State } from "../../src/core/sale/state.ts";
import { transition } from "../../src/core/sale/transition.ts";
import { type PositionView, positionView } from "../../src/core/sale/view.ts";
import type { KioskView } from "../../src/ports/display.ts";
import type { Attempt } from "../../src/ports/payment.ts";
import type { Bill } from "../support/sim-bill.ts";
import type { SimDispenser } from "../support/sim-dispenser.ts";
import type { Life } from "../support/virtual-clock.ts";
import { Books } from "./books.ts";
import { ClockRules } from "./clock-rules.ts";
import { CodeRules } from "./code-rules.ts";
import { EventRules } from "./event-rules.ts";
import { MatterRules } from "./matter-rules.ts";
import { priceMinor, takenMinor } from "./price.ts";
import { RestRules } from "./rest-rules.ts";
import { StartRules } from "./start-rules.ts";
import type { World } from "./world.ts";

/** A restarted daemon must have told its dispensers to stop within this time. */
const STOP_AFTER_START_MS = 10_000;
/** By how much the machine's clock may be wrong while a sale runs. */
const CLOCK_SLACK_MS = 60_000;
/** The service takes back what nobody has asked about for so long. */
const REVERSAL_MS = 20_000;

/** A sale that went to a person is asked about for longer than this. */
const LEARNED_WITHIN_MS = 1_800_000;

export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

interface Shadow {
  /** What the durable events lead to. */
  state: State;
  /** The run of the daemon that wrote the newest of them. */
  life: Life | null;
  /** What a view of that state says; reckoned when it is asked for. */
  facts: string | null;
}

/** The money rules, judged by what is physically and durably true, never by what the daemon says of itself. */
export class Rules {
  violation: Violation | null = null;
  /** What each record of the outbox says, in order; the later one of a sale counts. */
  readonly closed: Closed[] = [];
  readonly #latest = new Map<string, Closed>();
  /** The sale that each payment was recorded for first. */
  readonly #payers = new Map<string, string>();
  readonly #closedAtMs = new Map<string, number>();
  readonly matters: MatterRules;
  readonly starts: StartRules;
  readonly rests: RestRules;
  readonly #world: World;
  readonly #books: Books;
  readonly #events: EventRules;
  readonly #codes: CodeRules;
  readonly clock: ClockRules;
  readonly #shadows = new Map<string, Shadow>();
  readonly #armedSales = new Set<string>();
  #newestAtMs: number | null = null;
  #received = 0;
  #newestSeq = 0;
  #dirty = true;
  #shownViews: readonly PositionView[] = [];
  #showsCode = false;
  #staleAtMs: number | null = null;
  #steps = 0;

  constructor(world: World) {
    this.#world = world;
    const broken = (rule: string, detail: string): void => this.broken(rule, detail);
    this.#books = new Books(world, broken);
    this.#events = new EventRules(world, broken);
    this.matters = new MatterRules(world, broken);
    this.rests = new RestRules(world, broken);
    this.starts = new StartRules(world, broken);
    this.#codes = new CodeRules(world, (detail) => this.broken("6 code", detail));
    this.clock = new ClockRules(world, (detail) => this.broken("6 clock", detail));
  }

  stateAt(position: string): State {
    return this.#shadow(position).state;
  }

  get anyOpen(): boolean {
    return [...this.#shadows.values()].some(({ state }) => isOpen(state));
  }

  /** What the service took of a sale is not on record yet. */
  get anyUntold(): boolean {
    return [...this.#latest.values()].some((closed) => !this.#books.agrees(closed) || this.#isUnlearned(closed));
  }

  broken(rule: string, detail: string): void {
    if (this.violation !== null) return;
    this.violation = { rule, detail };
    this.#world.note(() => `RULE BROKEN: ${rule}: ${detail}`);
  }

  /** A customer chooses at the price that they have read. */
  chosen(position: string, unitPrice: string | null): void {
    this.#events.chosen(position, unitPrice);
  }

  /** An event has become durable. */
  written(position: string, event: SaleEvent, record: SaleRecord | null): void {
    const shadow = this.#shadow(position);
    const over = this.#latest.get(event.saleId);
    const before = over ?? shadow.state;
    const [next] = transition(before, event);
    if (next === before) this.broken("10 replay", `${event.type} is in the journal but changes nothing`);
    if (over === undefined) {
      this.#events.judge(event, before, next, shadow.life === this.#world.life);
      this.#codes.written(position, event, next);
      shadow.life = this.#world.life;
    } else if (over.outcome !== "needs-attention" || next.phase !== "closed" || next.amends !== true) {
      this.broken("3 resolved", `${event.saleId} was ${over.outcome}, and goes on with ${event.type}`);
    }
    if (event.type === "attempt-declined" && event.operation === "capture")
      this.#world.service.keys.noted(event.saleId);
    this.clock.written(this.#world.places.homeOf(position), event, this.#newestAtMs);
    this.#newestAtMs = event.atMs;
    if (over === undefined || over === shadow.state) {
      shadow.state = next;
      shadow.facts = null;
    }
    this.#dirty = true;
    if ((record !== null) !== (next.phase === "closed"))
      this.broken("10 replay", `${event.type} of ${event.saleId} has ${record === null ? "no" : "a"} record`);
    if (next.phase === "closed") this.#judgeClosed(next);
  }

  #judgeClosed(closed: Closed): void {
    if (JSON.stringify(saleRecord(closed)) !== this.#world.disk.sales.at(-1))
      this.broken("10 replay", `the record of ${closed.sale.id} is not what its events lead to`);
    this.closed.push(closed);
    this.#latest.set(closed.sale.id, closed);
    if (closed.amends !== true) this.#closedAtMs.set(closed.sale.id, this.#world.time.elapsedMs);
    this.#books.judge(closed);
    this.matters.closed(closed);
    this.rests.closed(closed);
    const { receipt, sale } = closed;
    if (receipt === null) return;
    const payer = this.#payers.get(receipt.paymentReference) ?? sale.id;
    this.#payers.set(receipt.paymentReference, payer);
    if (payer !== sale.id)
      this.broken("11 different", `${receipt.paymentReference} stands for ${payer} and for ${sale.id}`);
  }

  /** Once a sale is over, in the journal, nothing more is sent that could move its money. */
  sending({ id, terms }: Sale, what: string, bill: Bill | undefined, attempt: Attempt | null): void {
    if (!this.#world.service.configured.has(terms.provider))
      this.broken("11 different", `${what} of ${id} is sent to another service than ${terms.provider}`);
    const declined = this.#world.service.keys.notedOf(id);
    if (attempt?.operation === "capture" && attempt.number !== 1 + declined)
      this.broken("5 unknown", `${id}: capture ${attempt.number} is sent, ${declined} noes are on record`);
    if (bill !== undefined && bill.saleId !== id)
      this.broken("11 different", `${what} is sent for ${id} and meets ${bill.reference} of ${bill.saleId}`);
    const over = this.#latest.get(id);
    if (over !== undefined) this.broken("3 handed over", `${what} is sent for ${id}, which is ${over.outcome}`);
  }

  /** The daemon tells a dispenser to release goods. */
  arming(position: string, life: Life, limitBase: number): string {
    const { state, life: writer } = this.#shadow(position);
    if (state.phase !== "dispensing" || state.stopping !== null) {
      this.broken("1 armed", `position ${position} is armed while its journal says ${state.phase}`);
      return "none";
    }
    const { sale, hold } = state;
    if (writer !== life) this.broken("8 restart", `${sale.id} is armed by a run that did not begin its delivery`);
    if (this.#armedSales.has(sale.id)) this.broken("8 restart", `${sale.id} is armed twice`);
    this.#armedSales.add(sale.id);
    const worthMinor = priceMinor(sale.terms.tariff, limitBase);
    if (worthMinor > Math.min(hold.authorisedMinor, sale.terms.maximumMinor)) {
      this.broken("1 limit", `${sale.id} may take ${worthMinor} of ${hold.authorisedMinor}`);
    }
    if (takenMinor(sale.terms.rules, Math.min(hold.authorisedMinor, sale.terms.maximumMinor)) < worthMinor)
      this.broken("1 limit", `${sale.id} may take ${worthMinor}, of which the service takes less`);
    const held = this.#world.service.billsOf(sale.id).find((bill) => bill.wasHeld);
    if (held === undefined) this.broken("1 armed", `${sale.id} is armed, but its customer has never confirmed`);
    else if (worthMinor > held.shownMinor)
      this.broken("1 limit", `${sale.id} may take ${worthMinor}, ${held.shownMinor} is shown`);
    return sale.id;
  }

  /** Over at the service, but on record as unknown, though it was to be asked about since the faults have stopped. */
  #isUnlearned(closed: Closed): boolean {
    const { sale, offer, outcome, reason, amends } = closed;
    if (outcome !== "needs-attention" || offer === null || amends === true) return false;
    if (reason !== "deadline" && reason !== "settle-refused" && reason !== "release-refused") return false;
    const { service, calmAtMs } = this.#world;
    if (this.#books.isOutOfReach(closed)) return false;
    const wasAskedSince = (calmAtMs ?? 0) - (this.#closedAtMs.get(sale.id) ?? 0) < LEARNED_WITHIN_MS;
    return calmAtMs !== null && wasAskedSince && service.billsOf(sale.id).every(({ state }) => state === "ended");
  }

  shown(view: KioskView): void {
    const before = this.#shownViews;
    this.#shownViews = view.positions;
    if (view.positions.length === before.length && view.positions.every((each, at) => isNoNews(each, before[at])))
      return;
    this.#dirty = true;
    this.#showsCode = view.positions.some(({ qr }) => qr !== null);
    this.#codes.shown(view);
    this.starts.shown(view);
  }

  openStates(): Open[] {
    return [...this.#shadows.values()].map(({ state }) => state).filter(isOpen);
  }

  offerExpired(bill: Bill): void {
    this.#codes.offerExpired(bill);
  }

  /** A hold or a commit that nobody asked about in time was taken back. */
  reversed(bill: Bill): void {
    const { chaos, time, startedAtMs, life } = this.#world;
    if (chaos.total === 0 && life.alive && time.elapsedMs - startedAtMs > REVERSAL_MS)
      this.broken("5 unknown", `${bill.saleId} was taken back because nobody asked about it`);
  }

  /** The service let go of a hold that nobody had used or freed. */
  holdExpired(bill: Bill): void {
    const { state } = this.#shadow(bill.position);
    if (!isOpen(state) || state.sale.id !== bill.saleId || this.#wasDisturbed(state.sale.terms.handoverMarginMs))
      return;
    if (state.phase === "dispensing")
      this.broken("7 deadline", `${bill.saleId} is still dispensing when its hold ends`);
    if (state.phase === "settling" && state.aim === "commit") {
      this.broken("3 resolved", `${bill.saleId} was neither settled nor handed to a person before its hold ended`);
    }
  }

  afterStep(): void {
    for (const dispenser of this.#world.dispensers) this.#judgeArmed(dispenser);
    this.#judgeReceived();
    this.#codes.afterStep();
    // A code that is due to go changes nothing by itself: it is looked for now and then.
    const isCodeDue = this.#showsCode && ++this.#steps % 16 === 0;
    if (!this.#dirty && !isCodeDue) return;
    this.#dirty = false;
    this.#judgeShown();
  }

  /** What the whole journal leads to is what the single events led to. */
  judgeReplay(): void {
    for (const [position, { state }] of this.#shadows) {
      const name = state.phase === "idle" ? position : state.sale.position;
      const replayed = replay(IDLE, this.#world.disk.lastSale(name));
      if (JSON.stringify(replayed) !== JSON.stringify(state)) {
        this.broken("10 replay", `position ${position}: ${replayed.phase}, not ${state.phase}`);
      }
    }
  }

  /** After the faults have stopped and all had time to end. */
  judgeEnd(): void {
    this.judgeReplay();
    for (const { position } of this.#world.dispensers) {
      const { state } = this.#shadow(position);
      if (isOpen(state)) this.broken("3 liveness", `${state.sale.id} is still ${state.phase}`);
    }
    const told = new Set(this.#world.broker.received.map(({ seq }) => seq));
    const untold = this.closed.find((_, at) => !told.has(at + 1));
    if (untold !== undefined) this.broken("9 outbox", `${untold.sale.id} never reached the broker`);
    for (const closed of this.#latest.values()) {
      this.#books.judge(closed);
      this.#books.judgeEnd(closed);
      if (this.#isUnlearned(closed))
        this.broken("3 handed over", `${closed.sale.id} is over at the service, which nobody has asked`);
    }
    this.rests.judgeEnd();
    this.#world.operators.judgeEnd();
    if (this.#world.chaos.total > 0) return;
    const odd = this.closed.find(({ outcome }) => outcome === "needs-attention");
    if (odd !== undefined) this.broken("3 resolved", `${odd.sale.id} needs attention although nothing went wrong`);
  }

  /** The faults have stopped long enough ago. */
  judgeServes(): void {
    const { serves, kiosk } = this.#world;
    if (serves) return;
    const reasons = kiosk?.health().reasons.join("; ") ?? "it does not run";
    this.broken("6 serves", `nobody can be served although nothing is wrong any more: ${reasons}`);
  }

  #judgeArmed({ position, armed }: SimDispenser): void {
    const { life, startedAtMs, time, service } = this.#world;
    if (armed === null || armed.stopAsked || !life.alive) return;
    const { state } = this.#shadow(position);
    if (armed.life !== life) {
      if (time.elapsedMs - startedAtMs > STOP_AFTER_START_MS)
        this.broken("8 restart", `position ${position} was left armed after a restart`);
      return;
    }
    if (state.phase !== "dispensing" || state.sale.id !== armed.saleId) {
      this.broken("1 armed", `position ${position} is armed while its journal says ${state.phase}`);
      return;
    }
    const bill = service.billsOf(armed.saleId).find(({ wasHeld }) => wasHeld);
    if (bill === undefined || bill.freed === "replaced") return;
    const untilMs = bill.holdUntilMs ?? 0;
    if (time.trueMs >= untilMs) this.broken("1 armed", `${armed.saleId} is armed after its hold has ended`);
    if (time.trueMs > untilMs - state.sale.terms.settleMarginMs + CLOCK_SLACK_MS && !this.#world.wasHeldUp)
      this.broken("7 deadline", `${armed.saleId} is armed when it should be settling`);
  }

  #judgeReceived(): void {
    const { received } = this.#world.broker;
    for (; this.#received < received.length; this.#received++) {
      const seq = received[this.#received]?.seq ?? 0;
      if (seq > this.#newestSeq + 1) this.broken("9 outbox", `record ${seq} came after ${this.#newestSeq}`);
      const before = received.slice(0, this.#received).find((each) => each.seq === seq);
      const record = received[this.#received]?.record;
      if (before !== undefined && before.record.saleId !== record?.saleId)
        this.broken("9 outbox", `${seq} stands for two sales`);
      if (record !== undefined) this.#judgeRecord(seq, record);
      this.#newestSeq = Math.max(this.#newestSeq, seq);
    }
  }

  #judgeRecord(seq: number, record: SaleRecord): void {
    const closed = this.closed[seq - 1];
    const chargedMinor = parseAmount(record.charged, record.currency);
    if (closed?.sale.id !== record.saleId || closed.chargedMinor !== chargedMinor)
      this.broken("9 outbox", `${record.saleId} is reported as ${record.charged}`);
  }

  /** The display is up to date, and says what the journal says. */
  #judgeShown(): void {
    const { kiosk, started, shownView, life, time } = this.#world;
    const isHeldUp = time.elapsedMs <= (life.awakeAtMs ?? 0);
    if (kiosk === null || !started || isHeldUp || shownView === null) return;
    for (const view of shownView.positions) this.#judgeView(view);
    // Only an offer has a code: one that should be there, or be gone by now.
    if (!shownView.positions.some(({ state }) => state === "offered")) return;
    const live = kiosk.view().positions;
    const stale = shownView.positions.find(({ qr }, at) => qr !== live[at]?.qr);
    const { elapsedMs } = time;
    if (stale === undefined) this.#staleAtMs = null;
    // What is due in this very millisecond may come with its next timer.
    else if (this.#staleAtMs === null || this.#staleAtMs === elapsedMs) {
      this.#staleAtMs = elapsedMs;
      this.#dirty = true;
    } else this.broken("6 code", `position ${stale.id} shows ${stale.qr}, which is not what it should`);
  }

  #judgeView(view: PositionView): void {
    const shadow = this.#shadow(view.id);
    if (shadow.state.phase === "closed" && view.state === "idle") return;
    shadow.facts ??= this.#factsOfState(view.id, shadow.state);
    if (factsOf(view) !== shadow.facts)
      this.broken("10 replay", `position ${view.id} lives in ${factsOf(view)}, its journal says ${shadow.facts}`);
  }

  #factsOfState(position: string, state: State): string {
    const live = { nowMs: 0, totaliserBase: null, presentedUntilMs: 0, noFlowAtMs: null, tried: null, stoppedBy: null };
    return factsOf(positionView(this.#world.settingAt(position).goods, state, live, []));
  }

  #shadow(position: string): Shadow {
    const home = this.#world.places.homeOf(position);
    const known = this.#shadows.get(home);
    if (known !== undefined) return known;
    const made: Shadow = { state: IDLE, life: null, facts: null };
    this.#shadows.set(home, made);
    return made;
  }

  #wasDisturbed(marginMs: number): boolean {
    const { life, time, startedAtMs, wasHeldUp, clockWasLost } = this.#world;
    const upMs = life.alive ? time.elapsedMs - startedAtMs : 0;
    return upMs < marginMs + CLOCK_SLACK_MS || wasHeldUp || clockWasLost;
  }
}

/** Figures that run on are none. */
function isNoNews(now: PositionView, before: PositionView | undefined): boolean {
  if (now === before) return true;
  if (before?.id !== now.id || now.qr !== before.qr || now.faults.length !== before.faults.length) return false;
  return factsOf(now) === factsOf(before);
}

/** What follows from the journal alone. */
function factsOf(view: PositionView): string {
  const { state, saleId, reserved, expiresAt, charged, freed, reference } = view;
  return `${state} ${saleId} ${reserved} ${expiresAt} ${charged} ${freed} ${reference}`;
}
