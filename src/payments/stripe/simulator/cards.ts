/** The service's published test cards. `confirm`: the bank asks the customer first (3-D Secure). */
const CARDS: Readonly<Record<string, CardAnswer>> = {
  "4242424242424242": { kind: "ok" },
  "4000002500003155": { kind: "confirm" },
  "4000000000003220": { kind: "confirm" },
  "4000000000000002": { kind: "declined", code: "card_declined", decline: "generic_decline" },
  "4000000000009995": { kind: "declined", code: "card_declined", decline: "insufficient_funds" },
  "4000000000000069": { kind: "declined", code: "expired_card", decline: "expired_card" },
  "4000000000000127": { kind: "declined", code: "incorrect_cvc", decline: "incorrect_cvc" },
  "4000000000000119": { kind: "declined", code: "processing_error", decline: "processing_error" },
};

type CardAnswer =
  | { readonly kind: "ok" | "confirm" }
  | { readonly kind: "declined"; readonly code: string; readonly decline: string };

/** Undefined for a number that is no test card's: the page does not take it. */
export function answerOfCard(number: string): CardAnswer | undefined {
  return CARDS[number.replaceAll(" ", "")];
}

/** What the service calls the same cards where nobody types a number. */
const NUMBER_OF: Readonly<Record<string, string>> = {
  pm_card_visa: "4242424242424242",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_authenticationRequired: "4000002500003155",
};

export function numberOfMethod(method: string): string | undefined {
  return NUMBER_OF[method];
}
