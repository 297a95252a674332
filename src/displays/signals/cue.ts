import type { Message, PositionView } from "../../core/sale/view.ts";
import { isBrokenOff } from "../screen.ts";

/** What somebody who does not see the screen, or does not hear, is told of a sale. */
export type Cue = "ready" | "approved" | "ended" | "failed";

/** Between approval and the end of what flows the lamp stays on. */
const IN_USE: ReadonlySet<Message> = new Set(["begin", "dispensing"]);

const CUES: Readonly<Partial<Record<Message, Cue>>> = {
  scan: "ready",
  "scan-again": "failed",
  begin: "approved",
  dispensing: "approved",
  paid: "ended",
  canceled: "ended",
  declined: "failed",
  "amount-impossible": "failed",
  expired: "failed",
  "nothing-dispensed": "ended",
  "too-little": "ended",
  unavailable: "failed",
  failed: "failed",
  "in-review": "failed",
  "staff-decides": "failed",
};

/** What there is to tell when one view follows another; null for nothing, as at the start. */
export function cueOf(before: PositionView | undefined, now: PositionView): Cue | null {
  if (before === undefined || (before.message === now.message && before.saleId === now.saleId)) return null;
  if (IN_USE.has(now.message) && IN_USE.has(before.message) && before.saleId === now.saleId) return null;
  if (now.message === "paid" && isBrokenOff(now)) return "failed";
  return CUES[now.message] ?? null;
}

export function isInUse({ message }: PositionView): boolean {
  return IN_USE.has(message);
}
