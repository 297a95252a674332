import { z } from "zod";

/** What the simulator reads of a request; the SOAP package has turned it into objects with text in them. */
const text = z.preprocess((value) => value ?? undefined, z.string().optional());
const whole = z.preprocess(
  (value) => value ?? undefined,
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .optional(),
);

const amount = z.object({ currency: text, value: text });
const row = z.object({ itemDescription: text, itemQuantity: text, itemTotalAmount: amount.optional() });
const invoice = z.object({
  paymentMode: text,
  title: text,
  clientInvoiceId: text,
  invoiceRows: z.object({ invoiceRow: z.array(row).optional() }).nullish(),
  totalAmount: amount.optional(),
  commitReservationTimeout: whole,
});

const context = z.object({
  initiatorPrincipalId: z.object({ id: text, type: text, userId: text }).optional(),
  password: text,
});

export const REQUEST = z.object({
  context: context.optional(),
  externalTerminalId: text,
  password: text,
  seqrId: text,
  invoice: invoice.optional(),
  invoiceReference: text,
  invoiceVersion: whole,
  amount: amount.optional(),
});

export type Request = z.output<typeof REQUEST>;
export type Invoice = z.output<typeof invoice>;
export type WireAmount = z.output<typeof amount>;
