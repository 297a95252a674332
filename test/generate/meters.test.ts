import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelNames, readModel } from "../../src/devices/modbus-meter/model.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/meters.md"), "utf8");

it.each(modelNames())("the page of meters has %s, with all its sources", (name) => {
  const row = PAGE.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
  const { sources, confirmed } = readModel(name);
  for (const source of sources) expect(row).toContain(`(${source})`);
  expect(row).toMatch(confirmed ? / yes +\| \d+ Wh/ : / \*\*no\*\* +\| \d+ Wh/);
});
