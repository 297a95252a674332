import type { CustomerHint, Operation } from "./event.ts";
import type { Committing, Receipt, Releasing } from "./state.ts";

/** What the payment service shows of one offer: its aggregate, whatever the last call said. */
export type Truth =
  /** Published; the customer has not paid. `tried`: they have, in vain, and may try again while it is open. */
  | { readonly state: "open"; readonly tried?: CustomerHint }
  | { readonly state: "held"; readonly authorisedMinor: number; readonly holdUntilMs: number | null }
  /** Null when the service does not say how much. */
  | {
      readonly state: "captured";
      readonly capturedMinor: number | null;
      readonly receipt: Receipt;
      /** What the service still holds beside it; absent where it holds nothing. */
      readonly stillHeldMinor?: number;
    }
  | { readonly state: "ended"; readonly how: "canceled" | "failed" | "expired" }
  /** Nobody can tell what it means: treated as no answer. */
  | { readonly state: "unclear"; readonly detail: string }
  /** What is shown is not of this sale: a person has to look, and nothing more is done for it. */
  | { readonly state: "different"; readonly detail: string };

/** What is asked of the service for a reservation. */
export function operationOf({ aim }: Pick<Committing | Releasing, "aim">): Exclude<Operation, "offer"> {
  return aim === "commit" ? "capture" : "free";
}

/** What follows for a reservation that is to be committed or released. */
export type Verdict = "captured" | "released" | "repeat" | "wait" | "contradicted";

/**
 * Truth decides, not the last call's answer (money rule 5). `repeat` sends the same request with the same
 * key; an open offer that is to be committed was never reserved, which only waiting can clear up.
 */
export function judge(aim: "commit" | "release", truth: Truth): Verdict {
  switch (truth.state) {
    case "captured":
      return "captured";
    case "ended":
      return "released";
    case "held":
      return "repeat";
    case "open":
      return aim === "release" ? "repeat" : "wait";
    case "unclear":
      return "wait";
    case "different":
      return "contradicted";
  }
}
