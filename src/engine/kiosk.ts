import { adviceFor, blocks } from "../core/faults.ts";
import { type NotSelling, notSelling, notSellingText } from "../core/not-selling.ts";
import type { CommandName } from "../core/operator/messages.ts";
import type { SaleRecord } from "../core/sale/record.ts";
import { isOpen } from "../core/sale/state.ts";
import { type PositionView, positionView } from "../core/sale/view.ts";
import { Nap, wait, within } from "../platform/time/wait.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Health, KioskView } from "../ports/display.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Machine } from "../ports/machine.ts";
import type { Metrics, Observer } from "../ports/metrics.ts";
import type { PaymentProvider, ProviderOf } from "../ports/payment.ts";
import type { Telemetry, TelemetryTrouble } from "../ports/telemetry.ts";
import type { Named } from "./belongings.ts";
import { handOver, LeftBehindError, leftBehind } from "./books/left-behind.ts";
import { type Acknowledgement, Matters } from "./books/matters.ts";
import { CustomerDesk, type Place } from "./desks/customer-desk.ts";
import { OperatorDesk } from "./desks/operator-desk.ts";
import { PositionChanges } from "./desks/position-changes.ts";
import { Outbox } from "./outbox/outbox.ts";
import { POLICY } from "./policy.ts";
import { type Part, RunningParts } from "./running-parts.ts";
import { Admission, type PositionSetup } from "./sale/admission.ts";
import { Position } from "./sale/position.ts";
import type { PositionEvents } from "./sale/position-events.ts";
import { References } from "./sale/references.ts";
import { FaultBoard } from "./watch/fault-board.ts";
import { HealthReport } from "./watch/health-report.ts";
import { Progress } from "./watch/progress.ts";
import { Supervisor } from "./watch/supervisor.ts";

export interface KioskDeps {
  readonly positions: readonly PositionSetup[];
  /** Positions that are gone for good. */
  readonly retired?: readonly string[];
  /** Makes the offers. */
  readonly payment: PaymentProvider;
  /** Where others are configured, or were. Without it that one is the only one there ever was. */
  readonly providerOf?: ProviderOf;
  readonly journal: Journal;
  readonly telemetry: Telemetry;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly log: Log;
  /** A wall clock before this cannot be right. */
  readonly earliestPlausibleMs: number;
  readonly observer: Observer;
  /** What operators may order. */
  readonly commands: readonly CommandName[];
  /** Has the books of a position, or of all, compared soon. */
  reconcile(position: string | null): Promise<void>;
  /** A person has looked into the differences in the books of a position, or of all; at how many there were any. */
  settleBooks(position: string | null, acknowledgement: Acknowledgement): Promise<number>;
  newSaleId(): string;
  show(view: KioskView): void;
  saleClosed(): void;
  fatal(reason: string): void;
}

/** The whole machine: its positions, its faults, its outbox, and what customers may ask of it. */
export class Kiosk {
  readonly #deps: KioskDeps;
  /** Others than the engine raise and clear their own here. */
  readonly faults: FaultBoard;
  /** What waits for a person. */
  readonly matters: Matters;
  readonly #outbox: Outbox;
  readonly #references: References;
  readonly #supervisor: Supervisor;
  readonly #progress: Progress;
  readonly #report: HealthReport;
  readonly #places = new Map<string, Place>();
  /** What was shown of each position last. */
  readonly #shown = new Map<string, PositionView>();
  readonly customers: CustomerDesk;
  readonly operators: OperatorDesk;
  readonly #changes = new PositionChanges();
  readonly #running = new RunningParts();
  #phase: "starting" | "serving" | "ending" = "starting";
  #sellAgain: Cancel = () => {};

  constructor(deps: KioskDeps) {
    this.#deps = deps;
    const { clock, log, journal, telemetry, payment } = deps;
    this.faults = new FaultBoard(clock, log, () => this.#changed());
    this.#references = new References(journal);
    const places = { positions: deps.positions.map(nameOf), retired: deps.retired ?? [] };
    this.matters = new Matters({
      ...{ journal, faults: this.faults, clock, log, places },
      looked: (position) => this.#places.get(position)?.setup.dispenser.looked?.(),
    });
    this.#outbox = new Outbox(journal, telemetry, clock, log);
    this.#report = new HealthReport({ machine: deps.machine, outbox: this.#outbox, telemetry, clock, log });
    for (const setup of deps.positions) this.#places.set(setup.goods.position, this.#makePlace(setup));
    this.#supervisor = new Supervisor({
      positions: [...this.#places].map(([id, { position, setup }]) => ({
        id,
        dispenser: setup.dispenser,
        busy: () => isOpen(position.state),
      })),
      payment,
      journal,
      machine: deps.machine,
      faults: this.faults,
      clock,
      log,
      earliestPlausibleMs: deps.earliestPlausibleMs,
    });
    this.#progress = new Progress(clock, () =>
      Promise.all([journal.newestAtMs(), ...this.#positions().map((position) => position.through())]),
    );
    this.customers = new CustomerDesk({
      places: this.#places,
      admission: new Admission(this.#supervisor, this.faults, payment, deps.newSaleId),
      observer: deps.observer,
      clock,
      log,
      changes: this.#changes,
      isServing: () => this.#phase === "serving",
      isEnding: () => this.#phase === "ending",
    });
    this.operators = new OperatorDesk({
      allowed: deps.commands,
      places: this.#places,
      journal,
      faults: this.faults,
      clock,
      log,
      reconcile: deps.reconcile,
      settleBooks: deps.settleBooks,
      matters: this.matters,
      resend: (stream, fromSeq) => this.#outbox.resend(stream, fromSeq),
      changed: () => this.#changed(),
    });
  }

  /**
   * Recovers every position, then begins to serve. All that it was given is in place by then. Rejects with nothing left
   * running.
   * @param books run while sales may close
   * @throws LeftBehindError when something would be forgotten that the journal holds of other positions
   */
  async start(books: readonly Part[] = []): Promise<void> {
    await this.#refuseToForget();
    await this.#supervisor.checkJournal();
    await this.#supervisor.checkClock();
    await this.operators.start();
    await this.#running.start([
      { start: () => this.matters.start(), close: () => this.#closeRecords() },
      { start: () => this.#startPositions(), close: () => this.#closePositions() },
      ...books,
      this.#supervisor,
      this.#report,
      { start: () => this.#serve(), close: () => this.#stopServing() },
    ]);
  }

  async #startPositions(): Promise<void> {
    // All of them, before a failure counts: none may go on starting after it was closed.
    const started = await Promise.allSettled(this.#positions().map((position) => position.start()));
    for (const each of started) if (each.status === "rejected") throw each.reason;
    await this.#handOverRetired();
  }

  #serve(): void {
    const { telemetry } = this.#deps;
    this.#phase = "serving";
    telemetry.onOrder((command) => this.operators.order(command));
    telemetry.onTrouble((trouble, detail) => this.#raiseOrClear(trouble, detail));
    telemetry.onConnection((connected, detail) => {
      this.#raiseOrClear("broker-unreachable", connected ? null : detail);
      if (this.#phase !== "ending") this.#outbox.connection(connected);
    });
    this.#changed();
    // Last: the broker may have orders waiting, and hands them over at once.
    telemetry.start();
  }

  view(): KioskView {
    return { positions: [...this.#places.values()].map((place) => this.#viewOf(place)) };
  }

  health(): Health {
    const blocking = this.faults.all.filter(blocks);
    const reasons = blocking.map(
      (fault) => `${fault.position === null ? "" : `position ${fault.position}: `}${fault.code}: ${fault.detail}`,
    );
    if (this.#phase === "starting") reasons.unshift("starting");
    const positions = [...this.#places.keys()].map((id) => {
      const why = this.notSelling(id);
      return { id, notSelling: why === null ? null : notSellingText(why) };
    });
    return { ok: reasons.length === 0, reasons, advice: [...new Set(blocking.map(adviceFor))], positions };
  }

  /** Null when the position sells, or serves a customer. */
  notSelling(position: string): NotSelling | null {
    return notSelling(this.faults.all, position, this.#phase === "serving" ? null : this.#phase);
  }

  async metrics(): Promise<Pick<Metrics, "ignoredEvents" | "outbox" | "faults">> {
    return {
      ignoredEvents: this.#positions().reduce((sum, position) => sum + position.ignored, 0),
      outbox: await this.#outbox.lengths(),
      faults: this.faults.all,
    };
  }

  /** There may be something new in the outbox. */
  wakeOutbox(): void {
    this.#outbox.wake();
  }

  /** False when sales have stopped moving. To be asked again and again. */
  isWell(): boolean {
    return this.#phase === "ending" || this.#progress.check();
  }

  /**
   * Lets open sales run to their ends and begins none, so that the daemon can be exchanged: for a while, so that a kiosk
   * whose update came to nothing sells on.
   */
  finish(): void {
    this.#sellAgain();
    this.faults.raise("update-waits", null, "an update waits until no sale is open");
    this.#sellAgain = this.#deps.clock.after(POLICY.finishMs, () => this.faults.clear("update-waits", null));
  }

  /** Stops what runs and waits for it within a bound. What the kiosk was given is closed by its owner. */
  async close(): Promise<void> {
    this.#sellAgain();
    await this.#running.close();
  }

  async #stopServing(): Promise<void> {
    this.#phase = "ending";
    this.#changed();
    const { clock, positions } = this.#deps;
    const all = this.#positions();
    const deadlineMs = clock.monotonicMs() + POLICY.shutdownMs;
    for (let open = all; open.length > 0 && clock.monotonicMs() < deadlineMs; ) {
      await Promise.all(open.filter(isRunning).map((position) => position.stop("operator").catch(() => false)));
      await wait(clock, 50);
      open = open.filter(({ state }) => isOpen(state));
    }
    await Promise.all(positions.map(({ dispenser }) => dispenser.stop()));
  }

  async #closePositions(): Promise<void> {
    await Promise.all(this.#positions().map((position) => position.close()));
    this.#changes.tell();
  }

  async #closeRecords(): Promise<void> {
    await within(this.#deps.clock, 2_000, Promise.all([this.#outbox.settled(), this.matters.close()]));
    this.#outbox.close();
  }

  async #refuseToForget(): Promise<void> {
    const { journal, positions, retired = [] } = this.#deps;
    const left = await leftBehind(journal, { positions: positions.map(nameOf), retired });
    if (left.length > 0) throw new LeftBehindError(left);
  }

  async #handOverRetired(): Promise<void> {
    const { journal, clock, retired = [] } = this.#deps;
    for (const position of retired) {
      const record = await handOver(journal, position, clock.wallMs());
      if (record !== null) this.#closed(record);
    }
  }

  #closed(record: SaleRecord): void {
    this.#deps.observer.saleClosed(record);
    this.#outbox.wake();
    void this.matters.look();
    this.#deps.saleClosed();
  }

  #viewOf({ setup, position }: Place): PositionView {
    const view = positionView(setup.goods, position.state, position.live, this.faults.all);
    return this.#phase === "serving" ? view : { ...view, available: false };
  }

  #positions(): readonly Position[] {
    return [...this.#places.values()].map(({ position }) => position);
  }

  #makePlace(setup: PositionSetup): Place {
    const { payment, journal, clock, log, observer } = this.#deps;
    const only: ProviderOf = (name = payment.traits.name) => (name === payment.traits.name ? payment : null);
    const id = setup.goods.position;
    const nap = new Nap();
    const position = new Position({
      ...nameOf(setup),
      identity: setup.identity ?? {},
      unit: setup.goods.tariff.unit,
      nap,
      noFlowTimeoutMs: setup.noFlowTimeoutMs,
      providerOf: this.#deps.providerOf ?? only,
      selling: payment,
      references: this.#references,
      dispenser: setup.dispenser,
      journal,
      faults: this.faults,
      observer,
      clock,
      log,
      events: this.#eventsOf(id),
    });
    return { setup, pricedAtMs: null, position, nap };
  }

  #eventsOf(id: string): PositionEvents {
    const { log, fatal } = this.#deps;
    return {
      changed: () => this.#changed(id),
      closed: (record) => this.#closed(record),
      wanted: (quantityBase) => {
        this.customers
          .offerWanted(id, quantityBase)
          .catch((error: unknown) => log.error({ error, position: id }, "what was chosen could not be offered"));
      },
      noted: () => {
        this.#outbox.wake();
        void this.matters.look();
      },
      forPerson: (matter) => this.matters.found(matter),
      fatal,
    };
  }

  #raiseOrClear(code: TelemetryTrouble | "broker-unreachable", detail: string | null): void {
    if (this.#phase === "ending") return;
    if (detail === null) this.faults.clear(code, null);
    else this.faults.explain(code, null, detail);
  }

  /** @param at the position that has changed; without one it may be any of them */
  #changed(at?: string): void {
    this.#changes.tell(at);
    if (this.#phase === "starting") return;
    for (const [id, place] of this.#places) if (at === undefined || at === id) this.#shown.set(id, this.#viewOf(place));
    const view = { positions: [...this.#shown.values()] };
    this.#deps.show(view);
    this.#deps.telemetry.publish({ ...view, faults: this.faults.all });
  }
}

function nameOf({ goods, formerly = [] }: PositionSetup): Named {
  return { id: goods.position, formerly };
}

/** Still serving somebody, and not told to stop yet. */
function isRunning({ state }: Position): boolean {
  if (state.phase === "dispensing") return state.stopping === null;
  return state.phase === "offered" || state.phase === "reserved";
}
