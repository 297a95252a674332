import type { GpioInput } from "../../platform/gpio/gpio.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";
import { limitProblem } from "../parts/limit.ts";
import { confirmed, type RegisterFile } from "../parts/register-file.ts";
import { StopRequest } from "../parts/stop-request.ts";
import type { Switch } from "../parts/switch.ts";
import { FAULTS } from "./faults.ts";
import { Vend } from "./vend.ts";
import type { VendState } from "./vend-register.ts";

export interface Selection {
  readonly id: string;
  readonly priceBase: number;
  readonly motor: Switch;
  readonly byButton: boolean;
}

export interface VendMachineParts {
  readonly settings: {
    readonly mode: "pulse" | "until-drop";
    readonly motorMs: number;
    readonly dropTimeoutMs: number;
    readonly maxVends: number;
    readonly idleMs: number;
  };
  readonly selections: readonly Selection[];
  /** Without any, an item counts as sold when the motor has run its full time. */
  readonly sensors: readonly GpioInput[];
  readonly register: RegisterFile<VendState>;
  readonly events: DispenserEvents;
  readonly clock: Clock;
  readonly log: Log;
}

interface Reservation {
  leftBase: number;
  vends: number;
  activeAtMs: number;
}

const LOOK_MS = 50;
const IDLE_LOOK_MS = 250;
const READING_MS = 250;
const MEND_MS = 10_000;
/** Beyond the time to fall: two saves at their slowest. */
const LONGEST_STOP_MS = 8_000;
/** What falls may be seen several times, and must not be taken for the next one. */
const BOUNCE_MS = 1_000;

/** Vends one item at a time: the register knows of it before the motor turns, and of the sale before anybody is told. */
export class VendMachine implements Dispenser {
  /** The register keeps itself. */
  readonly readingStepMs = null;
  readonly mostBasePerS = null;
  readonly #parts: VendMachineParts;
  readonly #jammed = new Set<string>();
  #totalBase: number;
  #reservation: Reservation | null = null;
  #vend: Vend | null = null;
  #stopping: StopRequest | null = null;
  #vendedAtMs = Number.NEGATIVE_INFINITY;
  #toldAtMs = 0;
  #savedAtMs = 0;
  #unsaved = false;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(parts: VendMachineParts) {
    this.#parts = parts;
    const { totalBase, vend } = parts.register.value;
    this.#totalBase = totalBase;
    if (vend !== null) {
      this.#unaccounted(vend.priceBase, `${vend.id} was turning when the daemon ended; nobody saw whether it dropped`);
      void this.#save(totalBase, null);
    }
    this.#tick();
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const { events, clock } = this.#parts;
    if (this.#closed) return declined("refused", "the driver is closed");
    const problem = limitProblem(limitBase);
    if (problem !== null) return declined("refused", problem);
    const busy = this.#reservation !== null || this.#vend !== null || this.#stopping !== null;
    if (busy) return declined("refused", "it is armed, vending or stopping");
    this.#checkSensors();
    if (events.fault !== null) return declined("refused", events.fault);
    const reservation: Reservation = { leftBase: limitBase, vends: 0, activeAtMs: clock.monotonicMs() };
    if (!this.#canBuy(reservation)) return declined("refused", `nothing can be bought for ${limitBase}`);
    this.#reservation = reservation;
    this.#next(reservation);
    this.#schedule(0);
    return done(null);
  }

  stop(): Promise<Outcome<null>> {
    if (this.#closed) return Promise.resolve(unknown("the driver is closed"));
    const { clock, settings } = this.#parts;
    this.#reservation = null;
    this.#vend?.cut();
    this.#motorsOff();
    this.#stopping ??= new StopRequest(clock.monotonicMs() + settings.dropTimeoutMs + LONGEST_STOP_MS);
    this.#schedule(0);
    return this.#stopping.answer;
  }

  async totaliser(): Promise<Outcome<number>> {
    return this.#closed ? unknown("the driver is closed") : done(this.#totalBase);
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#parts.events.listen(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.stop();
    this.#closed = true;
    this.#cancel();
    await this.#parts.register.close();
  }

  /** A button was pressed. One that cannot be served now is as if it had not been. */
  choose(id: string): void {
    const { selections, clock, log, events } = this.#parts;
    const selection = selections.find((each) => each.id === id);
    const reservation = this.#reservation;
    if (selection === undefined || reservation === null || !this.#isQuiet()) return;
    reservation.activeAtMs = clock.monotonicMs();
    this.#checkSensors();
    if (events.fault === null && this.#isFor(selection, reservation)) this.#begin(selection, reservation);
    else log.info({ selection: id }, "a choice that is not to be had");
  }

  sensed(active: boolean): void {
    if (!active) this.#checkSensors();
    else if (this.#vend !== null) this.#vend.drop();
    else if (this.#isQuiet()) this.#unaccounted(null, "something dropped though nothing was being vended");
  }

  motorFailed(detail: string): void {
    this.#vend?.cut();
    this.#parts.events.raise("output", FAULTS.output(detail));
  }

  held(held: boolean, detail: string): void {
    const { events, selections } = this.#parts;
    if (held) {
      events.clear("lines");
      return;
    }
    for (const { motor } of selections) motor.forget();
    this.#vend?.cut();
    events.raise("lines", FAULTS.lines(detail));
  }

  #begin(selection: Selection, reservation: Reservation): void {
    const { settings, sensors, clock, log, events } = this.#parts;
    const vend = new Vend(selection.motor, { ...settings, seen: sensors.length > 0 }, clock);
    this.#vend = vend;
    this.#carryOut(vend, selection, reservation).catch((error: unknown) => {
      selection.motor.set(false);
      log.error({ error: String(error) }, "a vend failed");
      events.raise("loop", FAULTS.loop(String(error)));
    });
  }

  async #carryOut(vend: Vend, selection: Selection, reservation: Reservation): Promise<void> {
    const { id, priceBase } = selection;
    const marked = await this.#save(this.#totalBase, { id, priceBase });
    if (marked.kind !== "done" || vend.isCut) {
      await this.#save(this.#totalBase, null);
      this.#vend = null;
      return;
    }
    const result = await vend.run();
    const totalBase = this.#totalBase + (result === "sold" ? priceBase : 0);
    await this.#save(totalBase, null);
    this.#totalBase = totalBase;
    this.#vend = null;
    this.#vendedAtMs = this.#parts.clock.monotonicMs();
    reservation.activeAtMs = this.#vendedAtMs;
    reservation.vends += 1;
    if (result === "sold") reservation.leftBase -= priceBase;
    else
      this.#unaccounted(
        priceBase,
        `${id} ${result === "cut" ? "was cut short" : "turned"} and nothing was seen to drop`,
      );
    if (result === "nothing") this.#jam(id);
    this.#next(reservation);
  }

  /** A selection that gave nothing is not tried again: the next customer would get two items, or none either. */
  #jam(id: string): void {
    const { selections, events, log } = this.#parts;
    this.#jammed.add(id);
    log.warn({ selection: id }, "a selection gave nothing and is out of use until the daemon is restarted");
    if (selections.every((each) => this.#jammed.has(each.id))) {
      events.raise("jam", FAULTS.jam());
    }
  }

  #next(reservation: Reservation): void {
    const [first] = this.#parts.selections;
    if (this.#reservation !== reservation || this.#parts.events.fault !== null) return;
    if (!this.#canBuy(reservation)) this.#finish();
    else if (first !== undefined && !first.byButton && this.#isQuiet()) this.#begin(first, reservation);
  }

  #canBuy(reservation: Reservation): boolean {
    const { selections, settings } = this.#parts;
    return reservation.vends < settings.maxVends && selections.some((each) => this.#isFor(each, reservation));
  }

  #isFor({ id, priceBase }: Selection, { leftBase }: Reservation): boolean {
    return priceBase <= leftBase && !this.#jammed.has(id);
  }

  #finish(): void {
    this.#reservation = null;
    this.#tellReading();
    this.#parts.events.tell({ type: "finished" });
  }

  #tick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#vend === null) this.#rest(nowMs);
    if (this.#reservation !== null) this.#attend(this.#reservation, nowMs);
    if (this.#stopping !== null) this.#endStop(this.#stopping, nowMs);
    this.#schedule(this.#reservation !== null || this.#stopping !== null ? LOOK_MS : IDLE_LOOK_MS);
  }

  #schedule(delayMs: number): void {
    this.#cancel();
    if (!this.#closed) this.#cancel = this.#parts.clock.after(delayMs, () => this.#tick());
  }

  #rest(nowMs: number): void {
    this.#motorsOff();
    if (this.#isOff()) this.#parts.events.clear("output");
    if (this.#isQuiet()) this.#checkSensors();
    if (this.#unsaved && nowMs - this.#savedAtMs >= MEND_MS) void this.#save(this.#totalBase, null);
  }

  #attend(reservation: Reservation, nowMs: number): void {
    if (this.#vend === null) this.#next(reservation);
    if (this.#reservation === null) return;
    const left = this.#vend === null && nowMs - reservation.activeAtMs >= this.#parts.settings.idleMs;
    if (left) this.#finish();
    else if (nowMs - this.#toldAtMs >= READING_MS) this.#tellReading();
  }

  #endStop(stopping: StopRequest, nowMs: number): void {
    const over = this.#vend === null && this.#isOff();
    if (!over && nowMs < stopping.untilMs) return;
    this.#stopping = null;
    stopping.end(over ? done(null) : unknown("a motor's line does not confirm that it is off, or a vend has no end"));
  }

  #motorsOff(): void {
    for (const { motor } of this.#parts.selections) motor.set(false);
  }

  #isOff(): boolean {
    return this.#parts.selections.every(({ motor }) => motor.known === false);
  }

  #isQuiet(): boolean {
    return this.#vend === null && this.#parts.clock.monotonicMs() - this.#vendedAtMs >= BOUNCE_MS;
  }

  #checkSensors(): void {
    const { sensors, events } = this.#parts;
    if (!sensors.some(({ active }) => active)) events.clear("sensor");
    else if (this.#isQuiet()) events.raise("sensor", FAULTS.sensor());
  }

  async #save(totalBase: number, vend: VendState["vend"]): Promise<Outcome<null>> {
    const { register, clock, events } = this.#parts;
    this.#savedAtMs = clock.monotonicMs();
    const saved = await confirmed(register.save({ totalBase, vend }), clock);
    this.#unsaved = saved.kind !== "done";
    if (saved.kind === "done") events.clear("register");
    else events.raise("register", FAULTS.register(saved.detail));
    return saved;
  }

  #unaccounted(quantityBase: number | null, detail: string): void {
    this.#parts.events.tell({ type: "unaccounted", quantityBase, detail });
  }

  #tellReading(): void {
    this.#toldAtMs = this.#parts.clock.monotonicMs();
    this.#parts.events.tell({ type: "reading", totaliserBase: this.#totalBase });
  }
}
