import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as texts from "../../../src/adapters/dispenser/modbus-meter/texts.ts";
import { saysWhatToDo } from "./rig.ts";

const DRIVER = join(import.meta.dirname, "../../../src/adapters/dispenser/modbus-meter");

function saying(text: unknown): string {
  if (typeof text !== "function") return String(text);
  return text(...Array.from({ length: text.length }, (_, index) => index + 1));
}

it.each(Object.entries(texts))("%s says what to do", (_, text) => {
  expect(saying(text)).toSatisfy(saysWhatToDo);
  expect(saying(text)).not.toMatch(/undefined|NaN/);
});

it("are all that is raised or told for want of a reading", () => {
  for (const file of ["modbus-meter.ts", "meter.ts", "contactor.ts", "trust.ts", "cross-check.ts"]) {
    const source = readFileSync(join(DRIVER, file), "utf8");
    expect(source.match(/(raise\("\w+"|unknown\(|detail = |detail: )\s*["`](?!meter \$|")[^"`]*/g), file).toBeNull();
  }
});
