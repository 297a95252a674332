import { blocks } from "../../core/faults.ts";
import { isOpen, type Terms } from "../../core/sale/state.ts";
import type { Goods } from "../../core/sale/view.ts";
import { limitBase } from "../../core/tariff.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { SaleRefusal } from "../../ports/metrics.ts";
import type { ProviderTraits } from "../../ports/payment.ts";
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

/** Lets a sale begin only when all is well at this moment (money rule 6), whoever asks for it. */
export class Admission {
  readonly #supervisor: Supervisor;
  readonly #faults: FaultBoard;
  readonly #traits: ProviderTraits;
  readonly #newSaleId: () => string;

  constructor(supervisor: Supervisor, faults: FaultBoard, traits: ProviderTraits, newSaleId: () => string) {
    this.#supervisor = supervisor;
    this.#faults = faults;
    this.#traits = traits;
    this.#newSaleId = newSaleId;
  }

  async begin(setup: PositionSetup, position: Position, maximumMinor: number): Promise<Begun> {
    const refusal = await this.#refusal(setup, position, maximumMinor);
    if (refusal !== null) return refusal;
    const saleId = this.#newSaleId();
    try {
      const taken = await position.select(saleId, this.#termsOf(setup, maximumMinor));
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

  #termsOf({ goods, identity = {}, timing }: PositionSetup, maximumMinor: number): Terms {
    const { productName, sku, tariff } = goods;
    const { terminal, meter } = identity;
    const bound = { ...(terminal === undefined ? {} : { terminal }), ...(meter === undefined ? {} : { meter }) };
    return { productName, sku, tariff, maximumMinor, ...timing, provider: this.#traits.name, ...bound };
  }
}

const IN_USE: Refusal = { kind: "in-use", reason: "another sale is running", cause: "in-use" };

export function outOfService(reason: string, cause: SaleRefusal): Refusal {
  return { kind: "out-of-service", reason, cause };
}

export function tooLittle(reason: string): Refusal {
  return { kind: "too-little", reason, cause: "too-little" };
}
