import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const DRIVER = join(import.meta.dirname, "../../../src/devices/modbus-meter");

it("the texts are all that is raised or told for want of a reading", () => {
  for (const file of ["modbus-meter.ts", "meter.ts", "contactor.ts", "trust.ts", "cross-check.ts"]) {
    const source = readFileSync(join(DRIVER, file), "utf8");
    expect(source.match(/(raise\("\w+"|unknown\(|detail = |detail: )\s*["`](?!meter \$|")[^"`]*/g), file).toBeNull();
  }
});
