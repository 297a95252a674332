import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Sale } from "../../../src/core/sale/state.ts";
import { RESULT_CODES } from "../../../src/payments/seqr/codes.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { covering } from "../../support/sample.ts";
import { type Aim, type Ending, OFFERS_MAX, offered, resolved } from "../sale-drive.ts";
import { CLOCK, memoryLog, type SeqrRig, seqrRig, settingsFor } from "./rig.ts";

interface Row {
  readonly op: string;
  readonly aim: Aim;
  readonly mode: string;
  readonly resultCode: number;
  readonly count: number;
  readonly ending: Ending;
}

/** What every service may meet is in the table of all of them. */
const SILENT_MODES = ["drop-request", "drop-response", "delay", "soap-fault", "html", "truncate"];
/** An answer that is not delayed on purpose comes sooner, on a busy machine too. */
const HASTE_MS = 250;

const WRITES: readonly { readonly op: string; readonly aim: Aim }[] = [
  { op: "sendInvoice", aim: "commit" },
  { op: "sendInvoice", aim: "release" },
  { op: "updateInvoice", aim: "commit" },
  { op: "commitReservation", aim: "commit" },
  { op: "cancelInvoice", aim: "release" },
];

/** Only a definite no to this very request ends a sale; whatever a terminal is refused for, waits to be mended. */
function endingOf(op: string, aim: Aim, resultCode: number): Ending {
  const treatment = RESULT_CODES.get(resultCode)?.treatment;
  if (op === "sendInvoice" && (treatment === "give-up" || treatment === "operator")) return "declined";
  if (aim === "commit" && treatment === "give-up") return "declined";
  return aim === "commit" ? "paid" : "released";
}

const ROWS: readonly Row[] = WRITES.flatMap(({ op, aim }) => {
  const ending = aim === "commit" ? ("paid" as const) : ("released" as const);
  const once = SILENT_MODES.map((mode) => ({ op, aim, mode, resultCode: 90, count: 1, ending }));
  const twice = once.map((row) => ({ ...row, count: 2 }));
  const never =
    op === "sendInvoice" ? once.map((row) => ({ ...row, count: OFFERS_MAX, ending: "released" as const })) : [];
  const codes = [...RESULT_CODES.keys(), 777].map((resultCode) => {
    return { op, aim, mode: "result-code", resultCode, count: 1, ending: endingOf(op, aim, resultCode) };
  });
  return [...once, ...twice, ...never, ...codes];
});

const REPEATED: readonly Row[] = [...RESULT_CODES.values()]
  .filter(({ treatment }) => treatment === "give-up" || treatment === "operator")
  .map(({ code }) => {
    const ending = "released" as const;
    return { op: "sendInvoice", aim: "release", mode: "lost, then refused", resultCode: code, count: 1, ending };
  });

/** Each write with each trouble and each treatment of a code, each trouble so many times, and each code. */
const TAKEN = covering(
  "sale table",
  [...ROWS, ...REPEATED],
  [
    ({ op, aim, mode, resultCode }) => `${op} ${aim} ${mode} ${RESULT_CODES.get(resultCode)?.treatment}`,
    ({ op, aim, ending }) => `${op} ${aim} ${ending}`,
    ({ mode, count }) => `${mode} ${count}`,
    ({ op, count }) => `${op} ${count}`,
    ({ mode, resultCode }) => `${mode} ${resultCode}`,
  ],
);

let rig: SeqrRig;
/** Waits less than a delayed answer takes. */
let hasty: PaymentProvider;

beforeAll(async () => {
  rig = await seqrRig();
  hasty = await createSeqrProvider(
    settingsFor(rig.simulator.endpoint, { requestTimeoutMs: HASTE_MS }),
    CLOCK,
    memoryLog(),
  );
});

afterEach(async () => {
  await fetch(`${new URL(rig.simulator.endpoint).origin}/faults`, { method: "DELETE" });
});

afterAll(async () => {
  console.info(`sale table: ${TAKEN.length} of ${ROWS.length + REPEATED.length} rows`);
  await hasty.close();
  await rig.provider.close();
  await rig.close();
});

async function driven({ op, aim, mode, resultCode, count }: Row, sale: Sale): Promise<Ending | "open"> {
  const provider = mode === "delay" ? hasty : rig.provider;
  const fault = () => rig.fault({ op, mode, resultCode, count, delayMs: 1.5 * HASTE_MS });
  if (mode === "lost, then refused") {
    await rig.fault({ op, mode: "drop-response", count: 1 });
    await rig.fault({ op, mode: "result-code", resultCode, count });
  } else if (op === "sendInvoice") await fault();
  const reference = await offered(provider, sale);
  if (reference === "declined") return "declined";
  if (reference === null) return resolved(provider, sale, null, "release");
  await rig.confirm(reference);
  expect(await rig.provider.query(sale, reference)).toMatchObject({ kind: "done", value: { state: "held" } });
  if (op !== "sendInvoice") await fault();
  return resolved(provider, sale, reference, aim);
}

describe("a sale with one write going wrong", () => {
  it.each(TAKEN)("$op for a $aim, $mode $resultCode, $count times: $ending", async (row) => {
    const sale = contractSale();
    expect(await driven(row, sale)).toBe(row.ending);
    const bills = rig.simulator.book.bills(Date.now()).filter((bill) => bill.clientInvoiceId === sale.id);
    const commits = bills.reduce((sum, bill) => sum + bill.commits, 0);
    expect(commits).toBe(row.ending === "paid" ? 1 : 0);
    expect(await rig.charged(sale.id)).toBe(row.ending === "paid" ? CONTRACT_DELIVERY.amountMinor : 0);
    expect(bills.reduce((sum, bill) => sum + bill.refunds, 0)).toBe(0);
    if (row.ending !== "declined") expect(await rig.held(sale.id)).toBe(0);
    if (row.ending === "released") expect(bills.every(({ status }) => status === "CANCELED")).toBe(true);
  });
});
