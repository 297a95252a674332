import { expect, test } from "vitest";
import { Turns } from "../../../src/telemetry/turns.ts";

test("the urgent go first and keep nobody out: after four in a row another has its turn", () => {
  const turns = new Turns();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const take = (name: string, isUrgent: boolean): void =>
    turns.take(isUrgent, (done) => {
      begun.push(name);
      ends.push(done);
    });
  for (const name of ["a", "b"]) take(name, false);
  for (let at = 1; at <= 6; at += 1) take(`urgent-${at}`, true);
  expect(begun).toEqual([]);
  turns.open(1);
  take("c", false);
  while (ends.length > 0) ends.shift()?.();
  expect(begun).toEqual([
    ...["urgent-1", "urgent-2", "urgent-3", "urgent-4", "a"],
    ...["urgent-5", "urgent-6", "b", "c"],
  ]);
});
