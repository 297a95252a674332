import { expect, it } from "vitest";
import { openMdbVending } from "../../../src/adapters/dispenser/mdb/driver.ts";
import { done } from "../../../src/ports/outcome.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf } from "../../support/virtual-clock.ts";
import { SETTINGS } from "./rig.ts";
import { Adapter, bench, pass, REQUEST, start } from "./scripted.ts";

/** How far the first run comes; what the machine says to the next one; what is told over both runs and a third. */
it.each<[string, readonly string[], readonly string[], { total: number; unaccounted: readonly number[] }]>([
  ["before anything was chosen", [], [], { total: 0, unaccounted: [] }],
  ["after the approval, and no result comes", [REQUEST], [], { total: 0, unaccounted: [1200] }],
  ["after the approval, and success comes late", [REQUEST], ["c,VEND,SUCCESS"], { total: 1200, unaccounted: [] }],
  ["after the approval, and failure comes late", [REQUEST], ["c,ERR,VEND 3"], { total: 0, unaccounted: [] }],
  ["after the approval, and the session ends", [REQUEST], ["c,STATUS,ENABLED"], { total: 0, unaccounted: [1200] }],
  [
    "after the approval, and the adapter starts anew",
    [REQUEST],
    ["c,STATUS,INACTIVE"],
    { total: 0, unaccounted: [1200] },
  ],
  ["after success", [REQUEST, "c,VEND,SUCCESS"], [], { total: 1200, unaccounted: [] }],
  ["after failure", [REQUEST, 'c,ERR,"VEND 3"'], [], { total: 0, unaccounted: [] }],
  ["after the approval was too late", [REQUEST, 'c,ERR,"VEND -3"'], [], { total: 0, unaccounted: [] }],
  ["after a session that ended without a result", [REQUEST, "c,STATUS,ENABLED"], [], { total: 0, unaccounted: [1200] }],
])("has one outcome of a vend when it is killed %s", async (_, before, after, { total, unaccounted }) => {
  const on = bench();
  const first = await start(on);
  await pass(on.time, 10);
  expect((await first.vending.arm(4000)).kind).toBe("done");
  for (const line of before) {
    first.adapter.say(line);
    await pass(on.time, 10);
  }
  expect(first.adapter.sent.includes("C,VEND,12.00")).toBe(before.length > 0);
  first.kill();

  const second = await start(on);
  second.adapter.say(...after);
  const stopped = second.vending.stop();
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect((await stopped).kind).toBe("done");
  expect(await second.total()).toEqual(done(total));
  second.kill();

  const third = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await third.total()).toEqual(done(total));
  expect([...first.unaccounted, ...second.unaccounted, ...third.unaccounted]).toEqual(unaccounted);
});

it("takes a success that was heard and not written for one that nobody knows", async () => {
  const on = bench();
  const first = await start(on);
  await pass(on.time, 10);
  await first.vending.arm(4000);
  first.adapter.say(REQUEST);
  await pass(on.time, 10);
  on.register.syncMs = 1_000;
  first.adapter.say("c,VEND,SUCCESS");
  await pass(on.time, 10);
  expect(await first.total()).toEqual(done(0));
  first.kill();
  on.register.powerCut();

  const second = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await second.total()).toEqual(done(0));
  expect(second.unaccounted).toEqual([1200]);
});

it("has the approval in the register before the adapter is told", async () => {
  const on = bench();
  const first = await start(on);
  await pass(on.time, 10);
  await first.vending.arm(4000);
  const { tell } = first.adapter;
  first.adapter.tell = (bytes) => {
    if (Buffer.from(bytes).toString().startsWith("C,VEND")) on.register.powerCut();
    return tell.call(first.adapter, bytes);
  };
  first.adapter.say(REQUEST);
  await pass(on.time, 10);
  first.kill();
  const second = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(second.unaccounted).toEqual([1200]);
});

it("keeps an approval without a result until somebody listens who can be told", async () => {
  const on = bench();
  const first = await start(on);
  await pass(on.time, 10);
  await first.vending.arm(4000);
  first.adapter.say(REQUEST);
  await pass(on.time, 10);
  first.kill();
  const deaf = { number: 2, alive: true };
  await openMdbVending(SETTINGS, new Adapter(), "in memory", clockOf(on.time, deaf), SILENT, on.register.open);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  deaf.alive = false;
  const third = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(third.unaccounted).toEqual([1200]);
});

it("tells of a vend that nobody approved, without an amount", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  run.adapter.say("c,VEND,SUCCESS");
  await pass(on.time, 10);
  expect(run.unaccounted).toEqual([null]);
  expect(await run.total()).toEqual(done(0));
});

it("does not take the late result of one vend for that of the next", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(1200);
  run.adapter.say(REQUEST);
  await pass(on.time, SETTINGS.vendTimeoutMs + 50);
  expect(run.unaccounted).toEqual([1200]);
  // The reader was switched off and on, which ended whatever could still have reported.
  expect(run.adapter.sent.slice(run.adapter.sent.indexOf("C,VEND,12.00") + 1)).toContain("C,0");
  await run.vending.arm(1550);
  run.adapter.say("c,STATUS,VEND,15.50,2");
  await pass(on.time, 10);
  run.adapter.say("c,ERR,VEND 3");
  await pass(on.time, 10);
  expect(await run.total()).toEqual(done(0));
  expect(run.unaccounted).toEqual([1200]);
});
