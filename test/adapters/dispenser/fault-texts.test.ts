import { expect, it } from "vitest";
import { FAULTS as DART } from "../../../src/adapters/dispenser/dart/faults.ts";
import { FAULTS as MDB } from "../../../src/adapters/dispenser/mdb/faults.ts";

const TEXTS = [
  ...Object.entries(DART).map(([cause, text]) => [`dart ${cause}`, text("so it is")] as const),
  ...Object.entries(MDB).map(([cause, text]) => [`mdb ${cause}`, text("so it is")] as const),
];
/** What somebody can do, or a question that they can answer by looking. */
const TO_DO = /: (check|see|set|switch|clear|compare|wait|read|put|unplug) |\?$/;

it.each(TEXTS)("%s says what to do: %s", (_, text) => {
  expect(text).toMatch(TO_DO);
});

it("there are texts of both", () => {
  expect(TEXTS.length).toBeGreaterThan(15);
});
