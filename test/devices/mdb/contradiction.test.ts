import { expect, it } from "vitest";
import { done } from "../../../src/ports/outcome.ts";
import { SETTINGS } from "./rig.ts";
import { bench, pass, REQUEST, SUCCESS, start } from "./scripted.ts";

const DISPUTED = expect.objectContaining({ kind: "declined", reason: "disputed" });
const NEXT = "c,STATUS,VEND,15.50,2";
const FAILURE = 'c,ERR,"VEND 3"';
const ENABLED = "c,STATUS,ENABLED";
const IDLE = "c,STATUS,IDLE";
/** Lines, and for how long nothing is said before the next one. */
type Said = readonly (string | number)[];

/** What is said, of which delivery, and what is charged: a failure just after a success makes a person of it. */
it.each<[string, number, Said, number | "disputed"]>([
  ["nothing contradicts a success", 1_200, [REQUEST, 10, SUCCESS], 1_200],
  ["a failure comes with it", 1_200, [REQUEST, 10, SUCCESS, FAILURE], "disputed"],
  ["a failure comes a while after it", 1_200, [REQUEST, 10, SUCCESS, 300, FAILURE], "disputed"],
  ["a failure comes after its session", 1_200, [REQUEST, 10, SUCCESS, ENABLED, 100, FAILURE], "disputed"],
  ["a failure comes while there is something left", 4_000, [REQUEST, 10, SUCCESS, 100, FAILURE], "disputed"],
  ["a failure comes in the next session", 4_000, [REQUEST, 10, SUCCESS, ENABLED, 10, FAILURE], "disputed"],
  ["a failure is another vend's", 2_750, [REQUEST, 10, SUCCESS, 10, NEXT, 10, FAILURE, 10, ENABLED], 1_200],
  ["it is said again", 2_750, [REQUEST, 10, SUCCESS, 10, NEXT, 10, SUCCESS, 100, SUCCESS], 2_750],
  ["it is said again, and fails", 2_750, [REQUEST, 10, SUCCESS, 10, NEXT, 10, SUCCESS, 300, FAILURE], "disputed"],
  ["a command did not apply", 1_200, [REQUEST, 10, SUCCESS, 10, 'c,ERR,"VEND -3"'], 1_200],
])("a delivery in which %s", async (_, limitBase, said, charged) => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(limitBase);
  for (const one of said) {
    if (typeof one === "number") await pass(on.time, one);
    else run.adapter.say(one);
  }
  await pass(on.time, 1_000);
  const stopped = run.vending.stop();
  await pass(on.time, 1_000);
  expect(await stopped).toEqual(done(null));
  expect(await run.total()).toEqual(charged === "disputed" ? DISPUTED : done(charged));
  expect(run.unaccounted).toEqual([]);
  expect(run.told.filter((type) => type === "finished").length).toBeLessThanOrEqual(1);
  expect((await run.vending.arm(1_200)).kind).toBe("done");
});

it("is told to be over only when no failure can contradict it any more", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(1_200);
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  run.adapter.say(SUCCESS);
  await pass(on.time, 100);
  expect(run.told).not.toContain("finished");
  expect((await run.total()).kind).toBe("unknown");
  await pass(on.time, SETTINGS.vendTimeoutMs);
  expect(run.told.filter((type) => type === "finished")).toHaveLength(1);
  expect(await run.total()).toEqual(done(1_200));
});

it("is not charged before a failure that came while its success was written", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(1_200);
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  on.register.syncMs = 500;
  run.adapter.say(SUCCESS, FAILURE, FAILURE, ENABLED);
  let answer = await run.total();
  while (answer.kind === "unknown" && on.time.elapsedMs < 10_000) {
    await pass(on.time, 10);
    answer = await run.total();
  }
  expect(answer).toEqual(DISPUTED);
  expect(run.told.filter((type) => type === "finished")).toHaveLength(1);
});

it("waits for a contradiction after a stop too, and says so through a restart", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4_000);
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  run.adapter.say(SUCCESS);
  await pass(on.time, 10);
  const stopped = run.vending.stop();
  await pass(on.time, 100);
  run.adapter.say(FAILURE);
  await pass(on.time, 1_000);
  expect(await stopped).toEqual(done(null));
  run.kill();
  const next = await start(on);
  await pass(on.time, 1_000);
  expect(await next.total()).toEqual(DISPUTED);
  expect(await next.total()).toEqual(done(1_200));
});

const ALWAYS_IDLE = { ...SETTINGS, flow: "always-idle" } as const;

/** The status that the reader has, and what it says while the customer pays. */
it.each<[string, string, string, boolean]>([
  ["keeps what was chosen", IDLE, IDLE, true],
  ["keeps what was chosen", ENABLED, ENABLED, true],
  ["takes it back, and tells the machine,", ENABLED, IDLE, false],
  ["takes it back, and tells the machine,", IDLE, ENABLED, false],
])("%s when the reader with %s says %s", async (_, rests, says, isKept) => {
  const on = bench();
  const run = await start(on, ALWAYS_IDLE);
  await pass(on.time, 10);
  run.adapter.say(rests, REQUEST);
  await pass(on.time, 10);
  run.adapter.say(says);
  await pass(on.time, 10);
  expect(run.told.filter((type) => type.endsWith("wanted"))).toEqual(isKept ? ["wanted"] : ["wanted", "unwanted"]);
  expect(run.adapter.sent.includes("C,STOP")).toBe(!isKept);
});

it("approves what was chosen though the reader repeats its status while that is written", async () => {
  const on = bench();
  const run = await start(on, ALWAYS_IDLE);
  await pass(on.time, 10);
  run.adapter.say(IDLE, REQUEST);
  await pass(on.time, 10);
  on.register.syncMs = 500;
  expect((await run.vending.arm(1_200)).kind).toBe("done");
  await pass(on.time, 100);
  run.adapter.say(IDLE);
  await pass(on.time, 600);
  expect(run.adapter.sent).toContain("C,VEND,12.00");
});

it("offers at once what is chosen just after a vend", async () => {
  const on = bench();
  const run = await start(on, ALWAYS_IDLE);
  await pass(on.time, 10);
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  await run.vending.arm(1_200);
  await pass(on.time, 10);
  run.adapter.say(SUCCESS, IDLE, ENABLED);
  await pass(on.time, 10);
  run.adapter.say(NEXT);
  await pass(on.time, 10);
  expect(run.told.slice(-3)).toEqual(["wanted", "finished", "wanted"]);
  expect(await run.total()).toEqual(done(1_200));
  expect(run.adapter.sent).not.toContain("C,STOP");
});
