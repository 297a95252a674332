import { expect, it } from "vitest";
import { formatQuantity, UNIT_NAMES, writtenQuantity } from "../../src/core/quantity.ts";

it.each(UNIT_NAMES)("what was written in %s is read as what it was", (unit) => {
  for (let quantityBase = 0; quantityBase < 20_000; quantityBase += 1) {
    const read = writtenQuantity(formatQuantity(quantityBase, unit), unit);
    if (read !== quantityBase) expect([unit, read]).toEqual([unit, quantityBase]);
  }
});
