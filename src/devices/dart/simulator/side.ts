import type { BenchAction, BenchDevice } from "../../bench/device.ts";
import {
  ALARM,
  type Command,
  decodeCommands,
  encodeReports,
  ORDER,
  type PumpDecimals,
  type Report,
  STATUS,
} from "../application.ts";
import type { DartFrame } from "../codec.ts";
import { Hydraulics, type HydraulicsOptions, type Valve } from "./hydraulics.ts";
import { PumpWire } from "./wire.ts";

/** What it shows of an earlier sale. */
export interface KeptSale {
  readonly volume: number;
  readonly amount: number;
}

export interface SideOptions extends HydraulicsOptions {
  /** The unit price it was programmed with, in its digits; null for none yet. */
  readonly price: number | null;
  /** What its register shows when it is made. */
  readonly total: number;
  readonly decimals: PumpDecimals;
  readonly keeps: KeptSale | null;
}

const ACTIONS: readonly BenchAction[] = [
  { id: "lift", label: "Lift the nozzle", kind: "use" },
  { id: "squeeze", label: "Squeeze the trigger", kind: "use" },
  { id: "release", label: "Let the trigger go", kind: "use" },
  { id: "hang-up", label: "Hang the nozzle up", kind: "use" },
  { id: "mend", label: "Repair everything", kind: "use" },
  { id: "silent", label: "It does not answer", kind: "fault" },
  { id: "late", label: "It answers late", kind: "fault" },
  { id: "refuses", label: "It refuses every block (NAK)", kind: "fault" },
  { id: "pulser-error", label: "The pulser errs", kind: "fault" },
  { id: "emergency-stop", label: "The emergency stop is pressed", kind: "fault" },
  { id: "power-failure", label: "The power fails for a moment", kind: "fault" },
  { id: "total-jumps", label: "The total jumps by 100 litres", kind: "fault" },
  { id: "total-goes-back", label: "The total goes back by 1 litre", kind: "fault" },
  { id: "total-loses", label: "The total loses every second pulse", kind: "fault" },
  { id: "leaks", label: "It leaks though it is shut", kind: "fault" },
  { id: "does-not-stop", label: "It goes on after a stop", kind: "fault" },
  { id: "ignores-preset", label: "It goes on beyond the preset", kind: "fault" },
  { id: "amount-off", label: "Its amount is a tenth too high", kind: "fault" },
  { id: "decimals-differ", label: "It says that it has another decimal", kind: "fault" },
  { id: "decimals-unsaid", label: "It does not say which decimals it has", kind: "fault" },
  { id: "price-changes", label: "Somebody sets another price at the pump", kind: "fault" },
];

const NOZZLE = 1;
const JUMP_BASE = 100_000;
const BACK_BASE = 1_000;
const PRICE_CHANGE = 100;
const POWER_FAILURE_MS = 50;
const STATUS_NAMES = new Map<number, string>(Object.entries(STATUS).map(([name, status]) => [status, name]));

/** One side of a pump, with one nozzle. */
export class PumpSide implements BenchDevice {
  readonly kind = "pump-dart";
  readonly actions = ACTIONS;
  readonly #options: SideOptions;
  readonly #wire: PumpWire;
  readonly #hydraulics: Hydraulics;
  readonly #faults = new Set<string>();
  #status: number;
  #price: number;
  #total: number;
  #volume = 0;
  #kept: KeptSale | null;
  #preset: number | null = null;
  #allowed: readonly number[] = [];
  #out = false;
  #squeezed = false;
  #alarm: number | null = null;
  #off = false;
  #released = 0;
  #halves = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(address: number, options: SideOptions) {
    this.#options = options;
    this.#wire = new PumpWire(address, (data) => this.#take(data));
    this.#hydraulics = new Hydraulics(
      options,
      () => this.#valve(),
      (count) => this.#pulses(count),
    );
    this.#price = options.price ?? 0;
    this.#kept = options.keeps;
    this.#total = options.total;
    this.#status = options.price === null ? STATUS.notProgrammed : STATUS.fillingCompleted;
  }

  /** What it answers, and whether it takes its time. */
  answer(frame: DartFrame): { readonly bytes: Uint8Array; readonly late: boolean } | null {
    if (this.#off || this.#faults.has("silent")) return null;
    this.#wire.refuses = this.#faults.has("refuses");
    const bytes = this.#wire.answer(frame);
    return bytes === null ? null : { bytes, late: this.#faults.has("late") };
  }

  releasedBase(): number {
    return this.#released * this.#options.unitBase;
  }

  state(): Readonly<Record<string, string | number | boolean>> {
    const { unitBase } = this.#options;
    return {
      status: STATUS_NAMES.get(this.#status) ?? String(this.#status),
      nozzle: this.#out ? "out" : "in",
      squeezed: this.#squeezed,
      flowing: this.#valve().open,
      volumeMl: this.#shown.volume * unitBase,
      presetMl: (this.#preset ?? 0) * unitBase,
      totalMl: this.#total * unitBase,
      price: this.#price,
      amount: this.#shown.amount,
      alarm: this.#alarm ?? 0,
      faults: [...this.#faults].join(" "),
    };
  }

  act(id: string): void {
    const action = ACTIONS.find((one) => one.id === id);
    if (action === undefined) throw new RangeError(`A pump-dart cannot ${id}.`);
    if (action.kind === "use") this.#use(id);
    else this.#fail(id);
    this.#hydraulics.look();
  }

  async close(): Promise<void> {
    this.#hydraulics.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #use(id: string): void {
    if (id === "squeeze" || id === "release") {
      this.#squeezed = id === "squeeze";
    } else if (id === "mend") {
      this.#faults.clear();
      this.#alarm = null;
    } else if (id === "lift") {
      this.#out = true;
      this.#report([this.#nozzle()]);
      if (this.#status === STATUS.authorized) this.#enter(STATUS.filling);
    } else {
      this.#out = false;
      this.#squeezed = false;
      this.#report([this.#nozzle()]);
      if (this.#delivers() || this.#status === STATUS.maxReached) this.#enter(STATUS.fillingCompleted);
    }
  }

  #fail(id: string): void {
    const { unitBase } = this.#options;
    if (id === "pulser-error") this.#giveAlarm(ALARM.pulserError);
    else if (id === "emergency-stop") this.#giveAlarm(ALARM.emergencyStop);
    else if (id === "power-failure") this.#powerFailure();
    else if (id === "total-jumps") this.#total += JUMP_BASE / unitBase;
    else if (id === "price-changes") this.#price += PRICE_CHANGE;
    else if (id === "total-goes-back") this.#total = Math.max(0, this.#total - BACK_BASE / unitBase);
    else this.#faults.add(id);
  }

  #giveAlarm(alarm: number): void {
    this.#alarm = alarm;
    this.#report([{ type: "alarm", alarm }]);
    if (this.#delivers()) this.#enter(STATUS.fillingCompleted);
  }

  /** The register keeps what flowed; the delivery and its display are lost. */
  #powerFailure(): void {
    const wasProgrammed = this.#status !== STATUS.notProgrammed;
    this.#off = true;
    this.#hydraulics.look();
    this.#timer = setTimeout(() => {
      this.#off = false;
      this.#volume = 0;
      this.#kept = null;
      this.#preset = null;
      this.#wire.restart();
      this.#status = wasProgrammed ? STATUS.fillingCompleted : STATUS.notProgrammed;
      this.#report([
        { type: "alarm", alarm: ALARM.cpuReset },
        { type: "alarm", alarm: ALARM.powerFailure },
        this.#state(),
      ]);
    }, POWER_FAILURE_MS);
  }

  #take(data: Uint8Array): void {
    const reports = (decodeCommands(data) ?? []).flatMap((command) => this.#carryOut(command));
    if (reports.length > 0) this.#report(reports);
    this.#hydraulics.look();
  }

  /** What the pump has to say to a command. */
  #carryOut(command: Command): Report[] {
    switch (command.type) {
      case "order":
        return this.#obey(command.order);
      case "allowed-nozzles":
        if (this.#status === STATUS.reset) this.#allowed = command.nozzles;
        return [];
      case "preset-volume":
        if (this.#status === STATUS.reset) this.#preset = command.volume;
        return [];
      case "preset-amount":
        if (this.#status === STATUS.reset) this.#preset = this.#volumeFor(command.amount);
        return [];
      case "prices":
        this.#price = command.prices[NOZZLE - 1] ?? this.#price;
        return this.#status === STATUS.notProgrammed ? this.#become(STATUS.fillingCompleted) : [];
      case "request-totals": {
        const total = command.counter === NOZZLE ? this.#total : 0;
        return [{ type: "totals", counter: command.counter, total, meters: [total, 0] }];
      }
      case "unknown":
        return [];
    }
  }

  #obey(order: number): Report[] {
    switch (order) {
      case ORDER.status:
        return [this.#state()];
      case ORDER.parameters:
        return this.#parameters();
      case ORDER.fillingInformation:
        return [{ type: "filled", ...this.#shown }, this.#nozzle()];
      case ORDER.reset:
        return this.#reset();
      case ORDER.authorize:
        if (this.#status !== STATUS.reset) return [];
        return this.#become(this.#out && this.#allowed.includes(NOZZLE) ? STATUS.filling : STATUS.authorized);
      case ORDER.stop:
        return this.#delivers() && !this.#faults.has("does-not-stop") ? this.#become(STATUS.fillingCompleted) : [];
      case ORDER.off:
        return this.#become(STATUS.off);
      case ORDER.suspend:
        return this.#status === STATUS.filling ? this.#become(STATUS.suspended) : [];
      case ORDER.resume:
        return this.#status === STATUS.suspended ? this.#become(STATUS.filling) : [];
      default:
        return [];
    }
  }

  #reset(): Report[] {
    if (this.#alarm !== null) return [{ type: "alarm", alarm: this.#alarm }];
    if (this.#delivers() || this.#status === STATUS.notProgrammed) return [];
    this.#volume = 0;
    this.#preset = null;
    this.#allowed = [];
    return this.#become(STATUS.reset);
  }

  #delivers(): boolean {
    return this.#status === STATUS.authorized || this.#status === STATUS.filling || this.#status === STATUS.suspended;
  }

  #enter(status: number): void {
    this.#report(this.#become(status));
  }

  #become(status: number): Report[] {
    const ended = this.#delivers();
    this.#status = status;
    const filled: Report = { type: "filled", ...this.#shown };
    return ended && !this.#delivers() ? [filled, this.#state()] : [this.#state()];
  }

  #valve(): Valve {
    if (this.#off) return { open: false, left: null };
    const fills = this.#status === STATUS.filling && this.#squeezed && this.#alarm === null;
    const bounded = this.#preset !== null && !this.#faults.has("ignores-preset");
    if (fills) return { open: true, left: bounded ? (this.#preset ?? 0) - this.#volume : null };
    return { open: this.#faults.has("leaks"), left: null };
  }

  #pulses(count: number): void {
    this.#released += count;
    this.#halves += count;
    this.#total += this.#faults.has("total-loses") ? Math.floor(this.#halves / 2) : count;
    this.#halves %= 2;
    if (this.#status !== STATUS.filling) return;
    this.#kept = null;
    this.#volume += count;
    if (this.#preset !== null && this.#volume >= this.#preset && !this.#faults.has("ignores-preset")) {
      this.#enter(STATUS.maxReached);
    }
  }

  get #shown(): KeptSale {
    return this.#kept ?? { volume: this.#volume, amount: this.#amount() };
  }

  #amount(): number {
    const off = this.#faults.has("amount-off") ? 1.1 : 1;
    return Math.round(((this.#volume * this.#price) / this.#perAmount) * off);
  }

  #volumeFor(amount: number): number {
    return Math.floor((amount * this.#perAmount) / Math.max(1, this.#price));
  }

  /** What volume times price is divided by for the amount, all in their digits. */
  get #perAmount(): number {
    const { volumeDecimals, amountDecimals, priceDecimals } = this.#options.decimals;
    return 10 ** (volumeDecimals + priceDecimals - amountDecimals);
  }

  #parameters(): Report[] {
    const { decimals } = this.#options;
    if (this.#faults.has("decimals-unsaid")) return [];
    const more = this.#faults.has("decimals-differ") ? 1 : 0;
    return [{ type: "parameters", ...decimals, volumeDecimals: decimals.volumeDecimals + more }];
  }

  #state(): Report {
    return { type: "status", status: this.#status };
  }

  #nozzle(): Report {
    return { type: "nozzle", price: this.#price, nozzle: NOZZLE, out: this.#out };
  }

  #report(reports: readonly Report[]): void {
    this.#wire.send(encodeReports(reports));
  }
}
