import { formatAmount } from "../../src/core/money.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { limitBase } from "../../src/core/tariff.ts";
import type { InputAnswer } from "../../src/ports/display.ts";
import type { Random } from "../support/sim-chaos.ts";
import type { World } from "./world.ts";

const LOOK_MS = 1_000;
/** Longer than any sale may take; then whoever comes next tries. */
const PATIENCE_MS = 7_200_000;

interface Visit {
  readonly scan: "promptly" | "late" | "never" | "in-the-last-second";
  readonly decision: "confirm" | "decline";
  readonly confirmDelayMs: number;
  readonly cancelAfterMs: number | null;
  readonly stopAfterMs: number | null;
  /** Asks for more time whenever a screen warns of its end. */
  readonly patient: boolean;
  readonly sinceMs: number;
  saleId: string | null;
  scanned: boolean;
  asked: boolean;
  dispensingSinceMs: number | null;
}

/** Whoever comes to one position, one after the other. They know what the display shows, and never wait for an answer. */
export class Customers {
  readonly #world: World;
  readonly #position: string;
  readonly #random: Random;
  #left: number;
  #visit: Visit | null = null;

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

  #comeLater(): void {
    this.#world.time.after(this.#random.int(2_000, 40_000), () => this.#come());
  }

  #come(): void {
    if (this.#left <= 0) return;
    this.#left--;
    const { kiosk, time } = this.#world;
    this.#visit = visitOf(this.#random, time.elapsedMs);
    const { tariff, reserveMinor } = this.#world.goodsAt(this.#position);
    const choiceMinor = this.#random.pick([0, 1, 2]);
    const maximumMinor = reserveMinor[choiceMinor] ?? 0;
    const limit = limitBase(tariff, maximumMinor);
    const share = this.#random.pick([0, 0.0001, 0.1, 0.3, 0.5, 0.7, 0.9, 1.2, 1.2, 1.2]);
    const durationS = this.#random.pick([5, 30, 120, 1_200]);
    this.#world.dispenserAt(this.#position).draw = {
      wantBase: Math.ceil(limit * share),
      startDelayMs: this.#random.pick([500, 4_000, 30_000]),
      rateBasePerS: Math.max(2, Math.ceil(limit / durationS)),
    };
    this.#ask(kiosk?.customers.select(this.#position, formatAmount(maximumMinor, tariff.currency)));
    this.#look();
  }

  #look(): void {
    this.#world.time.after(LOOK_MS, () => {
      const visit = this.#visit;
      if (visit === null) return;
      const view = this.#world.shownAt(this.#position);
      const waitedMs = this.#world.time.elapsedMs - visit.sinceMs;
      if (view !== null) this.#react(visit, view, waitedMs);
      const gone = visit.saleId === null ? waitedMs > 20_000 : view !== null && isOver(view, visit.saleId);
      if (!gone && waitedMs < PATIENCE_MS) return this.#look();
      this.#visit = null;
      this.#comeLater();
    });
  }

  #react(visit: Visit, view: PositionView, waitedMs: number): void {
    if (visit.saleId === null && view.saleId !== null && view.state !== "closed") visit.saleId = view.saleId;
    if (view.saleId !== visit.saleId) return;
    if (view.qr !== null && !visit.scanned) this.#planScan(visit, view, view.qr);
    const { kiosk, time } = this.#world;
    if (visit.patient && view.timeout?.extendable === true) this.#ask(kiosk?.customers.extend(this.#position));
    if (view.state === "offered" || view.state === "reserved") {
      if (visit.asked || visit.cancelAfterMs === null || waitedMs < visit.cancelAfterMs) return;
      visit.asked = true;
      this.#ask(kiosk?.customers.cancel(this.#position));
    }
    if (view.state !== "dispensing") return;
    visit.dispensingSinceMs ??= time.elapsedMs;
    if (visit.stopAfterMs === null || time.elapsedMs - visit.dispensingSinceMs < visit.stopAfterMs) return;
    this.#ask(kiosk?.customers.stop(this.#position));
  }

  #planScan(visit: Visit, view: PositionView, qrText: string): void {
    visit.scanned = true;
    const { time, setting } = this.#world;
    const leftMs = Math.max(0, Date.parse(view.expiresAt ?? "") - time.trueMs - time.wallErrorMs);
    const waits = {
      promptly: this.#random.int(500, 6_000),
      late: Math.floor(setting.timing.offerTimeoutMs * 0.7),
      "in-the-last-second": Math.max(0, leftMs - this.#random.int(-200, 1_500)),
      never: null,
    };
    const waitMs = waits[visit.scan];
    if (waitMs !== null) time.after(waitMs, () => this.#scan(visit, qrText));
  }

  /** A phone reads only what is on display at that moment; confirming then needs no display any more. */
  #scan(visit: Visit, qrText: string): void {
    const { service, time } = this.#world;
    if (this.#world.shownAt(this.#position)?.qr !== qrText) return;
    const bill = service.scan(qrText);
    if (bill === null) return;
    this.#world.note(`[${this.#position}] a customer scans ${bill.reference} for ${bill.saleId}`);
    time.after(visit.confirmDelayMs, () => {
      if (visit.decision === "confirm") service.confirm(bill);
      else service.decline(bill);
    });
  }

  #ask(answer: Promise<InputAnswer> | undefined): void {
    answer?.catch((error: unknown) => {
      if (!String(error).includes("SimulatedDisk") && !String(error).includes("queue is closed"))
        this.#world.rules.broken("internal error", `customer's button: ${String(error)}`);
    });
  }
}

function isOver(view: PositionView, saleId: string): boolean {
  return view.saleId !== saleId || view.state === "closed";
}

function visitOf(random: Random, sinceMs: number): Visit {
  return {
    scan: random.chance(0.75) ? "promptly" : random.pick(["late", "in-the-last-second", "never"]),
    decision: random.chance(0.9) ? "confirm" : "decline",
    confirmDelayMs: random.pick([800, 1_500, 2_000, 3_000, 5_000, 5_000, 8_000, 40_000]),
    cancelAfterMs: random.chance(0.1) ? random.int(1_000, 30_000) : null,
    patient: random.chance(0.2),
    stopAfterMs: random.chance(0.25) ? random.int(1_000, 60_000) : null,
    sinceMs,
    saleId: null,
    scanned: false,
    asked: false,
    dispensingSinceMs: null,
  };
}
