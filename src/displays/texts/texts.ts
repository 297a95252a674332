import type { StopReason } from "../../core/sale/state.ts";
import type { Message } from "../../core/sale/view.ts";

/** A headline, and what to do next. */
export interface Saying {
  readonly title: string;
  readonly detail: string;
}

/** What is wrong, as far as it helps a customer to know. */
export type Trouble = "payment" | "device" | "closed" | "technical";

/** What the customer does once the money is reserved. */
export type Service = "fuel" | "charging" | "vending" | "other";

/** Why a delivery ended that neither the customer nor the device itself has ended. */
type Stop = Exclude<StopReason, "customer">;

/** One word for each number that a language tells apart; `other` is for all that have none of their own. */
type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

/** Everything that a display says in one language. */
export interface Texts {
  readonly locale: string;
  readonly languageName: string;
  readonly messages: Readonly<Record<Exclude<Message, "begin" | "out-of-service">, Saying>>;
  readonly begin: Readonly<Record<Service, Saying>>;
  /** In the place of `choose`, where goods are chosen at the device. */
  readonly chooseAtDevice: Saying;
  /** What customers call a position; `{id}` stands for its own name. */
  readonly places: Readonly<Record<Service, string>>;
  /** Above the positions of one kind; of several kinds `other`. */
  readonly choosePlace: Readonly<Record<Service, string>>;
  /** In the place of thanks, where a delivery was broken off. */
  readonly stoppedTitle: string;
  readonly stopped: Readonly<Record<Stop, string>>;
  /** What is still to be done when the sale is over; empty for nothing. */
  readonly afterwards: Readonly<Record<Service, string>>;
  readonly pieces: Plural;
  readonly outOfService: Readonly<Record<Trouble, Saying>>;
  readonly noConnection: Saying;
  /** How to pay with a code, in three steps. */
  readonly steps: readonly [string, string, string];
  readonly labels: Readonly<Record<Label, string>>;
}

type Label =
  | "back"
  | "cancel"
  | "charged"
  | "code"
  | "codeTooLarge"
  | "contrast"
  | "extend"
  | "freed"
  | "held"
  | "language"
  | "largeType"
  | "minimum"
  | "nothingCharged"
  | "notForNow"
  | "notNow"
  | "priceChanged"
  | "payUsedOnly"
  | "quantity"
  | "receiptHint"
  | "reference"
  | "reserved"
  | "screenTooSmall"
  | "startAgain"
  | "stillThere"
  | "stop"
  | "taxIncluded"
  | "timeLeft"
  | "toPay"
  | "unitPrice"
  | "upTo"
  | "used";
