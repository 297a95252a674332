import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { LeftBehindError } from "../../src/engine/books/left-behind.ts";
import { Remainders } from "../../src/engine/books/remainders.ts";
import { Kiosk } from "../../src/engine/kiosk.ts";
import type { KioskView } from "../../src/ports/display.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { Log } from "../../src/ports/log.ts";
import { Disk, openMemoryJournal } from "../support/memory-journal.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../support/silent-observer.ts";
import { Chaos, Random } from "../support/sim-chaos.ts";
import { SimDispenser } from "../support/sim-dispenser.ts";
import { SimPaymentService } from "../support/sim-payment.ts";
import type { PaymentWorld } from "../support/sim-payment-world.ts";
import { SimBroker } from "../support/sim-telemetry.ts";
import { clockOf, type Life, VirtualTime, whenAwake } from "../support/virtual-clock.ts";
import { ClockWeather } from "./clock-weather.ts";
import { JournalWeather } from "./journal-weather.ts";
import { Operators } from "./operators.ts";
import { Orders } from "./orders.ts";
import { Places, setupOf } from "./places.ts";
import { Rules } from "./rules.ts";
import { type PositionSetting, type Setting, settingOf } from "./setting.ts";
import { personWeather, priceWeather } from "./weather.ts";

const TRUE_START_MS = Date.UTC(2026, 5, 1);
const EARLIEST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1);

/** The kiosk's surroundings, which outlive every run of it, and the run that is on now. */
export class World {
  readonly time = new VirtualTime(TRUE_START_MS);
  disk = new Disk();
  readonly chaos: Chaos;
  readonly setting: Setting;
  readonly service: SimPaymentService;
  readonly broker: SimBroker;
  readonly dispensers: readonly SimDispenser[];
  readonly places: Places;
  readonly orders: Orders;
  readonly rules: Rules;
  readonly operators: Operators;
  readonly clock: ClockWeather;
  readonly trace: string[] = [];
  readonly crashPhases = new Map<string, number>();
  life: Life = { number: 0, alive: false };
  kiosk: Kiosk | null = null;
  started = false;
  startedAtMs = 0;
  calmAtMs: number | null = null;
  shownView: KioskView | null = null;
  /** This run began with a wall clock behind an earlier one: it cannot know how long the machine was off. */
  clockWasLost = false;
  crashes = 0;
  /** Called when the display may show something else. */
  onShown: () => void = () => {};
  readonly #journal = new JournalWeather(this);
  readonly #traces: boolean;
  #saleCount = 0;

  constructor(seed: number, traces: boolean) {
    const random = new Random(seed);
    this.setting = settingOf(random);
    this.chaos = new Chaos(new Random(random.int(0, 2 ** 31)), () => this.time.elapsedMs);
    this.#traces = traces;
    this.places = new Places(this);
    this.rules = new Rules(this);
    this.orders = new Orders(this);
    const surroundings: PaymentWorld = {
      ...this.#surroundings(),
      holdExpired: (bill) => this.rules.holdExpired(bill),
      offerExpired: (bill) => this.rules.offerExpired(bill),
      reversed: (bill) => this.rules.reversed(bill),
      timeTold: () => this.rules.clock.told(),
      isKnown: (owned) => this.disk.ownerOf(owned) !== null,
      sending: (sale, what, bill, attempt) => this.rules.sending(sale, what, bill, attempt),
      freeing: (saleId, attempt) => this.rules.rests.freeing(saleId, attempt),
      broken: (rule, detail) => this.rules.broken(rule, detail),
      overcharged: ({ saleId, maximumMinor }, amountMinor) =>
        this.rules.broken("2 amount", `${saleId}: ${amountMinor} is asked for, ${maximumMinor} was reserved`),
    };
    this.service = new SimPaymentService(surroundings, this.setting.service);
    this.operators = new Operators(this, new Random(seed * 37 + 5));
    this.broker = new SimBroker(this.time, this.chaos);
    this.dispensers = this.setting.positions.map(
      ({ goods, meterForgets }) =>
        new SimDispenser(goods.position, meterForgets, {
          ...this.#surroundings(),
          arming: (position, life, limitBase) => this.rules.arming(position, life, limitBase),
        }),
    );
    this.clock = new ClockWeather(this);
    this.#crashWeather();
    this.#stallWeather();
    priceWeather(this);
    personWeather(this);
  }

  /** The disk or the processor has kept the daemon waiting. */
  get wasHeldUp(): boolean {
    return (["disk-full", "disk-read-only", "append-refused", "append-slow", "stall"] as const).some((kind) =>
      this.chaos.struck.has(kind),
    );
  }

  note(text: () => string): void {
    if (!this.#traces) return;
    this.trace.push(`${(this.time.elapsedMs / 1_000).toFixed(3).padStart(10)} ${text()}`);
  }

  dispenserAt(position: string): SimDispenser {
    const found = this.dispensers.find((dispenser) => dispenser.position === this.places.homeOf(position));
    if (found === undefined) throw new Error(`no position ${position}`);
    return found;
  }

  settingAt(position: string): PositionSetting {
    const found = this.setting.positions.find(({ goods }) => goods.position === this.places.homeOf(position));
    if (found === undefined) throw new Error(`no position ${position}`);
    return found;
  }

  /** The name that a position has now. */
  nameAt(position: string): string {
    return this.places.placeOf(position)?.name ?? position;
  }

  /** What the customer at a position sees; nothing while the daemon is down. */
  shownAt(position: string): PositionView | null {
    const name = this.nameAt(position);
    return this.shownView?.positions.find(({ id }) => id === name) ?? null;
  }

  /** A new run of the daemon on the same disk, in the same surroundings. */
  boot(): void {
    this.places.maybeChange();
    const life: Life = { number: this.life.number + 1, alive: true };
    this.life = life;
    this.startedAtMs = this.time.elapsedMs;
    this.note(() => `run ${life.number} begins`);
    this.clockWasLost = this.rules.clock.isLost((position) => this.rules.stateAt(position));
    const disk = this.#journal.open();
    if (disk === null) {
      this.end("cannot start: the journal is not the one it was");
      return;
    }
    this.disk = disk;
    this.rules.judgeReplay();
    this.service.maybeForget();
    if (this.chaos.strikes("service-switched")) this.service.configured.exchange(this.chaos.strikes("service-retired"));
    const journal = openMemoryJournal(this.disk, life, this.#surroundings());
    const remainders = this.#makeRemainders(life, journal);
    const kiosk = this.#makeKiosk(life, journal, remainders);
    this.kiosk = kiosk;
    kiosk.start().then(
      () => {
        this.started = life.alive;
        remainders.wake();
        if (life.alive) this.rules.starts.begun();
      },
      (error: unknown) => {
        if (life.alive) this.#refused(error);
      },
    );
  }

  /** Power cut or kill: from this instant the run can touch nothing. */
  crash(why: string): void {
    if (!this.life.alive) return;
    for (const { position } of this.dispensers) {
      const state = this.rules.stateAt(position);
      const phase = state.phase === "settling" ? `settling ${state.aim}` : state.phase;
      this.crashPhases.set(phase, (this.crashPhases.get(phase) ?? 0) + 1);
    }
    this.crashes++;
    this.end(`crash ${why}`);
    if (!this.chaos.strikes("clock-1970")) return;
    this.clock.set(-this.time.trueMs);
    this.time.after(this.chaos.random.int(20_000, 400_000), () => this.clock.set(0));
  }

  calm(): void {
    this.calmAtMs = this.time.elapsedMs;
    this.chaos.calm();
    this.broker.calm();
    this.clock.set(0);
  }

  get settled(): boolean {
    const isTold = this.disk.delivered === this.disk.sales.length;
    if (this.rules.anyOpen || this.rules.anyUntold || this.rules.rests.any) return false;
    return this.started && isTold && this.operators.done;
  }

  /** Whether customers can be served at every position that nobody has taken out of service. */
  get serves(): boolean {
    const positions = this.started ? this.kiosk?.view().positions : null;
    return positions?.every(({ id, available }) => available || this.orders.mayBeBlocked(id)) ?? false;
  }

  #surroundings() {
    const { time, chaos } = this;
    return {
      time,
      chaos,
      crash: (why: string) => this.crash(why),
      note: (text: () => string) => this.note(text),
      written: (position: string, event: SaleEvent, record: SaleRecord | null) => {
        this.note(
          () =>
            `[${position}] ${JSON.stringify({ ...event, ...("terms" in event ? { terms: event.terms.maximumMinor } : {}) })}`,
        );
        this.rules.written(position, event, record);
        // A delivery without a result is settled once its time is over.
        const isBegun = event.type === "delivered" || event.type === "deadline-passed";
        if (isBegun) this.service.keys.begun(event.saleId, this.life);
        if (record !== null) this.operators.saleClosed(record);
      },
    };
  }

  #makeRemainders(life: Life, journal: Journal): Remainders {
    return new Remainders({
      positions: this.places.configured.map(({ name, formerly }) => ({ id: name, formerly })),
      hasRests: this.service.remaindersOf(life) !== null,
      remaindersOf: (name) => (this.service.configured.has(name) ? this.service.remaindersOf(life) : null),
      journal,
      clock: clockOf(this.time, life),
      log: this.#logOf(life),
      noted: () => void this.kiosk?.matters.look(),
    });
  }

  #makeKiosk(life: Life, journal: Journal, remainders: Remainders): Kiosk {
    const terminalOf = (name: string): string | null => this.places.terminalOf(name);
    const payment = this.service.providerOf(life, this.setting, terminalOf);
    const { retired } = this.service.configured;
    const former = retired === null ? null : this.service.providerOf(life, this.setting, terminalOf, retired);
    return new Kiosk({
      positions: this.places.configured.map((place) =>
        setupOf(place, this.settingAt(place.home), this.setting, this.dispenserAt(place.home).portOf(life)),
      ),
      retired: this.places.retired,
      payment,
      providerOf: (name = payment.traits.name) => [payment, former].find((each) => each?.traits.name === name) ?? null,
      journal,
      telemetry: this.broker.telemetryOf(life),
      clock: clockOf(this.time, life),
      log: this.#logOf(life),
      earliestPlausibleMs: EARLIEST_PLAUSIBLE_MS,
      saleClosed: () => remainders.wake(),
      observer: SILENT_OBSERVER,
      machine: { ...SILENT_MACHINE, clockIsSynchronised: async () => this.clock.isSynchronised },
      commands: ["set-price", "acknowledge", "block", "unblock"],
      reconcile: async () => {},
      settleBooks: async () => 0,
      newSaleId: () => `s${++this.#saleCount}`,
      show: (view) => this.#show(life, view),
      fatal: (reason) => {
        if (life.alive) this.end(`gives up: ${reason}`);
      },
    });
  }

  /** Whoever is told by name what would be forgotten changes the configuration. */
  #refused(error: unknown): void {
    if (error instanceof LeftBehindError) {
      this.rules.starts.refused();
      this.places.obey();
    }
    this.end(`cannot start: ${String(error)}`);
  }

  #show(life: Life, view: KioskView): void {
    if (!life.alive) return;
    this.shownView = view;
    this.rules.shown(view);
    this.onShown();
  }

  #logOf(life: Life): Log {
    const say = (level: string, fields: Readonly<Record<string, unknown>>, message: string): void => {
      if (!life.alive || (level === "warn" && !this.#traces)) return;
      const detail = JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? String(value) : value));
      this.note(() => `${level}: ${message} ${detail}`);
      // What comes in while a run ends in order is taken up by the next one.
      const isExpected = detail.includes("SimulatedDisk") || detail.includes("the queue is closed");
      if (level === "error" && !isExpected) this.rules.broken("internal error", `${message} ${detail}`);
    };
    return {
      debug: () => {},
      info: () => {},
      warn: (fields, message) => say("warn", fields, message),
      error: (fields, message) => say("error", fields, message),
    };
  }

  /** The run is over; another one begins some time later on what it has left. */
  end(why: string): void {
    this.note(() => `run ${this.life.number} ends: ${why}`);
    this.life.alive = false;
    this.kiosk = null;
    this.started = false;
    this.shownView = null;
    for (const dispenser of this.dispensers) dispenser.hostDied();
    const { random } = this.chaos;
    const downMs = this.chaos.strikes("long-downtime") ? random.int(600_000, 5_400_000) : random.int(1_000, 40_000);
    this.time.after(downMs, () => this.boot());
  }

  #crashWeather(): void {
    this.time.after(this.chaos.random.int(10_000, 240_000), () => {
      if (this.chaos.strikes("crash-any-time")) this.crash("at any time");
      else if (this.started && this.chaos.strikes("orderly-restart")) this.#restartOrderly();
      this.#crashWeather();
    });
  }

  #stallWeather(): void {
    const { random } = this.chaos;
    this.time.after(random.int(10_000, 120_000), () => {
      const { life } = this;
      if (life.alive && this.chaos.strikes("stall")) {
        const stallMs = random.int(500, 12_000);
        this.note(() => `run ${life.number} is held up for ${stallMs} ms`);
        life.awakeAtMs = this.time.elapsedMs + stallMs;
      }
      this.#stallWeather();
    });
  }

  #restartOrderly(): void {
    const { life, kiosk } = this;
    this.note(() => `run ${life.number} is asked to end`);
    whenAwake(this.time, life, () => {
      kiosk?.close().then(
        () => {
          if (life.alive) this.end("closed in order");
        },
        (error: unknown) => this.rules.broken("internal error", `closing: ${String(error)}`),
      );
    });
  }
}
