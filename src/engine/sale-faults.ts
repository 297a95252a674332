import type { SaleRecord } from "../core/sale/record.ts";
import type { FaultBoard } from "./fault-board.ts";

/** What a closed sale leaves for a person to look at. */
export function raiseFor({ position, saleId, outcome, meterCertain, loss }: SaleRecord, faults: FaultBoard): void {
  if (outcome === "needs-attention") faults.raise("needs-attention", position, `sale ${saleId}`);
  if (!meterCertain) faults.raise("needs-attention", position, `sale ${saleId}: the meter was not believed`);
  if (Number(loss) > 0) faults.raise("overrun", position, `sale ${saleId}: ${loss}`);
}
