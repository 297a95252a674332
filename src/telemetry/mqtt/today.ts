import { formatAmount, formatScaled, parseAmount, parseScaled } from "../../core/money.ts";
import { formatQuantity, type Unit } from "../../core/quantity.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { isoTime, timeOfIso } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entry } from "../../ports/journal.ts";
import type { TodayMessage } from "./message-schema.ts";

const DAY_MS = 86_400_000;

interface Totals {
  readonly chargedMinor: number;
  /** In the last decimal of the unit. */
  readonly quantityScaled: number;
  readonly sales: number;
}

const NOTHING: Totals = { chargedMinor: 0, quantityScaled: 0, sales: 0 };

/** Adds up what has reached the broker today. A record that is sent again counts once. */
export class Today {
  readonly #currency: string;
  readonly #units: ReadonlyMap<string, Unit>;
  readonly #clock: Clock;
  #startedAtMs: number;
  readonly #startedMs: number;
  readonly #totals = new Map<string, Totals>();
  #dayStartMs: number;
  #countedSeq = 0;

  constructor(currency: string, units: ReadonlyMap<string, Unit>, clock: Clock) {
    this.#currency = currency;
    this.#units = units;
    this.#clock = clock;
    this.#startedAtMs = clock.wallMs();
    this.#startedMs = clock.monotonicMs();
    this.#dayStartMs = dayStartOf(this.#startedAtMs);
  }

  count({ seq, body }: Entry<SaleRecord>): void {
    this.#turnDay();
    const unit = this.#units.get(body.position);
    if (seq <= this.#countedSeq || unit === undefined) return;
    this.#countedSeq = seq;
    if (dayStartOf(timeOfIso(body.closedAt)) !== this.#dayStartMs) return;
    const before = this.#totals.get(body.position) ?? NOTHING;
    // Of a record that takes the place of an earlier one all was counted but the charge, which was not known.
    const isNew = body.amends !== true;
    const quantityScaled = isNew && body.unit === unit ? (parseScaled(body.quantity, decimalsOf(unit)) ?? 0) : 0;
    this.#totals.set(body.position, {
      chargedMinor: before.chargedMinor + (parseAmount(body.charged, this.#currency) ?? 0),
      quantityScaled: before.quantityScaled + quantityScaled,
      sales: before.sales + (isNew ? 1 : 0),
    });
  }

  text(position: string, unit: Unit): string {
    this.#turnDay();
    const { chargedMinor, quantityScaled, sales } = this.#totals.get(position) ?? NOTHING;
    const message: TodayMessage = {
      charged: formatAmount(chargedMinor, this.#currency),
      currency: this.#currency,
      quantity: formatScaled(quantityScaled, decimalsOf(unit)),
      unit,
      sales,
      since: isoTime(Math.max(this.#dayStartMs, this.#startedAtMs)),
    };
    return JSON.stringify(message);
  }

  #turnDay(): void {
    const nowMs = this.#clock.wallMs();
    // The clock was ahead when the kiosk started.
    if (nowMs < this.#startedAtMs) this.#startedAtMs = nowMs - Math.round(this.#clock.monotonicMs() - this.#startedMs);
    const dayStartMs = dayStartOf(nowMs);
    if (dayStartMs === this.#dayStartMs) return;
    this.#dayStartMs = dayStartMs;
    this.#totals.clear();
  }
}

function dayStartOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

function decimalsOf(unit: Unit): number {
  return formatQuantity(0, unit).split(".")[1]?.length ?? 0;
}
