import { expect, it } from "vitest";
import { PositionChanges } from "../../../src/engine/desks/position-changes.ts";

it.each([
  ["the position waited for", "1", ["1", "1"]],
  ["another position", "2", ["2"]],
  ["nobody knows which", undefined, ["1", "1", "2"]],
])("a change of %s wakes only who waits for it", async (_, at, woken) => {
  const changes = new PositionChanges();
  const log: string[] = [];
  for (const id of ["1", "1", "2"]) void changes.next(id).then(() => log.push(id));
  changes.tell(at);
  await new Promise(setImmediate);
  expect(log).toEqual(woken);
  changes.tell(at);
  await new Promise(setImmediate);
  expect(log).toEqual(woken);
});
