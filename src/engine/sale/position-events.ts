import type { Matter } from "../../core/matters.ts";
import type { SaleRecord } from "../../core/sale/record.ts";

/** What a position tells the kiosk around it. None of them may throw. */
export interface PositionEvents {
  /** What the display shows of the position may be another now. */
  changed(): void;
  /** A sale has closed, or something was learned of one that had; its record is in the journal. */
  closed(record: SaleRecord): void;
  /** The customer chose at the device itself, before paying. */
  wanted(quantityBase: number): void;
  /** A note other than a sale's record is in the journal. */
  noted(): void;
  /** A person has to look at something that no record will tell. */
  forPerson(matter: Matter): void;
  /** The journal refuses for good: the daemon must end, so that it is restarted and recovers. */
  fatal(reason: string): void;
}
