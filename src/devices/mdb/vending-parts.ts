import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";
import type { MdbAdapter } from "./adapter.ts";
import type { VendRequest } from "./codec.ts";
import type { Ledger } from "./ledger.ts";
import type { TotalReadings } from "./total-readings.ts";

export interface VendingParts {
  readonly adapter: MdbAdapter;
  readonly ledger: Ledger;
  readonly events: DispenserEvents;
  readonly readings: TotalReadings;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where a vending machine is on the way from one vend to the next. */
export type Phase =
  | { readonly is: "resting" | "opening" }
  | { readonly is: "closing"; readonly then: () => void }
  /** The session is over, and what was reported of its last vend may still be contradicted. */
  | { readonly is: "settling"; readonly then: () => void }
  /** The register has not taken yet what is certain, or what is to be approved. */
  | { readonly is: "writing"; readonly approves: VendRequest | null }
  /** Chosen at the machine, not paid. */
  | { readonly is: "wanted"; readonly request: VendRequest }
  | { readonly is: "choosing"; readonly somethingHappened: boolean }
  /** Approved; nothing but its result, the end of the session or time ends this. */
  | { readonly is: "vending"; readonly request: VendRequest; readonly isSessionOver: boolean };
