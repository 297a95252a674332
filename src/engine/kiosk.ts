import { blocks } from "../core/faults.ts";
import { parseAmount } from "../core/money.ts";
import { isOpen, type Outcome } from "../core/sale/state.ts";
import { positionView } from "../core/sale/view.ts";
import { priceMinor } from "../core/tariff.ts";
import type { Clock } from "../ports/clock.ts";
import type { CustomerInput, Health, InputAnswer, KioskView } from "../ports/display.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { PaymentProvider } from "../ports/payment.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { RemoteOffer, RemoteOffers } from "../ports/unattended.ts";
import { Admission, type Begun, outOfService, type PositionSetup, tooLittle } from "./admission.ts";
import { FaultBoard } from "./fault-board.ts";
import { Outbox } from "./outbox.ts";
import { POLICY } from "./policy.ts";
import { Position } from "./position.ts";
import { Progress } from "./progress.ts";
import { remoteOffer } from "./remote-offer.ts";
import { Supervisor } from "./supervisor.ts";
import { Nap, wait, within } from "./wait.ts";

export interface KioskDeps {
  readonly positions: readonly PositionSetup[];
  readonly payment: PaymentProvider;
  readonly journal: Journal;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly log: Log;
  /** A wall clock before this cannot be right. */
  readonly earliestPlausibleMs: number;
  newSaleId(): string;
  show(view: KioskView): void;
  saleClosed(): void;
  fatal(reason: string): void;
}

/** The whole machine: its positions, its faults, its outbox, and what customers may ask of it. */
export class Kiosk implements CustomerInput, RemoteOffers {
  readonly #deps: KioskDeps;
  /** Others than the engine raise and clear their own here. */
  readonly faults: FaultBoard;
  readonly #outbox: Outbox;
  readonly #supervisor: Supervisor;
  readonly #admission: Admission;
  readonly #progress: Progress;
  readonly #positions = new Map<string, { readonly setup: PositionSetup; readonly position: Position }>();
  readonly #sales: Record<Outcome, number> = { paid: 0, released: 0, "needs-attention": 0 };
  readonly #naps = new Map<string, Nap>();
  /** Who waits for a position's next change. */
  #watchers: (() => void)[] = [];
  #started = false;
  #ending = false;

  constructor(deps: KioskDeps) {
    this.#deps = deps;
    const { clock, log, journal, telemetry, payment } = deps;
    this.faults = new FaultBoard(clock, log, () => this.#changed());
    this.#outbox = new Outbox(journal, telemetry, clock, log);
    for (const setup of deps.positions) {
      const id = setup.goods.position;
      this.#positions.set(id, { setup, position: this.#makePosition(setup) });
    }
    this.#supervisor = new Supervisor({
      positions: [...this.#positions].map(([id, { position, setup }]) => ({
        id,
        dispenser: setup.dispenser,
        busy: () => isOpen(position.state),
      })),
      payment,
      journal,
      faults: this.faults,
      clock,
      log,
      earliestPlausibleMs: deps.earliestPlausibleMs,
    });
    this.#progress = new Progress(clock, () =>
      Promise.all([journal.newestAtMs(), ...[...this.#positions.values()].map(({ position }) => position.through())]),
    );
    this.#admission = new Admission(this.#supervisor, this.faults, deps.newSaleId);
  }

  /** Recovers every position, then begins to serve. */
  async start(): Promise<void> {
    await this.#supervisor.checkClock();
    await Promise.all([...this.#positions.values()].map(({ position }) => position.start()));
    this.#started = true;
    this.#deps.telemetry.onConnection((connected, detail) => {
      if (this.#ending) return;
      if (connected) this.faults.clear("broker-unreachable", null);
      else this.faults.raise("broker-unreachable", null, detail);
      this.#outbox.connection(connected);
    });
    this.#changed();
    this.#supervisor.start();
  }

  view(): KioskView {
    const positions = [...this.#positions.values()].map(({ setup, position }) =>
      positionView(setup.goods, position.state, position.live, this.faults.all),
    );
    if (this.#started && !this.#ending) return { positions };
    return { positions: positions.map((view) => ({ ...view, available: false })) };
  }

  health(): Health {
    const reasons = this.faults.all
      .filter(blocks)
      .map((fault) => `${fault.position === null ? "" : `position ${fault.position}: `}${fault.code}: ${fault.detail}`);
    if (!this.#started) reasons.unshift("starting");
    return { ok: reasons.length === 0, reasons };
  }

  async metrics(): Promise<Omit<Metrics, "residentBytes">> {
    return {
      sales: { ...this.#sales },
      ignoredEvents: [...this.#positions.values()].reduce((sum, { position }) => sum + position.ignored, 0),
      outboxRecords: await this.#deps.journal.pendingCount("sales"),
      faults: this.faults.all,
    };
  }

  async select(id: string, maximum: string): Promise<InputAnswer> {
    const found = this.#positions.get(id);
    if (found === undefined) return unknownPosition(id);
    const { setup, position } = found;
    const { tariff, reserveMinor } = setup.goods;
    const maximumMinor = parseAmount(maximum, tariff.currency);
    if (maximumMinor === undefined || !reserveMinor.includes(maximumMinor)) {
      return { kind: "invalid", reason: `reserve is one of ${this.#choices(id)}, not "${maximum}"` };
    }
    const begun = await this.#begin(setup, position, maximumMinor);
    return begun.kind === "begun" ? { kind: "taken" } : conflict(begun.reason);
  }

  async offerTo(id: string, reservationMinor: number): Promise<RemoteOffer> {
    const found = this.#positions.get(id);
    if (found === undefined) return { kind: "out-of-service", detail: `there is no position "${id}"` };
    const { setup, position } = found;
    const maximumMinor = Math.min(reservationMinor, Math.max(...setup.goods.reserveMinor));
    const enough = maximumMinor >= Math.min(...setup.goods.reserveMinor);
    const begun = enough ? await this.#begin(setup, position, maximumMinor) : tooLittle("below the smallest choice");
    if (begun.kind === "out-of-service") return { kind: "out-of-service", detail: begun.reason };
    if (begun.kind !== "begun") return { kind: begun.kind };
    for (;;) {
      const offer = remoteOffer(position.state, begun.saleId);
      if (offer !== null) return offer;
      if (this.#ending) return { kind: "late" };
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve);
      });
    }
  }

  wake(id: string): void {
    this.#naps.get(id)?.cut();
  }

  async stop(id: string): Promise<InputAnswer> {
    const found = this.#positions.get(id);
    if (found === undefined) return unknownPosition(id);
    if (found.position.state.phase !== "dispensing") return conflict("nothing is being dispensed");
    return (await found.position.stop("customer")) ? { kind: "taken" } : conflict("it is stopping already");
  }

  async cancel(id: string): Promise<InputAnswer> {
    const found = this.#positions.get(id);
    if (found === undefined) return unknownPosition(id);
    const { phase } = found.position.state;
    if (phase !== "offered" && phase !== "reserved") return conflict(`nothing can be cancelled while ${phase}`);
    return (await found.position.stop("customer")) ? { kind: "taken" } : conflict("too late to cancel");
  }

  async extend(id: string): Promise<InputAnswer> {
    const found = this.#positions.get(id);
    if (found === undefined) return unknownPosition(id);
    return (await found.position.extend()) ? { kind: "taken" } : conflict("there is no more time to give now");
  }

  /** There may be something new in the outbox. */
  wakeOutbox(): void {
    this.#outbox.wake();
  }

  /** False when sales have stopped moving. To be asked again and again. */
  isWell(): boolean {
    return this.#ending || this.#progress.check();
  }

  /** Stops what runs, waits for it within a bound, and closes everything that the kiosk was given. */
  async close(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const { clock, payment, journal, telemetry, positions } = this.#deps;
    this.#supervisor.close();
    const all = [...this.#positions.values()].map(({ position }) => position);
    const deadlineMs = clock.monotonicMs() + POLICY.shutdownMs;
    for (let open = all; open.length > 0 && clock.monotonicMs() < deadlineMs; ) {
      await Promise.all(open.filter(isRunning).map((position) => position.stop("operator").catch(() => false)));
      await wait(clock, 50);
      open = open.filter(({ state }) => isOpen(state));
    }
    await Promise.all(positions.map(({ dispenser }) => dispenser.stop()));
    await within(clock, 2_000, this.#outbox.settled());
    this.#outbox.close();
    await Promise.all(all.map((position) => position.close()));
    for (const changed of this.#watchers.splice(0)) changed();
    await Promise.all([telemetry.close(), payment.close(), ...positions.map(({ dispenser }) => dispenser.close())]);
    await journal.close();
  }

  async #begin(setup: PositionSetup, position: Position, maximumMinor: number): Promise<Begun> {
    if (!this.#started || this.#ending) return outOfService("the kiosk is not in service now");
    return await this.#admission.begin(setup, position, maximumMinor);
  }

  /** Goods chosen at the machine itself are offered at their price; what cannot be sold now is taken back there. */
  async #offerWanted(setup: PositionSetup, position: Position, quantityBase: number): Promise<void> {
    const { tariff, reserveMinor } = setup.goods;
    const maximumMinor = priceMinor(tariff, quantityBase);
    const begun =
      maximumMinor > Math.max(...reserveMinor)
        ? outOfService("the price is above the largest choice")
        : await this.#begin(setup, position, maximumMinor);
    if (begun.kind === "begun") return;
    this.#deps.log.info({ position: setup.goods.position, reason: begun.reason }, "what was chosen cannot be sold");
    if (begun.kind !== "in-use") await setup.dispenser.stop();
  }

  #choices(id: string): string {
    const view = this.view().positions.find((position) => position.id === id);
    return view === undefined ? "" : view.reserve.join(", ");
  }

  #makePosition(setup: PositionSetup): Position {
    const { payment, journal, clock, log } = this.#deps;
    const id = setup.goods.position;
    const nap = new Nap();
    this.#naps.set(id, nap);
    const position: Position = new Position({
      id,
      unit: setup.goods.tariff.unit,
      nap,
      noFlowTimeoutMs: setup.noFlowTimeoutMs,
      payment,
      dispenser: setup.dispenser,
      journal,
      faults: this.faults,
      clock,
      log,
      changed: () => this.#changed(),
      closed: (outcome) => {
        this.#sales[outcome]++;
        this.#outbox.wake();
        this.#deps.saleClosed();
      },
      wanted: (quantityBase) => {
        this.#offerWanted(setup, position, quantityBase).catch((error: unknown) =>
          log.error({ error, position: id }, "what was chosen could not be offered"),
        );
      },
      noted: () => this.#outbox.wake(),
      fatal: (reason) => this.#deps.fatal(reason),
    });
    return position;
  }

  #changed(): void {
    for (const changed of this.#watchers.splice(0)) changed();
    if (!this.#started) return;
    const view = this.view();
    this.#deps.show(view);
    this.#deps.telemetry.publish(view);
  }
}

/** Still serving somebody, and not told to stop yet. */
function isRunning({ state }: Position): boolean {
  if (state.phase === "dispensing") return state.stopping === null;
  return state.phase === "offered" || state.phase === "reserved";
}

function unknownPosition(id: string): InputAnswer {
  return { kind: "unknown-position", reason: `there is no position "${id}"` };
}

function conflict(reason: string): InputAnswer {
  return { kind: "conflict", reason };
}
