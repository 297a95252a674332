import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { linuxMachine } from "../../../src/platform/machine/linux.ts";
import { tempFolder } from "../../support/temp.ts";

const HOUR_S = 3_600;

it.each<[string, number | null, boolean]>([
  ["just now", 0, true],
  ["half an hour ago, as often as a time server is asked", -HOUR_S / 2, true],
  ["before the clock was moved ahead", -26 * HOUR_S, false],
  ["before the clock was set back", HOUR_S, false],
  ["never", null, false],
])("a clock that a time server has set %s", async (_name, sinceS, expected) => {
  const folder = tempFolder();
  const mark = join(folder, "synchronized");
  if (sinceS !== null) {
    writeFileSync(mark, "");
    const atS = Date.now() / 1_000 + sinceS;
    utimesSync(mark, atS, atS);
  }
  expect(await linuxMachine(folder, "/none", mark).clockIsSynchronised()).toBe(expected);
});
