import { randomInt } from "node:crypto";
import type { Loaded } from "../config/load.ts";
import { formatAmount, parseAmount } from "../core/money.ts";
import { refundableMinor, refundsOf } from "../core/refund.ts";
import type { SaleRecord } from "../core/sale/record.ts";
import { noTerminalBecause, type PaidSale } from "../engine/books/paid-sale.ts";
import { refund as makeRefund, type RefundOutcome, settleRefund } from "../engine/books/refund.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { agree } from "../platform/console/ask.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printJson, told } from "../platform/console/print.ts";
import { openJournalBeside } from "../platform/journal/sqlite/journal.ts";
import { takeRefundTurn } from "../platform/journal/sqlite/open.ts";
import type { Refunds } from "../ports/books.ts";
import { loadConfig } from "../wiring/load.ts";
import { configuredPayment, serviceNameOf } from "../wiring/payment.ts";
import { withBooks } from "./books.ts";
import { paidSale } from "./paid-sale.ts";

interface RefundOptions {
  readonly config: string;
  readonly amount?: string;
  readonly settle?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const BUSY = "Another kioskd is giving money back right now: nothing was done. Try again in a minute.";

export async function refund(saleId: string, options: RefundOptions): Promise<void> {
  const loaded = loadConfig(options.config);
  const { path } = loaded.config.journal;
  const sale = paidSale(path, saleId);
  const { currency } = sale.record;
  const amountMinor = options.amount === undefined ? null : parseAmount(options.amount, currency);
  if (amountMinor === undefined)
    throw new UsageError(`--amount: expected an amount such as "10.00", not "${options.amount}"`);
  const journal = openJournalBeside(loaded.config.journal);
  try {
    const deps = { journal, clock: systemClock(), takeTurn: () => takeRefundTurn(path) };
    if (options.settle !== undefined) return await settle(deps, sale, options.settle);
    refuseWithoutTerminal(loaded, sale.record);
    const newRefundId = (): string => `rf-${Date.now().toString(36)}-${randomInt(1e6)}`;
    const agreed = (minor: number, again: boolean) => agree(question(sale, minor, again), options.yes === true);
    const give = (refunds: Refunds | null): Promise<RefundOutcome> =>
      makeRefund({ ...deps, serviceOf: () => refunds, newRefundId, agree: agreed }, sale, amountMinor);
    const service = configuredPayment(loaded, serviceNameOf(sale.record));
    const outcome = await (service === null ? give(null) : withBooks(loaded, service, (books) => give(books.refunds)));
    const refunds = refundsOf(await journal.notes("refunds", saleId));
    const left = formatAmount(refundableMinor(sale.chargedMinor, refunds), currency);
    if (options.json === true) printJson({ ...outcome, left, currency });
    report(saleId, outcome, currency, left, options.json === true);
  } finally {
    await journal.close();
  }
}

function question({ record: { saleId, currency } }: PaidSale, amountMinor: number, again: boolean): string {
  const amount = `${formatAmount(amountMinor, currency)} ${currency}`;
  if (again) return `The refund of ${amount} out of sale ${saleId} has no clear answer. Send it again?`;
  return `Give back ${amount}, all that is left of sale ${saleId}?`;
}

async function settle(deps: Parameters<typeof settleRefund>[0], sale: PaidSale, what: string): Promise<void> {
  if (what !== "made" && what !== "not-made") throw new UsageError("--settle: expected made or not-made");
  const settled = await settleRefund(deps, sale, what === "made");
  if (settled === "busy") throw new CliError(BUSY);
  const { saleId, currency } = sale.record;
  if (settled === null) throw new CliError(`Sale ${saleId} has no refund without a clear answer.`);
  const amount = formatAmount(settled.amountMinor, currency);
  print(told`Refund ${settled.refundId} of ${amount} ${currency} is noted as ${what}.`);
}

/** Only the terminal that took the money can give it back. */
function refuseWithoutTerminal({ config }: Loaded, record: SaleRecord): void {
  const problem = noTerminalBecause(config, record);
  if (problem !== null) throw new CliError(problem);
}

function report(saleId: string, outcome: RefundOutcome, currency: string, left: string, quiet: boolean): void {
  switch (outcome.kind) {
    case "busy":
      throw new CliError(BUSY);
    case "made": {
      const amount = formatAmount(outcome.amountMinor, currency);
      if (!quiet)
        print(
          told`${amount} ${currency} of sale ${saleId} given back (${outcome.reference ?? outcome.refundId}); ${left} ${currency} are left.`,
        );
      return;
    }
    case "refused":
      throw new CliError(told`No refund: ${outcome.detail}. ${left} ${currency} of sale ${saleId} are left.`);
    case "unclear":
      throw new CliError(
        [
          told`Refund ${outcome.refundId} of ${formatAmount(outcome.amountMinor, currency)} ${currency} has no clear answer: ${outcome.detail}.`,
          "Look up at the payment service whether the money went back, then:",
          `  kioskd refund ${saleId} --settle made        when it was made`,
          `  kioskd refund ${saleId} --settle not-made    when it was not, then try again`,
        ].join("\n"),
      );
  }
}
