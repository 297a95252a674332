import type { SaleRecord } from "../core/sale/record.ts";
import type { FaultBoard } from "./fault-board.ts";

/** What a closed sale leaves for a person to look at. */
export function raiseFor(record: SaleRecord, faults: FaultBoard): void {
  const { position, saleId, outcome, meterCertain, loss } = record;
  if (outcome === "needs-attention") faults.raise("needs-attention", position, `sale ${saleId}`);
  // The rest was raised with the record before.
  if (record.amends === true) return;
  if (!meterCertain) faults.raise("needs-attention", position, `sale ${saleId}: the meter was not believed`);
  if (Number(loss) > 0) faults.raise("overrun", position, `sale ${saleId}: ${loss}`);
}
