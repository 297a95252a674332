import { expect, it } from "vitest";
import { done } from "../../../src/ports/outcome.ts";
import { bench, pass, REQUEST, type Run, start } from "./scripted.ts";

const OVER_MS = 20_000;

/** What happens while an approval is written, and what is told as unaccounted then. */
it.each<[string, (run: Run) => unknown, readonly (number | null)[]]>([
  ["it is stopped", ({ vending }) => vending.stop(), []],
  ["it is closed", ({ vending }) => vending.close(), []],
  ["the session ends", ({ adapter }) => adapter.say("c,STATUS,ENABLED"), []],
  ["the request is withdrawn", ({ adapter }) => adapter.say("c,STATUS,IDLE"), []],
  ["the machine starts anew", ({ adapter }) => adapter.say("c,STATUS,INACTIVE"), []],
  ["the port is lost", ({ adapter }) => adapter.link(false), []],
  ["something comes out by itself", ({ adapter }) => adapter.say("c,VEND,SUCCESS"), [null]],
])("approves nothing when %s while the register is written", async (_, meanwhile, unaccounted) => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4000);
  on.register.syncMs = 500;
  run.adapter.say(REQUEST);
  await pass(on.time, 100);
  meanwhile(run);
  await pass(on.time, OVER_MS);
  expect(run.adapter.sent).not.toContain("C,VEND,12.00");
  expect(run.unaccounted).toEqual(unaccounted);
  run.kill();
  const next = await start(on);
  await pass(on.time, OVER_MS);
  expect([next.unaccounted, await next.total()]).toEqual([[], done(0)]);
});

it.each<["fails" | "hangs"]>([["fails"], ["hangs"]])("approves nothing when the write %s", async (what) => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4000);
  on.register[what] = true;
  run.adapter.say(REQUEST);
  await pass(on.time, OVER_MS);
  expect(run.adapter.sent).not.toContain("C,VEND,12.00");
  expect((await run.vending.arm(4000)).kind).toBe("declined");
  expect(run.unaccounted).toEqual([]);
});

it("approves the next request alone when it came while the one before was written", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4000);
  on.register.syncMs = 500;
  run.adapter.say(REQUEST);
  await pass(on.time, 100);
  run.adapter.say("c,STATUS,VEND,15.50,2");
  await pass(on.time, 1_600);
  expect(run.adapter.sent.filter((line) => line.startsWith("C,VEND"))).toEqual(["C,VEND,15.50"]);
});

it("opens the next session when the one before ended while its sale was written", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4000);
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  on.register.syncMs = 500;
  run.adapter.say("c,VEND,SUCCESS", "c,STATUS,IDLE", "c,STATUS,ENABLED");
  await pass(on.time, 1_000);
  expect(await run.total()).toEqual(done(1200));
  expect(run.adapter.sent.at(-1)).toBe("C,START,28.00");
});

it("sends nothing after it was closed while an approval was written", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4000);
  on.register.syncMs = 500;
  run.adapter.say(REQUEST);
  await pass(on.time, 100);
  const closed = run.vending.close();
  await pass(on.time, OVER_MS);
  await closed;
  expect(run.adapter.sent.at(-1)).toBe("C,0");
});
