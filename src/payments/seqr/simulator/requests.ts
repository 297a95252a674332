import { z } from "zod";

/** What the simulator reads of a request; the SOAP package has turned it into objects with text in them. */
const text = z.preprocess(unwrapped, z.string().optional());
const whole = z.preprocess(
  (value) => trimmed(unwrapped(value)),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .optional(),
);

/** A valid decimal may have a plus, no digit before its point, and zeros at its end; amounts here have none of these. */
const decimal = z.preprocess(
  (value) => trimmed(unwrapped(value)),
  z
    .string()
    .transform((number) => number.replace(/^\+/, "").replace(/(\.\d*?)0+$/, "$1"))
    .transform((number) => number.replace(/\.$/, "").replace(/^(-?)\./, "$10."))
    .optional(),
);

/** An empty element is not a missing one. */
const presentText = z.preprocess((value) => (value === null ? "" : unwrapped(value)), z.string().optional());

const amount = z.object({ currency: text, value: decimal });
const row = z.object({ itemDescription: text, itemQuantity: text, itemTotalAmount: amount.optional() });
const invoice = z.object({
  paymentMode: text,
  title: text,
  clientInvoiceId: text,
  invoiceRows: z.object({ invoiceRow: z.array(row).optional() }).nullish(),
  totalAmount: amount.optional(),
  cashierId: text,
  notificationUrl: text,
  commitReservationTimeout: whole,
});

const context = z.object({
  initiatorPrincipalId: z.object({ id: text, type: text, userId: text }).optional(),
  password: text,
});

const entries = z.preprocess(
  (value) => (value === undefined || Array.isArray(value) ? value : [value]),
  z.array(z.object({ key: text, value: text })).optional(),
);

/** The schema nests the entries twice; the vendor's help pages leave one level out. */
const parameterMap = z
  .object({ parameter: z.object({ entry: entries }).nullish(), entry: entries })
  .nullish()
  .transform((map) => {
    const listed = [...(map?.parameter?.entry ?? []), ...(map?.entry ?? [])];
    return new Map(listed.map(({ key, value }) => [key ?? "", value ?? ""]));
  });

const receiptDocument = z
  .object({ mimeType: presentText, receiptData: presentText, receiptType: presentText })
  .nullish()
  .transform((document) => document ?? undefined);

export const REQUEST = z.object({
  context: context.optional(),
  externalTerminalId: text,
  password: text,
  seqrId: text,
  invoice: invoice.optional(),
  invoiceReference: text,
  invoiceVersion: whole,
  amount: amount.optional(),
  ersReference: text,
  receiptDocument,
  reportId: text,
  parameters: parameterMap,
});

export type Request = z.output<typeof REQUEST>;
export type Invoice = z.output<typeof invoice>;
export type WireAmount = z.output<typeof amount>;
export type ReceiptDocument = NonNullable<z.output<typeof receiptDocument>>;
export type ReportParameters = z.output<typeof parameterMap>;

/** An element that carries attributes arrives as an object with its text inside. */
function unwrapped(value: unknown): unknown {
  if (value === null) return undefined;
  return typeof value === "object" && "attributes" in value ? ("$value" in value ? value.$value : "") : value;
}

function trimmed(value: unknown): unknown {
  return typeof value === "string" ? value.trim() : value;
}
