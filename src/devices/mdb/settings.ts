import type { DecimalPlaces, VendRequest } from "./codec.ts";

/** Amounts are hundredths of the currency. */
export interface MdbVendingSettings {
  /**
   * `authorise-first`: the customer pays, then chooses, as often as the reservation lasts. `always-idle`: the customer
   * chooses, then pays that price; needs a machine that allows it.
   */
  readonly flow: "authorise-first" | "always-idle";
  /** The currency's number in ISO 4217, such as 752. */
  readonly currencyNumber: number;
  /** Which of the two cashless readers of a machine the adapter plays. */
  readonly address: 0x10 | 0x60;
  /** Places of the amounts on the line; 2 unless given. */
  readonly decimalPlaces?: DecimalPlaces;
  /** What one step of the machine's amounts is worth in the last of these places; 1 unless given. */
  readonly scaleFactor?: number;
  /**
   * What each item costs. With it nothing is approved whose item and price do not belong together, so a line that
   * noise has changed sells nothing. Null trusts what the machine asks for: then nothing protects a digit of a price
   * on the line between adapter and host, and goods may be sold at a price that the machine never asked.
   */
  readonly prices: ReadonlyMap<number, number> | null;
  /** Goods that one reservation may buy, where the customer pays first. */
  readonly maxVends: number;
  /** How long the machine may take from an approval to its result. */
  readonly vendTimeoutMs: number;
  /** How long goods chosen at the machine wait for a reservation. */
  readonly wantTimeoutMs: number;
  /** How long the adapter may take to answer a command; 500 unless given. */
  readonly answerTimeoutMs?: number;
  /** How long the machine may leave the reader unused before that is a fault; 15 s unless given. */
  readonly readyTimeoutMs?: number;
}

export function withDefaults(settings: MdbVendingSettings): Required<MdbVendingSettings> {
  return {
    decimalPlaces: 2,
    scaleFactor: 1,

    answerTimeoutMs: 500,
    readyTimeoutMs: 15_000,
    ...settings,
  };
}

/** Whether the item and its price belong together. */
export function isListed({ prices }: MdbVendingSettings, { item, priceBase }: VendRequest): boolean {
  return prices === null ? priceBase > 0 : prices.get(item) === priceBase;
}

/** As much of an amount as the machine can be told. */
export function tellable(base: number, settings: Required<MdbVendingSettings>): number {
  const stepBase = settings.scaleFactor * 10 ** Math.max(0, 2 - settings.decimalPlaces);
  return base - (base % stepBase);
}
