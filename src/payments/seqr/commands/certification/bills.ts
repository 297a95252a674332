import { formatAmount } from "../../../../core/money.ts";
import { saleRecord } from "../../../../core/sale/record.ts";
import type { Delivery, Sale } from "../../../../core/sale/state.ts";
import { limitBase, priceMinor } from "../../../../core/tariff.ts";
import { CliError } from "../../../../platform/console/failure.ts";
import { amountOf } from "../../amount.ts";
import type { SeqrSite } from "../../config.ts";
import { deliveryInvoice, offerInvoice, refundInvoice } from "../../invoice.ts";
import { type ReceiptSettings, receiptDocument } from "../../receipt.ts";
import { TILL } from "./bench.ts";

type Body = Readonly<Record<string, unknown>>;

/** What the certification's bills are made of: the kiosk's own bodies, with the first position's product. */
export interface Bills {
  readonly currency: string;
  /** At most what was reserved, and less than it. */
  readonly deliveredMinor: number;
  readonly paidMinor: number;
  /** To be debited at once. */
  immediate(): Body;
  preliminary(): Body;
  delivered(): Body;
  refundOf(paymentReference: string): Body;
  receiptOf(paymentReference: string): Body;
  money(amountMinor: number): string;
}

const ROWS_MINOR = [100, 250] as const;
const PLAIN_RECEIPT: ReceiptSettings = { mimeType: "text/plain", type: "PAYMENT_RECEIPT", content: "text" };

export function billsFor({ kiosk, section, positions, timing }: SeqrSite, now: () => number): Bills {
  const [position] = positions;
  if (position === undefined) throw new CliError("The configuration has no position.");
  const { productName, sku, tariff, reserveMinor } = position.goods;
  const { currency } = tariff;
  const { footer, receipt } = section;
  const texts = { title: kiosk.name, footer };
  const maximumMinor = Math.max(2, reserveMinor[0] ?? 0);
  const paidMinor = ROWS_MINOR[0] + ROWS_MINOR[1];
  const startedMs = now();
  let made = 0;

  function newSale(): Sale {
    made += 1;
    const terms = { productName, sku, tariff, maximumMinor, ...timing };
    return { id: `certify-${startedMs.toString(36)}-${made}`, position: TILL, selectedAtMs: now(), terms };
  }

  const preliminarySale = newSale();
  const quantityBase = Math.max(1, limitBase(tariff, Math.floor(maximumMinor / 2)));
  const deliveredMinor = Math.min(priceMinor(tariff, quantityBase), maximumMinor - 1);

  function deliveryOf(amountMinor: number): Delivery {
    return {
      startBase: 0,
      endBase: quantityBase,
      quantityBase,
      amountMinor,
      lossMinor: 0,
      certain: true,
      endedAtMs: now(),
    };
  }

  function immediate(): Body {
    const { commitReservationTimeout: _preliminaryOnly, ...bill } = offerInvoice(newSale(), texts, now());
    const invoiceRow = ROWS_MINOR.map((amountMinor, index) => ({
      itemDescription: `Certification, row ${index + 1}`,
      itemQuantity: "1",
      itemTotalAmount: amountOf(amountMinor, currency),
    }));
    const total = amountOf(paidMinor, currency);
    return { ...bill, paymentMode: "IMMEDIATE_DEBIT", invoiceRows: { invoiceRow }, totalAmount: total };
  }

  function refundOf(paymentReference: string): Body {
    const { id, position: till } = newSale();
    const what = { productName, amountMinor: paidMinor, currency };
    return refundInvoice({ refundId: id, saleId: id, position: till, paymentReference, ...what }, texts, now());
  }

  function receiptOf(paymentReference: string): Body {
    const record = saleRecord({
      phase: "closed",
      outcome: "paid",
      reason: null,
      sale: newSale(),
      offer: null,
      hold: null,
      delivery: deliveryOf(paidMinor),
      chargedMinor: paidMinor,
      receipt: { paymentReference, paidAt: null, details: {} },
      closedAtMs: now(),
    });
    return receiptDocument(record, receipt ?? PLAIN_RECEIPT, texts.title);
  }

  return {
    currency,
    deliveredMinor,
    paidMinor,
    immediate,
    preliminary: () => offerInvoice(preliminarySale, texts, now()),
    delivered: () => deliveryInvoice(preliminarySale, deliveryOf(deliveredMinor), texts, now()),
    refundOf,
    receiptOf,
    money: (amountMinor) => `${formatAmount(amountMinor, currency)} ${currency}`,
  };
}
