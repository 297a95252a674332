import { expect, it } from "vitest";
import { FaultBoard } from "../../../src/engine/watch/fault-board.ts";
import { Supervisor, type SupervisorDeps } from "../../../src/engine/watch/supervisor.ts";
import { done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { MemoryPayment } from "../../support/memory-payment.ts";
import { SILENT } from "../../support/silent-log.ts";
import { SILENT_MACHINE } from "../../support/silent-observer.ts";

const DAY_MS = 86_400_000;
const HALF_AN_HOUR_MS = 1_800_000;

/** Two positions that nobody uses, at a service that is asked as seldom as `polls` says. */
function watched(polls: Partial<MemoryPayment["traits"]["polls"]>) {
  const driven = new DrivenTime();
  const payment = new MemoryPayment(() => 0, polls);
  const asked: string[] = [];
  const stage = { answer: done(null) as Outcome<null>, busy: new Set<string>() };
  payment.probe = async (position) => {
    asked.push(position);
    return stage.answer;
  };
  const faults = new FaultBoard(driven.clock, SILENT, () => {});
  const dispenser = { stop: async () => done(null), totaliser: async () => done(0) };
  const positions = ["1", "2"].map((id) => ({ id, dispenser, busy: () => stage.busy.has(id) }));
  const journal = { look: async () => {}, check: async () => {}, newestAtMs: async () => null, orders: async () => [] };
  const supervisor = new Supervisor({
    ...{ positions, payment, journal, machine: SILENT_MACHINE, faults, clock: driven.clock, log: SILENT },
    earliestPlausibleMs: 0,
  } as unknown as SupervisorDeps);
  supervisor.start();
  const faulty = () => faults.all.filter(({ code }) => code === "payment-unreachable").map(({ position }) => position);
  return { ...driven, pass: (ms: number) => driven.pass(ms), asked, stage, faulty, supervisor };
}

it("an idle day at a service that counts its questions is 48 probes for all positions", async () => {
  const { pass, asked, supervisor } = watched({ probeEveryMs: HALF_AN_HOUR_MS, probeOfAccount: true });
  await pass(DAY_MS - 1);
  expect(asked.length).toBeLessThanOrEqual(48);
  expect(asked.length).toBeGreaterThanOrEqual(47);
  supervisor.close();
});

it("each position is asked for where each has an account of its own", async () => {
  const { pass, asked, supervisor } = watched({ probeEveryMs: HALF_AN_HOUR_MS });
  await pass(HALF_AN_HOUR_MS + 61_000);
  expect(asked).toEqual(["1", "2", "1", "2"]);
  supervisor.close();
});

it("what one probe says of the account counts for all, and one that was busy is not asked for again", async () => {
  const { pass, asked, stage, faulty, supervisor } = watched({ probeEveryMs: HALF_AN_HOUR_MS, probeOfAccount: true });
  stage.busy.add("1");
  await pass(1_000);
  expect(asked).toEqual(["2"]);
  stage.busy.clear();
  await pass(HALF_AN_HOUR_MS - 70_000);
  expect(asked).toEqual(["2"]);
  stage.answer = unknown("no answer");
  await pass(120_000);
  expect(faulty()).toEqual(["1", "2"]);
  stage.answer = done(null);
  await pass(20_000);
  expect(faulty()).toEqual([]);
  supervisor.close();
});
