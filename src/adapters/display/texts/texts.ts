import type { Message } from "../../../../core/sale/view.ts";

/** Everything that the page says in one language. */
export interface Texts {
  readonly locale: string;
  readonly languageName: string;
  /** What a screen says: the headline, and what to do next. */
  readonly messages: Readonly<Record<Message, { readonly title: string; readonly detail: string }>>;
  readonly noConnection: { readonly title: string; readonly detail: string };
  readonly labels: Readonly<Record<Label, string>>;
}

type Label =
  | "back"
  | "cancel"
  | "charged"
  | "choosePosition"
  | "freed"
  | "notNow"
  | "pieces"
  | "quantity"
  | "reference"
  | "reserved"
  | "startAgain"
  | "stop"
  | "timeLeft"
  | "upTo";
