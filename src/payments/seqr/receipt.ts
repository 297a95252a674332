import type { SaleRecord } from "../../core/sale/record.ts";

export interface ReceiptSettings {
  readonly mimeType: string;
  /** Such as PAYMENT_RECEIPT; a plain text to the service. */
  readonly type: string;
  readonly content: "text" | "html" | "empty";
}

/** The receipt as the service takes it, in schema order. */
export function receiptDocument(
  sale: SaleRecord,
  { mimeType, type, content }: ReceiptSettings,
  title: string,
): Readonly<Record<string, string>> {
  const receiptData = Buffer.from(RENDERERS[content](title, linesOf(sale)), "utf8").toString("base64");
  return { mimeType, receiptData, receiptType: type };
}

type Lines = readonly (readonly [label: string, value: string])[];

const RENDERERS = {
  text: (title: string, lines: Lines): string =>
    [title, ...lines.map(([label, value]) => `${label}: ${value}`)].join("\n"),
  html: (title: string, lines: Lines): string => {
    const rows = lines.map(([label, value]) => `<tr><th>${escaped(label)}</th><td>${escaped(value)}</td></tr>`);
    const heading = escaped(title);
    return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${heading}</title></head><body><h1>${heading}</h1><table>${rows.join("")}</table></body></html>`;
  },
  empty: (): string => "",
} as const;

function linesOf(sale: SaleRecord): Lines {
  return [
    ["Product", sale.product],
    ["Quantity", `${sale.quantity} ${sale.unit}`],
    ["Price", `${sale.unitPrice} ${sale.currency}/${sale.unit}`],
    ["Charged", `${sale.charged} ${sale.currency}`],
    ["Of which tax", `${sale.tax} ${sale.currency}`],
    ["Time", sale.closedAt],
    ["Sale", sale.saleId],
    ["Reference", sale.reference ?? "-"],
  ];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
