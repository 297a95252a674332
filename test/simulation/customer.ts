import { formatAmount } from "../../src/core/money.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { limitBase } from "../../src/core/tariff.ts";
import type { CustomerInput, InputAnswer } from "../../src/ports/display.ts";
import type { Random } from "../support/sim-chaos.ts";
import type { Draw } from "../support/sim-dispenser.ts";
import { whenAwake } from "../support/virtual-clock.ts";
import type { World } from "./world.ts";

/** Longer than any sale may take; then whoever comes next tries. */
const PATIENCE_MS = 7_200_000;
/** Nobody waits longer for a button to do something. */
const ANSWER_MS = 20_000;

interface Visit {
  readonly scan: "promptly" | "late" | "never" | "in-the-last-second";
  readonly decision: "confirm" | "decline";
  readonly confirmDelayMs: number;
  readonly cancelAfterMs: number | null;
  readonly stopAfterMs: number | null;
  /** Has confirmed, and presses cancel all the same. */
  readonly regretsAfterMs: number | null;
  /** Asks for more time whenever a screen warns of its end. */
  readonly patient: boolean;
  /** Reads the code a second time, and confirms whatever can be confirmed. */
  readonly scansTwice: boolean;
  saleId: string | null;
  scanned: boolean;
  stopping: boolean;
}

/** Whoever comes to one position, one after the other. They know what the display shows, and never wait for an answer. */
export class Customers {
  readonly #world: World;
  readonly #position: string;
  readonly #random: Random;
  #left: number;
  #visit: Visit | null = null;
  #seen: PositionView | null = null;
  #looking = false;

  constructor(world: World, position: string, visits: number, random: Random) {
    this.#world = world;
    this.#position = position;
    this.#left = visits;
    this.#random = random;
    this.#comeLater();
  }

  get done(): boolean {
    return this.#left <= 0 && this.#visit === null;
  }

  /** The display may show something else; whoever stands there notices after a moment. */
  look(): void {
    if (this.#visit === null || this.#looking) return;
    const view = this.#world.shownAt(this.#position);
    if (view === null || (this.#seen !== null && isSame(view, this.#seen))) return;
    this.#looking = true;
    this.#world.time.after(this.#random.int(200, 1_500), () => {
      this.#looking = false;
      this.#react();
    });
  }

  #comeLater(): void {
    const delayMs = this.#random.chance(0.3) ? this.#random.int(50, 2_000) : this.#random.int(2_000, 40_000);
    this.#world.time.after(delayMs, () => this.#come());
  }

  #come(): void {
    if (this.#left <= 0) return;
    this.#left--;
    const { goods } = this.#world.settingAt(this.#position);
    const maximumMinor = goods.reserveMinor[this.#random.pick([0, 1, 2])] ?? 0;
    const visit = visitOf(this.#random);
    this.#visit = visit;
    this.#seen = null;
    this.#world.dispenserAt(this.#position).draw = drawOf(this.#random, limitBase(goods.tariff, maximumMinor));
    // The finger comes down a moment after the eye has read the price.
    const seen = this.#world.shownAt(this.#position)?.unitPrice ?? null;
    const choose = (): void => {
      this.#world.rules.chosen(this.#position, seen);
      const maximum = formatAmount(maximumMinor, goods.tariff.currency);
      this.#press((customers) => customers.select(this.#world.nameAt(this.#position), maximum, seen));
    };
    this.#world.time.after(this.#random.int(0, 800), choose);
    if (this.#random.chance(0.1)) this.#world.time.after(this.#random.int(0, 860), choose);
    const { cancelAfterMs } = visit;
    if (cancelAfterMs !== null) this.#later(visit, cancelAfterMs, () => this.#cancel(visit));
    this.#later(visit, ANSWER_MS, () => {
      if (visit.saleId === null) this.#leave();
    });
    this.#later(visit, PATIENCE_MS, () => this.#leave());
  }

  #leave(): void {
    this.#visit = null;
    this.#comeLater();
  }

  #react(): void {
    const visit = this.#visit;
    const view = this.#world.shownAt(this.#position);
    if (visit === null || view === null) return;
    this.#seen = view;
    if (visit.saleId === null && view.saleId !== null && view.state !== "closed") visit.saleId = view.saleId;
    if (visit.saleId !== null && isOver(view, visit.saleId)) {
      this.#leave();
      return;
    }
    if (view.saleId !== visit.saleId) return;
    if (view.qr !== null && !visit.scanned) this.#planScan(visit, view, view.qr);
    if (visit.patient && view.timeout?.extendable === true)
      this.#press((customers) => customers.extend(this.#world.nameAt(this.#position)));
    if (view.state !== "dispensing" || visit.stopAfterMs === null || visit.stopping) return;
    visit.stopping = true;
    this.#later(visit, visit.stopAfterMs, () =>
      this.#press((customers) => customers.stop(this.#world.nameAt(this.#position))),
    );
  }

  #cancel(visit: Visit): void {
    const view = this.#world.shownAt(this.#position);
    if (view === null || view.saleId !== visit.saleId) return;
    if (view.state === "offered" || view.state === "reserved")
      this.#press((customers) => customers.cancel(this.#world.nameAt(this.#position)));
  }

  #later(visit: Visit, delayMs: number, run: () => void): void {
    this.#world.time.after(delayMs, () => {
      if (this.#visit === visit) run();
    });
  }

  #planScan(visit: Visit, view: PositionView, qrText: string): void {
    visit.scanned = true;
    const { time, setting } = this.#world;
    const leftMs = Math.max(0, Date.parse(view.expiresAt ?? "") - time.trueMs - time.wallErrorMs);
    const waits = {
      promptly: this.#random.int(500, 4_000),
      late: Math.floor(setting.timing.offerTimeoutMs * 0.7),
      "in-the-last-second": Math.max(0, leftMs - this.#random.int(-200, 1_500)),
      never: null,
    };
    const waitMs = waits[visit.scan];
    if (waitMs === null) return;
    time.after(waitMs, () => this.#scan(visit, qrText));
    if (visit.scansTwice) time.after(waitMs + this.#random.int(100, 20_000), () => this.#scan(visit, qrText));
  }

  /** A phone reads only what is on display at that moment; confirming then needs no display any more. */
  #scan(visit: Visit, qrText: string): void {
    const { service, time } = this.#world;
    if (this.#world.shownAt(this.#position)?.qr !== qrText) return;
    const bill = service.scan(qrText);
    if (bill === null) return;
    this.#world.note(() => `[${this.#position}] a customer scans ${bill.reference} for ${bill.saleId}`);
    time.after(this.#confirmDelayMs(visit), () => {
      if (visit.decision === "confirm") service.confirm(bill);
      else service.decline(bill);
      if (visit.regretsAfterMs !== null) this.#later(visit, visit.regretsAfterMs, () => this.#cancel(visit));
    });
  }

  /** A page stays open on the phone: it may be paid when nobody expects it any more. */
  #confirmDelayMs({ confirmDelayMs }: Visit): number {
    const { page } = this.#world.setting.service;
    const apart = this.#random.apart();
    return page !== null && apart.chance(0.15) ? apart.int(60_000, page.lifeMs + 5_000) : confirmDelayMs;
  }

  /** A button of a daemon that is down does nothing. */
  #press(ask: (customers: CustomerInput) => Promise<InputAnswer>): void {
    const { kiosk, time, life, rules } = this.#world;
    if (kiosk === null) return;
    whenAwake(time, life, () => {
      ask(kiosk.customers).catch((error: unknown) => {
        if (!String(error).includes("SimulatedDisk") && !String(error).includes("queue is closed"))
          rules.broken("internal error", `customer's button: ${String(error)}`);
      });
    });
  }
}

/** All of a display that anybody would act upon; figures run on by themselves. */
function isSame(one: PositionView, other: PositionView): boolean {
  return (
    one.state === other.state &&
    one.saleId === other.saleId &&
    one.qr === other.qr &&
    one.timeout?.extendable === other.timeout?.extendable
  );
}

function isOver(view: PositionView, saleId: string): boolean {
  return view.saleId !== saleId || view.state === "closed";
}

/** Most draw for seconds; now and then one takes a whole battery's time. */
function drawOf(random: Random, limit: number): Draw {
  const share = random.pick([0, 0.0001, 0.1, 0.3, 0.5, 0.7, 0.9, 1.2, 1.2, 1.2]);
  const durationS = random.chance(0.01) ? 1_200 : random.pick([2, 3, 5, 12]);
  return {
    wantBase: Math.ceil(limit * share),
    startDelayMs: random.chance(0.02) ? 30_000 : random.pick([500, 1_000, 2_500]),
    rateBasePerS: Math.max(2, Math.ceil(limit / durationS)),
  };
}

function visitOf(random: Random): Visit {
  return {
    scan: random.chance(0.92) ? "promptly" : random.pick(["late", "in-the-last-second", "never"]),
    decision: random.chance(0.9) ? "confirm" : "decline",
    confirmDelayMs: random.chance(0.03) ? 40_000 : random.pick([800, 1_500, 2_000, 3_000, 5_000, 8_000]),
    cancelAfterMs: random.chance(0.08) ? random.int(1_000, 20_000) : null,
    stopAfterMs: random.chance(0.25) ? random.int(1_000, 20_000) : null,
    regretsAfterMs: random.chance(0.08) ? random.int(200, 2_500) : null,
    patient: random.chance(0.2),
    scansTwice: random.chance(0.1),
    saleId: null,
    scanned: false,
    stopping: false,
  };
}
