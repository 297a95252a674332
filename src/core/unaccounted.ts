import { formatQuantity, type Unit } from "./quantity.ts";
import { isoTime } from "./time.ts";

/** What flowed, or may have, without a sale that it could be charged to. On record, and sent to the operator. */
export interface Unaccounted {
  readonly position: string;
  readonly at: string;
  readonly unit: string;
  /** Null when nobody can say how much. */
  readonly quantity: string | null;
  readonly detail: string;
}

export function unaccounted(
  { position, unit, atMs }: { position: string; unit: Unit; atMs: number },
  quantityBase: number | null,
  detail: string,
): Unaccounted {
  const quantity = quantityBase === null ? null : formatQuantity(quantityBase, unit);
  return { position, at: isoTime(atMs), unit, quantity, detail };
}
