import { randomInt } from "node:crypto";
import { systemClock } from "../adapters/clock/system/clock.ts";
import { openJournalBeside } from "../adapters/journal/sqlite/journal.ts";
import { loadConfig } from "../config/load.ts";
import { formatAmount, parseAmount } from "../core/money.ts";
import { refundableMinor, refundsOf } from "../core/refund.ts";
import { refund as makeRefund, type RefundOutcome, settleRefund } from "../engine/refund.ts";
import { withBooks } from "./books.ts";
import { CliError, UsageError } from "./failure.ts";
import { paidSale } from "./paid-sale.ts";
import { print, printJson } from "./table.ts";

interface RefundOptions {
  readonly config: string;
  readonly amount?: string;
  readonly settle?: string;
  readonly json?: boolean;
}

export async function refund(saleId: string, options: RefundOptions): Promise<void> {
  const loaded = loadConfig(options.config);
  const sale = paidSale(loaded.config.journal.path, saleId);
  const { currency } = sale.record;
  const amountMinor = options.amount === undefined ? null : parseAmount(options.amount, currency);
  if (amountMinor === undefined)
    throw new UsageError(`--amount: expected an amount such as "10.00", not "${options.amount}"`);
  const journal = openJournalBeside(loaded.config.journal.path);
  try {
    const deps = {
      journal,
      clock: systemClock(),
      newRefundId: () => `rf-${Date.now().toString(36)}-${randomInt(1e6)}`,
    };
    if (options.settle !== undefined) {
      if (options.settle !== "made" && options.settle !== "not-made")
        throw new UsageError("--settle: expected made or not-made");
      const settled = await settleRefund(deps, sale, options.settle === "made");
      if (settled === null) throw new CliError(`Sale ${saleId} has no refund without a clear answer.`);
      print(
        `Refund ${settled.refundId} of ${formatAmount(settled.amountMinor, currency)} ${currency} is noted as ${options.settle}.`,
      );
      return;
    }
    const outcome = await withBooks(loaded, (books) => makeRefund({ ...deps, books }, sale, amountMinor));
    const refunds = refundsOf(await journal.notes("refunds", saleId));
    const left = formatAmount(refundableMinor(sale.chargedMinor, refunds), currency);
    if (options.json === true) printJson({ ...outcome, left, currency });
    report(saleId, outcome, currency, left, options.json === true);
  } finally {
    await journal.close();
  }
}

function report(saleId: string, outcome: RefundOutcome, currency: string, left: string, quiet: boolean): void {
  switch (outcome.kind) {
    case "made": {
      const amount = formatAmount(outcome.amountMinor, currency);
      if (!quiet)
        print(
          `${amount} ${currency} of sale ${saleId} given back (${outcome.reference ?? outcome.refundId}); ${left} ${currency} are left.`,
        );
      return;
    }
    case "refused":
      throw new CliError(`No refund: ${outcome.detail}. ${left} ${currency} of sale ${saleId} are left.`);
    case "unclear":
      throw new CliError(
        [
          `Refund ${outcome.refundId} of ${formatAmount(outcome.amountMinor, currency)} ${currency} has no clear answer: ${outcome.detail}.`,
          "It is not repeated, because the money could go back twice. Look it up at the payment service, then:",
          `  kioskd refund ${saleId} --settle made        when it was made`,
          `  kioskd refund ${saleId} --settle not-made    when it was not, then try again`,
        ].join("\n"),
      );
  }
}
