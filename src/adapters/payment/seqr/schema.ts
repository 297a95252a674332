import { z } from "zod";

/**
 * What the service's answers must look like before anything follows from them. Elements may come in any order
 * and unknown ones are ignored; numbers, decimals and dates arrive as text.
 */

/** An element that carries attributes arrives as an object with its text inside. */
function unwrapped(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value === "object" && "attributes" in value) return "$value" in value ? value.$value : undefined;
  return value === "" ? undefined : value;
}

const text = z.preprocess(unwrapped, z.string().max(4096).optional());
/** What a display can draw as a code. */
const codeText = z.preprocess(unwrapped, z.string().max(512).optional());
const whole = z.preprocess(
  unwrapped,
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
  invoice: z.preprocess(unwrapped, z.object({ totalAmount: z.preprocess(unwrapped, amount.optional()) }).optional()),
});

const plain = z.object({ resultCode: whole, ersReference: text });

const longText = z.preprocess(unwrapped, z.string().optional());
const report = z.object({ title: text, mimeType: text, content: longText, contentString: longText });

export const ANSWERS = {
  registerTerminal: plain.extend({ terminalId: text }),
  unregisterTerminal: plain,
  assignSeqrId: plain,
  sendInvoice: plain.extend({ invoiceQRCode: codeText, invoiceReference: text }),
  updateInvoice: plain,
  getPaymentStatus: plain.extend({
    status: text,
    receipt: z.preprocess(unwrapped, receipt.optional()),
    version: whole.optional().catch(undefined),
  }),
  commitReservation: plain,
  cancelInvoice: plain,
  refundPayment: plain,
  submitPaymentReceipt: plain,
  markTransactionPeriod: plain.extend({ transactionPeriodId: text }),
  executeReport: plain.extend({ report: z.preprocess(unwrapped, report.optional()) }),
} as const;

export type Operation = keyof typeof ANSWERS;
export type AnswerOf<K extends Operation> = z.output<(typeof ANSWERS)[K]>;
export type PaymentStatus = AnswerOf<"getPaymentStatus">;
export type WireReport = z.output<typeof report>;

/** The outermost element of every answer. */
export const ENVELOPED = z.object({ return: z.unknown() });
