import { describe, expect, it } from "vitest";
import { bookedPayments } from "../../../src/payments/seqr/report.ts";

const TERMINAL = "2469e0bf14214797880cafb0eda1b535";

function row(amount: string, reference: string, more = ""): string {
  return `<Row><TerminalId>${TERMINAL}</TerminalId><CashierId>1</CashierId><SalesAmount>${amount}</SalesAmount><ErsReference>${reference}</ErsReference>${more}</Row>`;
}

function details(inside: string): string {
  const meta = "<Meta><ResellerId>hm1</ResellerId><GeneratedAt>2012-07-18 15:21</GeneratedAt></Meta>";
  return `<?xml version="1.0" encoding="UTF-8"?>\n<TransactionDetails>${meta}\n${inside}\n</TransactionDetails>`;
}

const TWO = row("93.31000", "101") + row("-30.00000", "104");
const BOOKED = [
  { paymentReference: "101", amountMinor: 9331 },
  { paymentReference: "104", amountMinor: -3000 },
];

describe("a report is read", () => {
  it.each([
    ["as documented", details(TWO)],
    ["with blanks before it", `\n  ${details(TWO)}\n`],
    ["with a byte order mark", `\uFEFF${details(TWO)}`],
    [
      "with elements nobody knows",
      details(`<New a="b"><Deep>1</Deep></New>${TWO.replace("</Row>", "<Extra/></Row>")}`),
    ],
    ["with a prefix", details(TWO).replace(/<(\/?)(Row|TransactionDetails)/g, "<$1r:$2")],
    ["with a root of another name", details(TWO).replaceAll("TransactionDetails", "CashierTransactionSummary")],
    [
      "with a root closed by another name",
      details(TWO).replace("</TransactionDetails>", "</TerminalTransactionSummary>"),
    ],
    [
      "with a root opened again instead of closed",
      details(TWO).replace("</TransactionDetails>", "<TransactionDetails>"),
    ],
    ["with its rows inside another element", details(`<Rows>${TWO}</Rows>`)],
    ["with comments and CDATA", details(TWO.replace("101", "<!-- no --><![CDATA[101]]>"))],
    ["without terminal ids", details(TWO.replaceAll(/<TerminalId>.*?<\/TerminalId>/g, ""))],
  ])("%s", async (_name, text) => {
    expect(await bookedPayments(text, TERMINAL, "SEK")).toEqual({ kind: "done", value: BOOKED });
  });

  it("without rows, of a period in which nothing was paid", async () => {
    expect(await bookedPayments(details(""), TERMINAL, "SEK")).toEqual({ kind: "done", value: [] });
    expect(await bookedPayments("<TransactionDetails/>", TERMINAL, "SEK")).toEqual({ kind: "done", value: [] });
  });

  it.each([
    ["0.29000", "SEK", 29],
    ["1.15000", "SEK", 115],
    ["10", "SEK", 1000],
    ["-0.01000", "EUR", -1],
    ["-0.00000", "SEK", 0],
    ["500.00000", "JPY", 500],
    ["1.23400", "KWD", 1234],
    ["4503599627370.49000", "SEK", 450359962737049],
  ])("%s %s exactly", async (amount, currency, amountMinor) => {
    expect(await bookedPayments(details(row(amount, "1")), TERMINAL, currency)).toEqual({
      kind: "done",
      value: [{ paymentReference: "1", amountMinor }],
    });
  });

  it("of ten thousand payments in no time", async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => row("1.00000", String(index))).join("\n");
    const startedMs = performance.now();
    const outcome = await bookedPayments(details(rows), TERMINAL, "SEK");
    expect(outcome.kind === "done" && outcome.value.length).toBe(10_000);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

describe("a report that cannot be understood is unknown", () => {
  const whole = details(TWO);
  it.each([
    ["nothing", ""],
    ["text", "report"],
    ["a page", "<html><body>busy</body></html>"],
    ["a summary", details("<Row><SalesCount>1</SalesCount><SalesTotal>10.00000</SalesTotal></Row>")],
    ["a row without reference", details(row("1.00000", ""))],
    ["a row without amount", details("<Row><ErsReference>1</ErsReference></Row>")],
    ["an amount finer than the minor unit", details(row("1.00100", "1"))],
    ["an amount with a comma", details(row("1,00", "1"))],
    ["a row with two amounts", details(row("1.00", "1", "<SalesAmount>2.00</SalesAmount>"))],
    ["an amount with an element in it", details(row("10<x>5</x>0.00", "1"))],
    ["an amount with an empty element in it", details(row("10<x/>0.00", "1"))],
    ["a reference with an element in it", details(row("1.00", "1<x/>01"))],
    ["an amount in an element", details(row("<x>1.00</x>", "1"))],
    ["a row never closed", details(TWO.replace("</Row>", ""))],
    ["a row closed by another name", details(TWO.replace("</Row>", "</Line>"))],
    ["more after a root closed by another name", `${whole.replace("</TransactionDetails>", "</Other>")}<Row/>`],
    ["text after the root", `${whole} and more`],
    ["an entity of its own", details(row("1.00", "&secret;"))],
    ["another terminal's rows", details(TWO.replace(TERMINAL, "other"))],
  ])("%s", async (_name, text) => {
    expect((await bookedPayments(text, TERMINAL, "SEK")).kind).toBe("unknown");
  });

  it("cut anywhere", async () => {
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      expect((await bookedPayments(cut, TERMINAL, "SEK")).kind, cut).toBe("unknown");
    }
  });
});
