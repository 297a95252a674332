import { describe, expect, it } from "vitest";
import type { Fault, FaultCode } from "../../src/core/faults.ts";
import { type NotServing, notSelling, notSellingText } from "../../src/core/not-selling.ts";

function fault(code: FaultCode, position: string | null = null, detail = ""): Fault {
  return { code, position, sinceMs: 0, detail };
}

function textOf(faults: readonly Fault[], phase: NotServing | null = null): string | null {
  const why = notSelling(faults, "1", phase);
  return why === null ? null : notSellingText(why);
}

describe("why a position does not sell", () => {
  const rows: readonly [string, readonly Fault[], NotServing | null, string | null][] = [
    ["nothing is wrong", [], null, null],
    ["what does not forbid a sale", [fault("broker-unreachable"), fault("needs-attention", "1")], null, null],
    ["what another position has", [fault("dispenser-fault", "2")], null, null],
    ["one cause", [fault("payment-unreachable")], null, "the payment service does not answer"],
    [
      "the reason of a block",
      [fault("operator-block", "1", "a $& leak")],
      null,
      "an operator has taken it out of service (a $& leak)",
    ],
    [
      "the most telling first, and no more than three",
      [fault("display-silent"), fault("payment-rejected"), fault("clock-implausible"), fault("journal-unwritable")],
      null,
      "the journal cannot be written or is not as it was, the clock is wrong and the payment service refuses its account",
    ],
    [
      "of the kiosk and of the position together, once",
      [fault("operator-block", null, "closed"), fault("operator-block", "1", "leak"), fault("dispenser-fault", "1")],
      null,
      "an operator has taken it out of service (closed) and the dispenser or its meter reports a fault",
    ],
    ["a daemon that starts says no more", [fault("display-silent")], "starting", "the kiosk is starting"],
  ];
  it.each(rows)("%s", (_name, faults, phase, because) => {
    expect(textOf(faults, phase)).toBe(because === null ? null : `It does not sell because ${because}.`);
  });
});
