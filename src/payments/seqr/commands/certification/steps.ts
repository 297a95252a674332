import { amountMinorOf, amountOf } from "../../amount.ts";
import type { PaymentStatus } from "../../answer-schema.ts";
import { CODE, describeCode } from "../../codes.ts";
import type { Bench, Bill } from "./bench.ts";
import type { Bills } from "./bills.ts";
import { type Step, StepFailed } from "./step.ts";

export interface Script {
  readonly bench: Bench;
  readonly bills: Bills;
  readonly terminal: { readonly externalTerminalId: string; readonly password: string; readonly name: string };
  readonly seqrId: string;
  /** Between a bill and the poll for it in test 4. */
  readonly pauseMs: number;
}

const CLIENT_REFERENCE_MAX = 32;
const REPORT_ATTEMPTS = 10;
const REPORT_RETRY_MS = 3_000;
const REPORT = "Reconciliation/STD_RECON_007.xml";

/** The nine tests of the service's point-of-sale certification; the preliminary flow stands before the last one. */
export function certificationSteps(script: Script): readonly Step[] {
  return [
    ...setUp(script),
    ...paying(script),
    cancelling(script),
    refunding(script),
    reporting(script),
    ...preliminary(script),
    takingDown(script),
  ];
}

function setUp({ bench, terminal, seqrId }: Script): Step[] {
  return [
    {
      number: "1",
      name: "registerTerminal",
      expected: "0 and a terminalId",
      needs: [],
      async run() {
        const { terminalId } = await bench.asReseller("registerTerminal", terminal);
        if (terminalId === undefined) throw new StepFailed("0, but no terminalId");
        bench.useTerminal(terminalId, terminal.password);
        return `0, terminal ${terminalId}`;
      },
    },
    {
      number: "2",
      name: "assignSeqrId",
      expected: "0; clientReference sent, client time-out 0",
      needs: ["1"],
      async run() {
        await bench.asTerminal("assignSeqrId", { seqrId });
        const request = bench.lastExchange()?.request ?? "";
        const reference = textOf(request, "clientReference");
        const timeout = textOf(request, "clientRequestTimeout");
        const seen = `0; clientReference "${reference}", client time-out ${timeout}`;
        if (reference === "" || reference.length > CLIENT_REFERENCE_MAX || timeout !== "0") throw new StepFailed(seen);
        return seen;
      },
    },
  ];
}

function textOf(xml: string, element: string): string {
  return new RegExp(`<(?:\\w+:)?${element}>([^<]*)<`).exec(xml)?.[1] ?? "";
}

function paying({ bench, bills, pauseMs }: Script): Step[] {
  let bill: Bill = { reference: "", qrText: "" };
  let paymentReference = "";
  return [
    {
      number: "3",
      name: "sendInvoice",
      expected: "0 and a reference for two rows",
      needs: ["1"],
      async run() {
        bill = await bench.send(bills.immediate());
        return `0, bill ${bill.reference}`;
      },
    },
    {
      number: "4a",
      name: "getPaymentStatus",
      expected: "ISSUED before the scan",
      needs: ["3"],
      run: async () => statusText(await bench.expectStatus(bill, "ISSUED")),
    },
    {
      number: "4c",
      name: "getPaymentStatus",
      expected: "PAID after the scan",
      needs: ["4a"],
      async run() {
        const paid = await bench.scan(bill, `the payment of ${bills.money(bills.paidMinor)}`, "PAID");
        paymentReference = referenceOf(paid);
        return `PAID, payment ${paymentReference}`;
      },
    },
    {
      number: "4f",
      name: "getPaymentStatus",
      expected: `another bill, unpaid ${pauseMs / 1000} s later`,
      needs: ["4c"],
      async run() {
        const another = await bench.send(bills.immediate());
        bench.say(`   waiting ${pauseMs / 1000} s, nobody scans`);
        await bench.wait(pauseMs);
        const seen = await bench.poll(another);
        if (!["ISSUED", "CANCELED", "EXPIRED"].includes(seen.status ?? "")) throw new StepFailed(statusText(seen));
        return statusText(seen);
      },
    },
    {
      number: "5",
      name: "submitPaymentReceipt",
      expected: "0 after PAID",
      needs: ["4c"],
      async run() {
        const receiptDocument = bills.receiptOf(paymentReference);
        await bench.asTerminal("submitPaymentReceipt", { ersReference: paymentReference, receiptDocument });
        return "0";
      },
    },
  ];
}

function cancelling({ bench, bills }: Script): Step {
  return {
    number: "6",
    name: "cancelInvoice",
    expected: "ISSUED, then 0, then CANCELED",
    needs: ["1"],
    async run() {
      const bill = await bench.send(bills.immediate());
      await bench.expectStatus(bill, "ISSUED");
      await bench.asTerminal("cancelInvoice", { invoiceReference: bill.reference });
      await bench.expectStatus(bill, "CANCELED");
      return "ISSUED, then 0, then CANCELED";
    },
  };
}

function refunding({ bench, bills }: Script): Step {
  return {
    number: "7",
    name: "refundPayment",
    expected: "PAID, then 0",
    needs: ["1"],
    async run() {
      const bill = await bench.send(bills.immediate());
      await bench.expectStatus(bill, "ISSUED");
      const paid = await bench.scan(bill, `a payment of ${bills.money(bills.paidMinor)}, which is refunded`, "PAID");
      const ersReference = referenceOf(paid);
      const refund = await bench.asTerminal("refundPayment", { ersReference, invoice: bills.refundOf(ersReference) });
      return `PAID, then 0, refund ${refund.ersReference ?? "without a reference"}`;
    },
  };
}

function reporting({ bench }: Script): Step {
  return {
    number: "8",
    name: "markTransactionPeriod",
    expected: "0, a period, its report by executeReport",
    needs: ["1"],
    async run() {
      const terminal = { key: "TERMINALID", value: bench.terminalId };
      const marked = await bench.asReseller("markTransactionPeriod", mapOf([terminal]));
      const value = marked.transactionPeriodId ?? marked.ersReference;
      if (value === undefined) throw new StepFailed("0, but no transactionPeriodId");
      const asked = { reportId: REPORT, ...mapOf([{ key: "transactionPeriodId", value }, terminal]) };
      for (let attempt = 0; attempt < REPORT_ATTEMPTS; attempt++) {
        const reply = await bench.tryAsReseller("executeReport", asked);
        if (reply.kind !== "answer") throw new StepFailed(`period ${value}; ${reply.detail}`);
        if (reply.result.code === CODE.success) {
          if (reply.body.report === undefined) throw new StepFailed(`period ${value}; 0, but no report`);
          return `0, period ${value}, report "${reply.body.report.title ?? ""}"`;
        }
        if (reply.result.code !== CODE.reportNotReady) {
          throw new StepFailed(`period ${value}; executeReport: ${describeCode(reply.result)}`);
        }
        await bench.wait(REPORT_RETRY_MS);
      }
      throw new StepFailed(`period ${value}; no report after ${REPORT_ATTEMPTS} attempts`);
    },
  };
}

/** One `parameter` with many `entry`, as the schema has it. */
function mapOf(entry: readonly { readonly key: string; readonly value: string }[]): Readonly<Record<string, unknown>> {
  return { parameters: { parameter: { entry } } };
}

function preliminary({ bench, bills }: Script): Step[] {
  const { currency, deliveredMinor } = bills;
  const committed = bills.money(deliveredMinor);
  let bill: Bill = { reference: "", qrText: "" };
  return [
    {
      number: "P1",
      name: "sendInvoice",
      expected: "0 and a reference, preliminary amount",
      needs: ["1"],
      async run() {
        bill = await bench.send(bills.preliminary());
        return `0, bill ${bill.reference}`;
      },
    },
    {
      number: "P2",
      name: "getPaymentStatus",
      expected: "RESERVED after the scan",
      needs: ["P1"],
      run: async () => statusText(await bench.scan(bill, "the reservation", "RESERVED")),
    },
    {
      number: "P3",
      name: "updateInvoice",
      expected: `0, to ${committed}`,
      needs: ["P2"],
      async run() {
        await bench.asTerminal("updateInvoice", { invoiceReference: bill.reference, invoice: bills.delivered() });
        return "0";
      },
    },
    {
      number: "P4",
      name: "commitReservation",
      expected: `0, of ${committed}`,
      needs: ["P3"],
      async run() {
        const amount = amountOf(deliveredMinor, currency);
        await bench.asTerminal("commitReservation", { amount, invoiceReference: bill.reference });
        return "0";
      },
    },
    {
      number: "P5",
      name: "getPaymentStatus",
      expected: `PAID, ${committed}`,
      needs: ["P4"],
      async run() {
        const { status, receipt } = await bench.expectStatus(bill, "PAID");
        const total = receipt?.invoice?.totalAmount;
        if (total?.value === undefined) return `${status}, without an amount`;
        const seen = `${status}, ${total.value} ${total.currency ?? ""}`;
        const agrees = total.currency === currency && amountMinorOf(total.value, currency) === deliveredMinor;
        if (!agrees) throw new StepFailed(seen);
        return seen;
      },
    },
  ];
}

function takingDown({ bench }: Script): Step {
  return {
    number: "9",
    name: "unregisterTerminal",
    expected: "0",
    needs: ["1"],
    always: true,
    async run() {
      await bench.cancelOpenBill();
      await bench.asTerminal("unregisterTerminal", {});
      return "0";
    },
  };
}

function referenceOf({ status, ersReference, receipt }: PaymentStatus): string {
  const reference = ersReference ?? receipt?.paymentReference;
  if (reference === undefined) throw new StepFailed(`${status}, but no ersReference`);
  return reference;
}

function statusText({ status, version }: PaymentStatus): string {
  return `${status ?? "no status"}, version ${version ?? "missing"}`;
}
