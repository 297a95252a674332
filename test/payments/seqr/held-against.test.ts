import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Truth } from "../../../src/core/sale/resolve.ts";
import type { Sale } from "../../../src/core/sale/state.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { DEMO_TERMINAL } from "../../../src/payments/seqr/simulator/server.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import { contractSale } from "../../contract/payment.ts";
import { ALWAYS, FREE } from "../../support/sale-fixtures.ts";
import { CLOCK, envelope, memoryLog, type RawServer, rawServer, type SeqrRig, seqrRig, settingsFor } from "./rig.ts";

const SALE = contractSale();
const REFERENCE = "1700000000001";

/** What the service says next to any request. */
let said = "";
let server: RawServer;
let provider: PaymentProvider;

beforeAll(async () => {
  server = await rawServer((_request, response) => {
    response.setHeader("Content-Type", "text/xml");
    response.end(envelope("getPaymentStatus", said));
  });
  provider = await createSeqrProvider(settingsFor(server.endpoint), CLOCK, memoryLog());
});

afterAll(async () => {
  await provider.close();
  await server.close();
});

function receipt(fields: Readonly<Record<string, string>>, total = ""): string {
  const inside = Object.entries(fields).map(([name, text]) => `<${name}>${text}</${name}>`);
  const invoice = total === "" ? "" : `<invoice><totalAmount>${total}</totalAmount></invoice>`;
  return `<receipt>${inside.join("")}${invoice}</receipt>`;
}

const total = (value: string, currency = "SEK"): string => `<currency>${currency}</currency><value>${value}</value>`;
const inSek = (value: string): string => receipt({}, total(value));

async function seen(status: string, inside: string, sale: Sale = SALE): Promise<Truth> {
  said = `<ersReference>E1</ersReference><resultCode>0</resultCode><status>${status}</status>${inside}<version>1</version>`;
  const outcome = await provider.query(sale, REFERENCE);
  if (outcome.kind !== "done") throw new Error(outcome.detail);
  return outcome.value;
}

describe("a receipt of somebody else's is different, whatever the status", () => {
  it.each([
    ["bill", { invoiceReference: "1700000000002" }],
    ["terminal", { terminalId: "another" }],
    ["sale", { clientInvoiceId: "another" }],
  ])("of another %s", async (what, fields) => {
    for (const status of ["ISSUED", "RESERVED", "PAID", "CANCELED"]) {
      expect(await seen(status, receipt(fields))).toMatchObject({ state: "different" });
      expect(await seen(status, receipt(fields))).toHaveProperty("detail", expect.stringContaining(what));
    }
  });

  it("and one that agrees, or leaves all of it out, is this sale's", async () => {
    const ours = { terminalId: DEMO_TERMINAL.id, clientInvoiceId: SALE.id, invoiceReference: REFERENCE };
    for (const fields of [ours, {}])
      expect(await seen("PAID", receipt(fields, total("99.45")))).toMatchObject({ capturedMinor: 9_945 });
  });
});

describe("the amount of a receipt", () => {
  it.each<[string, string, object]>([
    ["left out", "", { state: "captured", capturedMinor: null }],
    ["empty", receipt({}, "<currency>SEK</currency>"), { state: "captured", capturedMinor: null }],
    ["shown", inSek("99.45"), { state: "captured", capturedMinor: 9_945 }],
    ["shown with zeros", inSek("99.45000"), { state: "captured", capturedMinor: 9_945 }],
    ["nothing", inSek("0.00"), { state: "captured", capturedMinor: 0 }],
    ["of another currency", receipt({}, total("99.45", "EUR")), { state: "different" }],
    ["of another currency, without a figure", receipt({}, "<currency>EUR</currency>"), { state: "different" }],
    ["without a currency", receipt({}, "<value>99.45</value>"), { state: "unclear" }],
    ["negative", inSek("-99.45"), { state: "unclear" }],
    ["a word", inSek("ninety"), { state: "unclear" }],
    ["too fine", inSek("99.451"), { state: "unclear" }],
    ["with an exponent", inSek("3e2"), { state: "unclear" }],
    ["with a comma", inSek("99,45"), { state: "unclear" }],
    ["of 41 digits", inSek("9".repeat(41)), { state: "unclear" }],
  ])("%s", async (_what, inside, truth) => {
    expect(await seen("PAID", inside)).toMatchObject(truth);
  });

  it.each<[string, string, object]>([
    ["left out: what was asked for", "", { state: "held", authorisedMinor: 30_000 }],
    ["less: no more than that", inSek("10.00"), { state: "held", authorisedMinor: 1_000 }],
    ["more: no more than was asked for", inSek("900.00"), { state: "held", authorisedMinor: 30_000 }],
    ["of another currency", receipt({}, total("300.00", "EUR")), { state: "different" }],
    ["a word", inSek("much"), { state: "unclear" }],
  ])("of a reservation, %s", async (_what, inside, truth) => {
    expect(await seen("RESERVED", inside)).toMatchObject(truth);
  });

  it.each([
    ["KWD", "1.234", 1_234],
    ["KWD", "1.23400", 1_234],
    ["JPY", "500", 500],
    ["JPY", "500.00000", 500],
    ["SEK", "5.00000", 500],
  ])("in %s: %s is %i of the minor unit", async (currency, value, capturedMinor) => {
    const { terms } = SALE;
    const sale = { ...SALE, terms: { ...terms, tariff: { ...terms.tariff, currency } } };
    expect(await seen("PAID", receipt({}, total(value, currency)), sale)).toMatchObject({ capturedMinor });
  });
});

describe("a lost offer whose replacement has another sale's name", () => {
  let rig: SeqrRig;

  beforeAll(async () => {
    rig = await seqrRig();
  });

  afterAll(async () => {
    await rig.provider.close();
    await rig.close();
  });

  it("is cancelled by nobody", async () => {
    const sale = contractSale();
    const outcome = await rig.provider.release(sale, null, ALWAYS, async () => false, FREE);
    expect(outcome).toMatchObject({ kind: "done", value: { state: "different" } });
    const bills = rig.simulator.book.bills(Date.now()).filter((bill) => bill.clientInvoiceId === sale.id);
    expect(bills.map(({ status, cancels }) => [status, cancels])).toEqual([["ISSUED", 0]]);
  });
});
