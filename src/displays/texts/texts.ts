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

/** Everything that a display says in one language. */
export interface Texts {
  readonly locale: string;
  readonly languageName: string;
  readonly messages: Readonly<Record<Exclude<Message, "begin" | "out-of-service">, Saying>>;
  readonly begin: Readonly<Record<Service, Saying>>;
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
  | "choosePosition"
  | "code"
  | "codeTooLarge"
  | "contrast"
  | "extend"
  | "freed"
  | "held"
  | "language"
  | "largeType"
  | "minimum"
  | "notNow"
  | "priceChanged"
  | "payUsedOnly"
  | "pieces"
  | "quantity"
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
