import { expect, test } from "vitest";
import { FaultBoard } from "../../../src/engine/watch/fault-board.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { SILENT } from "../../support/silent-log.ts";

test("a condition whose cause is another one now says the new one, since when stays, and is told", async () => {
  const driven = new DrivenTime();
  let changes = 0;
  const board = new FaultBoard(driven.clock, SILENT, () => {
    changes += 1;
  });
  board.explain("broker-unreachable", null, "nothing listens\nat all");
  const since = board.all[0]?.sinceMs;
  await driven.pass(60_000);
  board.explain("broker-unreachable", null, "the certificate has expired");
  board.explain("broker-unreachable", null, "the certificate has expired");
  expect(board.all).toEqual([
    { code: "broker-unreachable", position: null, detail: "the certificate has expired", sinceMs: since },
  ]);
  expect(changes).toBe(2);
  board.clear("broker-unreachable", null);
  expect(board.all).toEqual([]);
});
