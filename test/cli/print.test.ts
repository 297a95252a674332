import { expect, it } from "vitest";
import { receiptText } from "../../src/cli/receipt.ts";
import { lines, print, told, wrapped } from "../../src/platform/console/print.ts";
import { table } from "../../src/platform/console/table.ts";

const FORGING = "17\nOutcome: paid";
const ESCAPED = "17\\u{a}Outcome: paid";

it("no value begins a line of its own", () => {
  expect(told`Terminal ${FORGING} now`).toBe(`Terminal ${ESCAPED} now`);
  expect(wrapped(FORGING)).toBe(ESCAPED);
  expect(table(["A"], [[FORGING]])).toContain(ESCAPED);
  expect(lines([told`${FORGING}`, told`last`])).toBe(`${ESCAPED}\nlast`);
  const sale = { unit: "L", currency: "SEK", quantity: "1", unitPrice: "1", charged: "1", tax: "0", freed: "0" };
  const named = { provider: FORGING, stillHeld: FORGING };
  const record = { ...sale, ...named, product: FORGING, reserved: "1", closedAt: "", saleId: "1", reference: FORGING };
  expect(receiptText(FORGING, record as never)).not.toMatch(/^Outcome/m);
});

it("text that holds values unwatched is not printed at all: it does not compile", () => {
  const terminal: string = FORGING;
  // @ts-expect-error a text that nobody has looked at
  const unwatched = () => print(`Terminal ${terminal} now`);
  expect(unwatched).toBeTypeOf("function");
});

it("what is wrapped begins with its name, and goes on below itself", () => {
  expect(wrapped("one two", "    ", 8, "  n ")).toBe("  n one\n    two");
});
