import type { Sale } from "../../core/sale/state.ts";
import { amountMinorOf } from "./amount.ts";
import type { PaymentStatus } from "./answer-schema.ts";

/** What an answer about a bill must agree with. */
export interface Expected {
  readonly sale: Sale;
  readonly reference: string;
  /** Of the position's terminal; null when it has none. */
  readonly terminalId: string | null;
}

/** An amount that the service may leave out, say in a way that nobody understands, or say of another currency. */
export type ShownAmount =
  | { readonly kind: "absent" }
  | { readonly kind: "shown"; readonly amountMinor: number }
  | { readonly kind: "unclear" | "different"; readonly detail: string };

/** Whose receipt it is, if not this sale's; null when all that it says agrees. What it leaves out agrees. */
export function contradictionIn(status: PaymentStatus, { sale, reference, terminalId }: Expected): string | null {
  const { receipt } = status;
  const said = [
    ["bill", receipt?.invoiceReference, reference],
    ["terminal", receipt?.terminalId, terminalId ?? undefined],
    ["sale", receipt?.clientInvoiceId, sale.id],
  ] as const;
  const other = said.find(([, shown, ours]) => shown !== undefined && ours !== undefined && shown !== ours);
  return other === undefined ? null : `the receipt is of another ${other[0]}: ${brief(other[1])}`;
}

export function shownAmount(status: PaymentStatus, currency: string): ShownAmount {
  const total = status.receipt?.invoice?.totalAmount;
  if (total?.currency !== undefined && total.currency !== currency)
    return { kind: "different", detail: `the amount is in ${brief(total.currency)}, not in ${currency}` };
  if (total?.value === undefined) return { kind: "absent" };
  const amountMinor = total.currency === undefined ? null : amountMinorOf(total.value, currency);
  if (amountMinor === null) return { kind: "unclear", detail: `the amount is "${brief(total.value)}"` };
  return { kind: "shown", amountMinor };
}

function brief(text: string | undefined): string {
  return (text ?? "").slice(0, 40);
}
