import type { Mutant } from "./mutants.ts";

/** Mistakes about positions that are renamed, exchanged or gone when the daemon starts again. */
export const GONE_MUTANTS: readonly Mutant[] = [
  {
    name: "state is found only by configured keys",
    file: "engine/books/left-behind.ts",
    right: "const gone = [...names].filter((name) => !named.has(name))",
    wrong: "const gone = [...names].filter(() => false)",
    caughtBy: ["8 restart"],
  },
  {
    name: "an open sale is looked for under the new name alone",
    file: "engine/belongings.ts",
    right: "if (others.length === 0) return own;",
    wrong: "if (others.length >= 0) return own;",
    caughtBy: ["8 restart", "3 resolved", "3 liveness", "10 replay"],
  },
  {
    name: "a block does not follow a position that is renamed",
    file: "engine/desks/operator-desk.ts",
    right: 'for (const order of ordersInForce(await journal.notes("orders", orderKey(former)))) {',
    wrong: `for (const order of ordersInForce(await journal.notes("orders", orderKey(former)))) {
    if (order.type === "blocked") continue;`,
    caughtBy: ["6 code"],
  },
  {
    name: "the open sale of a retired position is forgotten",
    file: "engine/kiosk.ts",
    right: "for (const position of retired) {",
    wrong: "for (const position of retired.slice(0, 0)) {",
    caughtBy: ["3 resolved"],
  },
  {
    name: "a delivery is billed by whatever meter is there",
    file: "core/sale/recover.ts",
    right: 'state.phase === "dispensing" && isAnother(terms.meter, meter)',
    wrong: 'state.phase === "idle"',
    caughtBy: ["2 amount", "4 billed"],
  },
  {
    name: "a sale is resolved at whatever terminal is there",
    file: "engine/sale/payment-errands.ts",
    right: "if (isAnother(state.sale.terms.terminal, terminalOf(state.sale, errand.identity))) {",
    wrong: "if (isAnother(undefined, terminalOf(state.sale, errand.identity))) {",
    caughtBy: ["3 resolved", "5 unknown"],
  },
];
