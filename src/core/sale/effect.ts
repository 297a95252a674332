import type { Committing, Dispensing, Offered, Offering, Releasing, Reserved } from "./state.ts";

/** What the engine must do for a state; each carries the state that owes it, so nothing is looked up again. */
export type Effect =
  | { readonly type: "offer"; readonly state: Offering }
  | { readonly type: "watch"; readonly state: Offered }
  | { readonly type: "start-meter"; readonly state: Reserved }
  | { readonly type: "arm"; readonly state: Dispensing; readonly limitBase: number }
  | { readonly type: "stop"; readonly state: Dispensing }
  | { readonly type: "settle"; readonly state: Committing }
  | { readonly type: "release"; readonly state: Releasing };
