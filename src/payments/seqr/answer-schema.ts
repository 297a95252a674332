import { z } from "zod";

/**
 * What the service's answers must look like before anything follows from them. Elements may come in any order
 * and unknown ones are ignored; numbers, decimals and dates arrive as text.
 */

/** An empty element says as little as a missing one. */
function filled(value: unknown): unknown {
  return value === null || value === "" ? undefined : value;
}

const text = z.preprocess(filled, z.string().max(4096).optional());
/** What a display can draw as a code. */
const codeText = z.preprocess(filled, z.string().max(512).optional());
const whole = z.preprocess(
  filled,
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
);

const amount = z.object({ currency: text, value: text });

const receipt = z.object({
  terminalId: text,
  paymentDate: text,
  clientInvoiceId: text,
  invoiceReference: text,
  paymentReference: text,
  payerTerminalId: text,
  receiverName: text,
  invoice: z.preprocess(filled, z.object({ totalAmount: z.preprocess(filled, amount.optional()) }).optional()),
});

const plain = z.object({ resultCode: whole, ersReference: text });

const longText = z.preprocess(filled, z.string().optional());
const report = z.object({ title: text, mimeType: text, content: longText, contentString: longText });

export const ANSWERS = {
  registerTerminal: plain.extend({ terminalId: text }),
  unregisterTerminal: plain,
  assignSeqrId: plain,
  sendInvoice: plain.extend({ invoiceQRCode: codeText, invoiceReference: text }),
  updateInvoice: plain,
  getPaymentStatus: plain.extend({
    status: text,
    receipt: z.preprocess(filled, receipt.optional()),
    version: whole.optional().catch(undefined),
  }),
  commitReservation: plain,
  cancelInvoice: plain,
  refundPayment: plain,
  submitPaymentReceipt: plain,
  markTransactionPeriod: plain.extend({ transactionPeriodId: text }),
  executeReport: plain.extend({ report: z.preprocess(filled, report.optional()) }),
} as const;

export type Operation = keyof typeof ANSWERS;
export type AnswerOf<K extends Operation> = z.output<(typeof ANSWERS)[K]>;
export type PaymentStatus = AnswerOf<"getPaymentStatus">;
export type WireReport = z.output<typeof report>;
