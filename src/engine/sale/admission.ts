import { blocks } from "../../core/faults.ts";
import { isWithoutRules, type MoneyRules, NO_RULES, reservationProblem } from "../../core/money-rules.ts";
import { type Frozen, isFrozenBounded, isOpen, type Terms } from "../../core/sale/state.ts";
import type { Goods } from "../../core/sale/view.ts";
import { limitBase } from "../../core/tariff.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { SaleRefusal } from "../../ports/metrics.ts";
import type { PaymentProvider } from "../../ports/payment.ts";
import type { Identity } from "../belongings.ts";
import type { FaultBoard } from "../watch/fault-board.ts";
import type { Supervisor } from "../watch/supervisor.ts";
import type { Position } from "./position.ts";

export interface PositionSetup {
  readonly goods: Goods;
  /** Names that the position had before. */
  readonly formerly?: readonly string[];
  /** What the terms of its sales are bound to. */
  readonly identity?: Identity;
  readonly dispenser: Dispenser;
  readonly noFlowTimeoutMs: number;
  /** The unit price that stands in the configuration. */
  readonly configuredPrice: string;
  /** Why the goods cannot be sold at this unit price; null when they can. */
  priceProblem(unitPrice: string): string | null;
  /** The parts of the terms that do not depend on what the customer chooses. */
  readonly timing: Pick<Terms, "offerTimeoutMs" | "commitTimeoutMs" | "settleMarginMs" | "handoverMarginMs">;
}

export interface Refusal {
  readonly kind: "in-use" | "out-of-service" | "too-little";
  readonly reason: string;
  /** For whoever counts refusals. */
  readonly cause: SaleRefusal;
}

export type Begun = Refusal | { readonly kind: "begun"; readonly saleId: string };

type Offering = Pick<PaymentProvider, "traits" | "rulesFor" | "freeze">;

/** Lets a sale begin only when all is well at this moment (money rule 6), whoever asks for it. */
export class Admission {
  readonly #supervisor: Supervisor;
  readonly #faults: FaultBoard;
  readonly #payment: Offering;
  readonly #newSaleId: () => string;

  constructor(supervisor: Supervisor, faults: FaultBoard, payment: Offering, newSaleId: () => string) {
    this.#supervisor = supervisor;
    this.#faults = faults;
    this.#payment = payment;
    this.#newSaleId = newSaleId;
  }

  /** An amount that was not chosen from the configuration's, as the payment service can reserve it: not above, or not below. */
  fitted({ goods }: PositionSetup, amountMinor: number, way: "down" | "up"): number {
    const { stepMinor } = this.#payment.rulesFor(goods.tariff.currency) ?? NO_RULES;
    const steps = amountMinor / stepMinor;
    return (way === "down" ? Math.floor(steps) : Math.ceil(steps)) * stepMinor;
  }

  async begin(setup: PositionSetup, position: Position, maximumMinor: number): Promise<Begun> {
    const { currency } = setup.goods.tariff;
    const rules = this.#payment.rulesFor(currency);
    if (rules === null) return outOfService(`the payment service does not do ${currency}`, "currency");
    const refusal = ruledOut(rules, maximumMinor) ?? (await this.#refusal(setup, position, maximumMinor));
    if (refusal !== null) return refusal;
    const frozen = this.#payment.freeze?.(setup.goods.position) ?? {};
    if (!isFrozenBounded(frozen)) return outOfService("the payment service has too much to keep of a sale", "frozen");
    const saleId = this.#newSaleId();
    try {
      const terms = { ...this.#termsOf(setup, rules, maximumMinor), ...(isEmpty(frozen) ? {} : { frozen }) };
      const taken = await position.select(saleId, terms);
      return taken ? { kind: "begun", saleId } : IN_USE;
    } catch {
      return outOfService("the journal cannot be written", "journal-unwritable");
    }
  }

  async #refusal(setup: PositionSetup, position: Position, maximumMinor: number): Promise<Refusal | null> {
    const id = setup.goods.position;
    if (isOpen(position.state)) return IN_USE;
    if (limitBase(setup.goods.tariff, maximumMinor) <= 0) return tooLittle("the amount buys nothing");
    await this.#supervisor.checkDispenser(id, setup.dispenser);
    // Last, for a clock may be set while something else is waited for: the sale begins by the time that was checked.
    await this.#supervisor.checkClock();
    const fault = this.#faults.all.find((each) => blocks(each) && (each.position === null || each.position === id));
    return fault === undefined ? null : outOfService(`out of service: ${fault.code}`, fault.code);
  }

  #termsOf({ goods, identity = {}, timing }: PositionSetup, rules: MoneyRules, maximumMinor: number): Terms {
    const { productName, sku, tariff } = goods;
    const { terminal, meter } = identity;
    const bound = { ...(terminal === undefined ? {} : { terminal }), ...(meter === undefined ? {} : { meter }) };
    const { name: provider } = this.#payment.traits;
    const ruled = isWithoutRules(rules) ? {} : { rules };
    return { productName, sku, tariff, maximumMinor, ...timing, provider, ...bound, ...ruled };
  }
}

const IN_USE: Refusal = { kind: "in-use", reason: "another sale is running", cause: "in-use" };

function isEmpty(frozen: Frozen): boolean {
  return Object.keys(frozen).length === 0;
}

/** The choices of a position were held against the rules with the configuration; amounts from elsewhere were not. */
function ruledOut(rules: MoneyRules, maximumMinor: number): Refusal | null {
  switch (reservationProblem(rules, maximumMinor)) {
    case null:
      return null;
    case "too-little":
      return tooLittle("the payment service reserves no amount so small");
    case "too-much":
      return outOfService("the payment service reserves no amount so large", "too-much");
    case "no-step":
      return outOfService(`the payment service reserves only multiples of ${rules.stepMinor}`, "no-step");
  }
}

export function outOfService(reason: string, cause: SaleRefusal): Refusal {
  return { kind: "out-of-service", reason, cause };
}

export function tooLittle(reason: string): Refusal {
  return { kind: "too-little", reason, cause: "too-little" };
}
