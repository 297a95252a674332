import type { Fault, PersonCode } from "../core/faults.ts";
import type { NotSelling } from "../core/not-selling.ts";
import type { Act } from "../core/operator/acts.ts";
import type { Command, CommandReply } from "../core/operator/messages.ts";
import type { KioskView } from "./display.ts";
import type { SalesHistory } from "./sales-history.ts";

/** What operators may order from afar. Nothing here can start a delivery or raise a limit. */
export interface OperatorInput {
  /** Always answers, whatever is asked; an order that was answered with `ok` holds across a power cut. */
  order(command: Command): Promise<OrderAnswer>;
}

export type OrderAnswer =
  | { readonly kind: "done" }
  | {
      readonly kind: "refused";
      readonly refusal: Extract<CommandReply, { ok: false }>["refusal"];
      readonly detail: string;
    };

/** The same for somebody who is known by name and may order all that there is. */
export interface NamedOperatorInput {
  orderBy(by: string, command: Command): Promise<OrderAnswer>;
}

/** What waits for a person, whatever it is about. */
export interface Waiting {
  readonly code: PersonCode;
  /** Null when it is about the whole kiosk. */
  readonly position: string | null;
  readonly saleId: string | null;
  readonly since: string;
  readonly detail: string;
}

/** A position's price in force, and what an operator has to do with it. */
export interface Price {
  readonly unitPrice: string;
  readonly configured: string;
  /** Null where nobody ordered one since the configuration got its price. */
  readonly ordered: { readonly unitPrice: string; readonly since: string; readonly problem: string | null } | null;
}

/** What is in force at a position, or with `price` null at the whole kiosk. */
export interface InForce {
  readonly price: Price | null;
  readonly block: { readonly reason: string; readonly since: string; readonly by: string | null } | null;
}

export interface RefundOrder {
  readonly saleId: string;
  /** Chosen by who asks. The same name again makes no second refund. */
  readonly refundId: string;
  readonly amountMinor: number;
  readonly by: string;
  readonly reason: string;
}

export type RefundReply =
  /** There is no such sale, or nothing of it can be given back: why. */
  | { readonly kind: "impossible"; readonly detail: string }
  | { readonly kind: "busy" }
  | { readonly kind: "made"; readonly amountMinor: number; readonly reference: string | null }
  | { readonly kind: "refused"; readonly detail: string }
  /** It may have been made: a person looks it up at the payment service. */
  | { readonly kind: "unclear"; readonly amountMinor: number; readonly detail: string };

/** What the operator's page knows of the kiosk and may ask of it. Nothing here starts a delivery or raises a limit. */
export interface OperatorKiosk extends NamedOperatorInput {
  readonly about: {
    readonly name: string;
    readonly id: string;
    readonly currency: string;
    readonly timezone: string;
    readonly locales: readonly string[];
    /** Each position with all the names that the journal has for it, the present one first. */
    readonly positions: readonly (readonly string[])[];
  };
  view(): KioskView;
  faults(): readonly Fault[];
  /** Null when the position sells, or serves a customer. */
  notSelling(position: string): NotSelling | null;
  inForce(position: string | null): Promise<InForce>;
  /** Oldest first. */
  waiting(): Promise<readonly Waiting[]>;
  readonly history: SalesHistory;
  refund(order: RefundOrder): Promise<RefundReply>;
  /** What a person found out about a sale's refund without a clear answer. */
  settleRefund(saleId: string, made: boolean): Promise<"settled" | "busy" | "none">;
  note(act: Omit<Act, "atMs">): Promise<void>;
}
