import { formatScaled } from "../../core/money.ts";
import type { PumpDecimals } from "./application.ts";
import type { Filling } from "./requests.ts";

/** What the configuration says of the figures that a pump shows. */
export interface FigureSettings {
  /** Digits after the point in the pump's volumes and totals, in litres. */
  readonly volumeDecimals: number;
  /** Of its amounts; left out where nobody said, then the pump's own word counts. */
  readonly amountDecimals?: number | undefined;
  /** Of its amounts where neither the configuration nor the pump says: the currency's. */
  readonly currencyDecimals?: number | undefined;
  /** Of the price that is sent to it; left out for a pump that keeps its own. */
  readonly priceDecimals?: number | undefined;
  /** What is charged for a litre, in millionths. */
  readonly unitPriceE6?: number | undefined;
}

/** Some pumps round an amount to 0.05, and each has counted a part of the volume's last step. */
const AMOUNT_STEPS = 5;
const VOLUME_STEPS = 1;
/** A price that was changed since makes no such difference; a wrong decimal makes ten. */
const WIDE = 2;
const E6 = 6;
/** Where nobody said how many decimals the price has. */
const PRICE_DECIMALS = [0, 1, 2, 3, 4];
/** What volume times price may be divided by where nobody said which decimals there are. */
const ANY_SHIFT = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Holds a pump's figures against each other and against the configuration: a volume that is read with the wrong number
 * of decimals is wrong by ten, and nothing else would show it.
 */
export class Figures {
  readonly #settings: FigureSettings;
  #said: PumpDecimals | null = null;
  #fitting: Filling | null = null;

  constructor(settings: FigureSettings) {
    this.#settings = settings;
  }

  /** What the pump says of its decimals; null when it has not, or does not. */
  heard(said: PumpDecimals | null): void {
    this.#said = said;
  }

  /** They fit together, and do so still when the price is changed. */
  fit(shown: Filling): void {
    this.#fitting = shown;
  }

  haveFitted({ volume, amount }: Filling): boolean {
    return this.#fitting?.volume === volume && this.#fitting.amount === amount;
  }

  /** Where the pump's decimals are not the configuration's; null when they agree, or cannot be compared. */
  get decimalsProblem(): string | null {
    const said = this.#said;
    if (said === null) return null;
    const problems = (["volumeDecimals", "amountDecimals", "priceDecimals"] as const).flatMap((key) => {
      const configured = this.#settings[key];
      if (configured === undefined || configured === said[key]) return [];
      return [`the pump has ${key} ${said[key]}, the configuration ${configured}`];
    });
    return problems.length === 0 ? null : problems.join("; ");
  }

  /** Whether the pump itself has said that its decimals are the configuration's. */
  get decimalsAgree(): boolean {
    return this.#said !== null && this.decimalsProblem === null;
  }

  /** Where the pump keeps its own price, and that is not what is charged; null when it is. */
  priceProblem(price: number): string | null {
    const { priceDecimals, unitPriceE6 } = this.#settings;
    if (priceDecimals !== undefined || unitPriceE6 === undefined || price === 0) return null;
    if (this.#priceDecimalsOf(price).length > 0) return null;
    const said = this.#said?.priceDecimals;
    const shown = said === undefined ? `the digits ${price}` : formatScaled(price, said);
    return `the pump's own price is ${shown}, the configuration's ${unitPriceE6 / 10 ** E6}`;
  }

  /**
   * Where the amount is not volume times price; null when it is, or cannot be said.
   * @param isWide whether the price may have been changed since the delivery that is shown
   */
  amountProblem({ volume, amount, price }: Filling, isWide: boolean): string | null {
    if (price === null || price === 0) return null;
    const exact = volume * price;
    const fits = (shift: number): boolean => {
      const shownExact = amount * 10 ** shift;
      const slack = VOLUME_STEPS * price + AMOUNT_STEPS * 10 ** shift;
      if (Math.abs(shownExact - exact) <= slack) return true;
      return isWide && shownExact <= WIDE * exact && exact <= WIDE * shownExact;
    };
    const amountDecimals = this.#amountDecimals;
    const prices = this.#known(price);
    const shifts =
      amountDecimals === undefined || prices.length === 0
        ? ANY_SHIFT
        : prices.map((decimals) => this.#settings.volumeDecimals + decimals - amountDecimals);
    if (shifts.some(fits)) return null;
    const [shift = 0] = shifts;
    const [priceDecimals = 0] = prices;
    const volumeText = formatScaled(volume, this.#settings.volumeDecimals);
    const shown = formatScaled(amount, amountDecimals ?? 0);
    const expected = formatScaled(Math.round(exact / 10 ** shift), amountDecimals ?? 0);
    return `the pump shows ${shown}, but ${volumeText} L at ${formatScaled(price, priceDecimals)} are ${expected}`;
  }

  get #amountDecimals(): number | undefined {
    const { amountDecimals, currencyDecimals } = this.#settings;
    return amountDecimals ?? this.#said?.amountDecimals ?? currencyDecimals;
  }

  /** How many decimals the price has, or may have. */
  #known(price: number): readonly number[] {
    const decimals = this.#settings.priceDecimals ?? this.#said?.priceDecimals;
    return decimals === undefined ? this.#priceDecimalsOf(price) : [decimals];
  }

  /** With which decimals it is what is charged, rounded to them. */
  #priceDecimalsOf(price: number): readonly number[] {
    const { unitPriceE6 } = this.#settings;
    if (unitPriceE6 === undefined) return [];
    const said = this.#said?.priceDecimals;
    const possible = said === undefined ? PRICE_DECIMALS : [said];
    return possible.filter(
      (decimals) => 2 * Math.abs(price * 10 ** (E6 - decimals) - unitPriceE6) <= 10 ** (E6 - decimals),
    );
  }
}
