import { Nap, wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import type { HeartbeatLine } from "../parts/heartbeat-line.ts";
import type { RegisterFile } from "../parts/register-file.ts";
import { Account, type Ended } from "./account.ts";
import { type BookState, connectorOf } from "./books.ts";
import { Brake, type SlowSettings } from "./brake.ts";
import type * as codec from "./codec.ts";
import { STATUS, sampleOf } from "./codec.ts";
import { beginDelivery, type Delivery, leastWh, mostBasePerS, silentMs } from "./delivery.ts";
import { type Cause, FAULTS } from "./faults.ts";
import { Plug } from "./plug.ts";
import { Rest } from "./rest.ts";
import { Serving } from "./serving.ts";
import { Starter } from "./starter.ts";
import type { Connector, Station } from "./station.ts";
import { Supply } from "./supply.ts";

export interface OcppSettings {
  readonly connector: number;
  readonly maxPowerW: number;
  readonly sampleMs: number;
  /** What a watt-hour of the charger's register truly is: 1, or 1,000 for one in kilowatt-hours. */
  readonly scale: number;
  /** Whether a start waits until the charger has told of a car. */
  readonly waitsForCar: boolean;
  /** Null for a charger that takes no profiles. */
  readonly slow: SlowSettings | null;
}

export interface OcppParts {
  readonly station: Station;
  readonly register: RegisterFile<BookState>;
  /** A fresh one-time tag: 20 of 0-9 and A-F. */
  readonly newTag: () => string;
  /** Holds the contactor before the charger; null where there is none. */
  readonly heartbeat: HeartbeatLine | null;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_MS = 250;
const READING_MS = 400;
const OFFLINE_MS = 10_000;
/** How long a charger that has just been started may take to come. */
const COMING_MS = 10_000;
/** A start that was ordered and has not come within this time is refused should it still come. */
const TAG_MS = 15_000;

/**
 * One connector of an OCPP charger as a dispenser of watt-hours. The charger starts nothing by itself; this driver stops
 * it at the limit, early enough for what can flow until a stop has its effect. It cannot stop a charger that is not
 * connected.
 */
export class OcppConnector implements Dispenser, Connector {
  readonly id: number;
  readonly readingStepMs: number;
  readonly mostBasePerS: number;
  readonly #settings: OcppSettings;
  readonly #parts: OcppParts;
  readonly #account: Account;
  readonly #events = new DispenserEvents();
  readonly #brake: Brake;
  readonly #plug: Plug;
  readonly #rest: Rest;
  readonly #starter: Starter;
  readonly #serving: Serving;
  readonly #supply: Supply | null;
  readonly #nap = new Nap();
  #delivery: Delivery | null = null;
  /** Rises with each order, so that an older one sees that it was overtaken. */
  #orders = 0;
  #stopping: Promise<Outcome<null>> | null = null;
  #downSinceMs: number;
  #closed = false;

  constructor(settings: OcppSettings, parts: OcppParts) {
    const { clock, log, register, station } = parts;
    const { connector, maxPowerW, scale, sampleMs } = settings;
    this.id = connector;
    this.readingStepMs = 2 * sampleMs;
    this.mostBasePerS = mostBasePerS(maxPowerW);
    this.#settings = settings;
    this.#parts = parts;
    const kept = { connector, maxPowerW, scale, stepMs: this.readingStepMs };
    this.#account = new Account(register, kept, clock, log, (detail) => {
      this.note("register", detail === null ? null : FAULTS.register(detail));
    });
    this.#plug = new Plug(clock);
    this.#brake = new Brake(station, connector, settings.slow, clock, {
      isStopped: () => this.#account.open === null && !this.#plug.flows,
      isCalm: () => this.#plug.isCalm,
      transactionId: () => this.#account.open?.id ?? this.#plug.lastTransaction,
      troubled: (detail) => this.note("running", detail === null ? null : FAULTS.running(detail)),
    });
    this.#rest = new Rest({
      ...{ station, connector, clock, plug: this.#plug, brake: this.#brake, account: this.#account },
      ...{ note: (cause, detail) => this.note(cause, detail), concluded: (ended) => this.#concluded(ended) },
    });
    this.#starter = new Starter(station, connector, this.#account, parts.newTag, clock);
    this.#serving = new Serving(settings, this.#account, this.#brake, this.#rest, clock);
    const isLost = (): boolean => this.#account.open !== null && (this.#isOffline || this.#events.has("running"));
    this.#supply = parts.heartbeat === null ? null : new Supply(parts.heartbeat, clock, isLost);
    this.#downSinceMs = clock.monotonicMs();
    station.add(this);
    void this.#attend();
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#events.listen(listener);
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const order = ++this.#orders;
    const { maxPowerW, sampleMs, waitsForCar } = this.#settings;
    if (limitBase <= leastWh(maxPowerW, sampleMs)) {
      return declined("refused", `${limitBase} Wh may flow before a stop has its effect: the limit is too low`);
    }
    const notReady = this.#notReady();
    if (notReady !== null) return declined("refused", notReady);
    await this.#account.forgetDisputed();
    if (order !== this.#orders) return unknown("stopped before it was armed");
    const delivery = beginDelivery(this.#account.totalBase, limitBase, this.#nowMs);
    this.#delivery = delivery;
    if (waitsForCar && !this.#plug.isPlugged) return done(null);
    const begun = await this.#starter.begin(delivery, () => this.#delivery === delivery);
    if (begun.kind !== "done" && this.#delivery === delivery) this.#delivery = null;
    return begun;
  }

  async stop(): Promise<Outcome<null>> {
    this.#orders++;
    this.#end(unknown("stopped while it was armed"));
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = null;
    });
    return await this.#stopping;
  }

  async totaliser(): Promise<Outcome<number>> {
    const { station } = this.#parts;
    const isLive = this.#delivery?.phase === "running";
    if (!station.isUp) return unknown(FAULTS.offline());
    if (!isLive && this.#account.tag !== null) return unknown("the charger may still begin what it was told to");
    if (!isLive && this.#account.open !== null) return unknown("the charger has not said yet how the delivery ended");
    if (!this.#account.isSaved && !isLive) return unknown("what the charger said is not on record yet");
    const disputed = await this.#account.askDisputed();
    return disputed === null ? done(this.#account.totalBase) : declined("disputed", disputed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#orders++;
    this.#end(unknown("closed"));
    this.#nap.cut();
    if (this.#parts.station.isUp && this.#account.open !== null) await this.#brake.halt();
    this.#supply?.close();
    await this.#account.close();
  }

  get isIdle(): boolean {
    return this.#delivery === null && this.#account.open === null && this.#account.tag === null;
  }

  linked(isUp: boolean): void {
    this.#downSinceMs = this.#nowMs;
    this.#plug.linked();
    if (isUp) this.#nap.cut();
  }

  /** A charger that lost power in a delivery may say how it ended in a while, or never. */
  rebooted(): void {
    this.#plug.rebooted();
    if (this.#delivery === null || this.#delivery.phase === "waiting") return;
    this.note("restarted", FAULTS.restarted());
    this.#end(unknown(FAULTS.restarted()));
  }

  status(note: codec.StatusNotification): void {
    this.#plug.told(note);
    const wrong = this.#plug.wrong;
    const isOurDoing = this.#brake.isInoperative && wrong?.status === STATUS.unavailable;
    if (wrong === null || isOurDoing) this.note("state", null);
    else this.note("state", FAULTS.state(wrong.status, wrong.errorCode, wrong.info));
    this.#nap.cut();
  }

  sampled({ meterValue, transactionId }: codec.MeterValues): void {
    const sample = sampleOf(meterValue, this.#settings.scale);
    const { open } = this.#account;
    const isOther = open !== null && transactionId !== null && transactionId > 0 && transactionId !== open.id;
    if (isOther) return;
    this.#plug.flowed(sample.powerW);
    if (open !== null) {
      this.#account.sample(sample);
      this.#nap.cut();
      return;
    }
    const { strayWh, isFound } = this.#account.resting(sample);
    if (strayWh === 0) return;
    const detail = "the charger's register rose while no delivery ran";
    this.#events.tell({
      ...{ type: "unaccounted", quantityBase: strayWh, detail },
      ...(isFound ? { found: true } : {}),
    });
  }

  async started(message: codec.StartTransaction): Promise<{ readonly id: number; readonly accepted: boolean } | null> {
    // What ran before has ended without a word.
    if (this.#account.open !== null && !this.#account.repeats(message)) {
      this.#concluded((await this.#account.settle()).ended);
    }
    const delivery = this.#delivery;
    const isAwaited = delivery?.phase === "starting" && delivery.tag === message.idTag;
    const begun = await this.#account.begin(message, isAwaited);
    this.#nap.cut();
    if (begun === null) return null;
    if (isAwaited && this.#delivery === delivery && this.#account.open?.id === begun.id) {
      delivery.phase = "running";
      delivery.begun(done(null));
    }
    return begun;
  }

  async stopped(message: codec.StopTransaction): Promise<boolean> {
    const { open } = this.#account;
    const noting = this.#account.end(message);
    // From here on what was told before says nothing of what flows, though it is not on disk yet.
    if (open !== null && this.#account.open === null) this.#plug.ended(open.id);
    const { ended, isSaved } = await noting;
    this.#concluded(ended);
    return isSaved;
  }

  fits({ transactionId: id, idTag }: codec.StopTransaction): number {
    const { open } = this.#account;
    if (open !== null && id === open.id) return 4;
    if (this.#account.knows(id)) return 3;
    if (id <= 0 && open !== null) return idTag === open.tag ? 2 : 1;
    return connectorOf(id) === this.id ? 0.5 : 0;
  }

  runs(transactionId: number): boolean {
    return this.#account.open?.id === transactionId;
  }

  authorizes(tag: string): boolean {
    const { open } = this.#account;
    return this.#delivery?.tag === tag || (open?.isOurs === true && open.tag === tag);
  }

  note(cause: Cause, detail: string | null): void {
    if (detail === null) this.#events.clear(cause);
    else this.#events.raise(cause, detail);
  }

  warn(detail: string | null): void {
    if (detail === null) this.#events.unwarn("keys");
    else this.#events.warn("keys", detail);
  }

  get #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  get #isOffline(): boolean {
    return !this.#parts.station.isUp && this.#nowMs - this.#downSinceMs >= OFFLINE_MS;
  }

  #notReady(): string | null {
    const { station } = this.#parts;
    if (this.#events.fault !== null) return this.#events.fault;
    if (!station.isUp) return FAULTS.offline();
    if (!station.isReady) return FAULTS.coming();
    if (this.#account.open !== null) return "a transaction runs at the charger";
    if (this.#account.tag !== null) return "the charger may still begin what it was told to";
    return this.#delivery === null ? null : "it is armed already";
  }

  /** Whoever waits for the delivery's start hears this; it is no delivery any more. */
  #end(outcome: Outcome<null>): void {
    const delivery = this.#delivery;
    this.#delivery = null;
    delivery?.begun(outcome);
  }

  async #stop(): Promise<Outcome<null>> {
    const { station, clock } = this.#parts;
    const comesMs = this.#downSinceMs + COMING_MS;
    while (!this.#closed && (!station.isUp || !this.#plug.isKnown) && this.#nowMs < comesMs) await wait(clock, LOOK_MS);
    if (!station.isUp) return unknown(FAULTS.offline());
    // A start that was ordered may come at any moment, and after a restart out of a queue.
    const patienceMs = Math.max(this.#starter.orderedMs, this.#downSinceMs) + TAG_MS;
    while (this.#account.tag !== null && (this.#nowMs < patienceMs || !station.isReady)) {
      if (!station.isUp || this.#closed) return unknown(FAULTS.offline());
      await wait(clock, LOOK_MS);
    }
    if (this.#account.tag !== null && !(await this.#account.expect(null))) return unknown("not on record yet");
    const halted = await this.#brake.halt();
    if (halted.kind !== "done") return halted;
    return this.#plug.isKnown ? done(null) : unknown("the charger has not said yet how its connector stands");
  }

  #concluded(ended: Ended): void {
    this.#nap.cut();
    if (ended.kind === "ended") {
      this.#plug.ended(ended.id);
      this.note("alone", null);
      if (!ended.isOurs) {
        this.#tellForeign(ended.disputed === null ? ended.usedWh : null);
        return;
      }
      const delivery = this.#delivery;
      if (delivery === null || delivery.phase === "waiting" || delivery.phase === "starting") return;
      this.#delivery = null;
      this.#events.tell({ type: "reading", totaliserBase: this.#account.totalBase });
      this.#events.tell({ type: "finished" });
    } else if (ended.kind === "late" && ended.moreWh > 0) {
      const detail =
        "the charger said late that a delivery had come to more than was known when it was counted to its end";
      this.#events.tell({ type: "unaccounted", quantityBase: ended.moreWh, detail });
    } else if (ended.kind === "stranger") {
      const detail = "the charger ended a transaction that is not known here";
      this.#events.tell({ type: "unaccounted", quantityBase: null, detail });
    }
  }

  #tellForeign(quantityBase: number | null): void {
    if (quantityBase === 0) return;
    this.#events.tell({ type: "unaccounted", quantityBase, detail: "the charger charged without having been told to" });
  }

  /** Looks after the connector as long as the driver lives. */
  async #attend(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#look();
      } catch (error) {
        this.#parts.log.error({ error: String(error) }, "the connector could not be looked after");
      }
      if (!this.#closed) await this.#nap.take(this.#parts.clock, LOOK_MS);
    }
  }

  async #look(): Promise<void> {
    const delivery = this.#delivery;
    const { station } = this.#parts;
    this.#supply?.looked();
    if (!station.isUp) {
      if (delivery === null) this.note("coming", FAULTS.coming());
      if (!this.#isOffline) return;
      this.note("offline", FAULTS.offline());
      this.#end(unknown(FAULTS.offline()));
      return;
    }
    this.note("offline", null);
    if (delivery === null) {
      this.note("coming", station.isReady ? null : FAULTS.coming());
      return await this.#rest.look();
    }
    this.#rest.begin();
    if (delivery.phase === "waiting" && this.#plug.isPlugged) void this.#beginLate(delivery);
    else if (delivery.phase === "running") this.#serve(delivery);
    this.#tell(delivery);
  }

  /** The car came after the order: nobody waits for the answer, so that a "no" ends the delivery. */
  async #beginLate(delivery: Delivery): Promise<void> {
    const begun = await this.#starter.begin(delivery, () => this.#delivery === delivery);
    if (begun.kind === "done" || this.#delivery !== delivery) return;
    this.#parts.log.warn({ detail: begun.detail }, "a delivery did not begin");
    this.#delivery = null;
    this.#events.tell({ type: "finished" });
  }

  /** The last reading again, as long as it says what is. */
  #tell(delivery: Delivery): void {
    if (this.#delivery !== delivery || this.#nowMs - delivery.toldMs < READING_MS) return;
    const heardMs = this.#account.evidence?.heardMs ?? this.#nowMs;
    if (this.#nowMs - heardMs > silentMs(this.#settings.sampleMs)) return;
    delivery.toldMs = this.#nowMs;
    this.#events.tell({ type: "reading", totaliserBase: this.#account.totalBase });
  }

  #serve(delivery: Delivery): void {
    const found = this.#serving.look(delivery);
    if (found === "silent") {
      // What flows is not known any more: what is told at the end decides.
      this.note("silent", FAULTS.silent());
      this.#end(unknown(FAULTS.silent()));
    } else if (found === "due") {
      delivery.phase = "ending";
      void this.#brake.halt();
    }
  }
}
