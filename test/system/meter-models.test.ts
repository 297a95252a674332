import { join } from "node:path";
import { expect, it } from "vitest";
import { modelNames, readModel } from "../../src/devices/modbus-meter/model.ts";

const BUILT = join(import.meta.dirname, "../../dist/devices/modbus-meter/model.js");

it("the built program has every model of a meter", async () => {
  const built: { modelNames: typeof modelNames; readModel: typeof readModel } = await import(BUILT);
  expect(built.modelNames()).toEqual(modelNames());
  expect(modelNames().map(built.readModel)).toEqual(modelNames().map(readModel));
});
