import type { Sale } from "../../src/core/sale/state.ts";

export type Freed = "canceled" | "replaced" | "expired" | "reversed" | "declined";

/** What the service knows of one offer: the truth about the money. */
export interface Bill {
  readonly reference: string;
  readonly saleId: string;
  /** By which of the services it was made. */
  readonly service: string;
  readonly position: string;
  /** No other one knows of it. */
  readonly terminal: string;
  readonly maximumMinor: number;
  readonly commitTimeoutMs: number;
  /** When the service ends it by itself if nobody pays it. */
  readonly openUntilMs: number;
  state: "open" | "held" | "captured" | "ended";
  /** True from the scan to the PIN. */
  confirming: boolean;
  wasHeld: boolean;
  holdUntilMs: number | null;
  /** Since when a change waits to be asked about. */
  untoldSinceMs: number | null;
  /** What the service says that it holds, true or not. */
  readonly shownMinor: number;
  /** What a commit takes. */
  dueMinor: number;
  captures: number[];
  /** What is held still after a capture. */
  restMinor: number;
  freed: Freed | null;
  readonly tellsHoldTime: boolean;
}

/** Whether anything may still happen to it by itself. */
export function isLive(bill: Bill): boolean {
  return bill.state === "open" || bill.state === "held" || bill.untoldSinceMs !== null;
}

/** An offer that nobody has paid yet. */
export function newBill(
  reference: string,
  { id: saleId, position, terms }: Sale,
  kept: Pick<Bill, "terminal" | "openUntilMs" | "shownMinor" | "tellsHoldTime">,
): Bill {
  const { maximumMinor, commitTimeoutMs } = terms;
  return {
    ...{
      reference,
      saleId,
      service: terms.provider ?? "",
      position,
      maximumMinor,
      commitTimeoutMs,
      dueMinor: maximumMinor,
      ...kept,
    },
    ...{ state: "open", confirming: false, wasHeld: false, holdUntilMs: null, untoldSinceMs: null },
    ...{ captures: [], restMinor: 0, freed: null },
  };
}
