import { expect, it } from "vitest";
import { openMdbVending } from "../../../src/devices/mdb/driver.ts";
import { done } from "../../../src/ports/outcome.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf } from "../../support/virtual-clock.ts";
import { SETTINGS } from "./rig.ts";
import { Adapter, bench, pass, REQUEST, SUCCESS, start } from "./scripted.ts";

const DISPUTED = expect.objectContaining({ kind: "declined", reason: "disputed" });

/** How far the first run comes; what the machine says to the next one; what the total is then, or that nobody knows. */
it.each<[string, readonly string[], readonly string[], number | "disputed"]>([
  ["before anything was chosen", [], [], 0],
  ["after the approval, and no result comes", [REQUEST], [], "disputed"],
  ["after the approval, and success comes late", [REQUEST], ["c,VEND,SUCCESS"], 1200],
  ["after the approval, and success comes after the session's end", [REQUEST], ["c,STATUS,ENABLED", SUCCESS], 1200],
  ["after the approval, and failure comes late", [REQUEST], ["c,ERR,VEND 3"], 0],
  ["after the approval, and the same is asked again", [REQUEST], [REQUEST, SUCCESS], 1200],
  ["after the approval, and something else is asked", [REQUEST], ["c,STATUS,VEND,15.50,2"], "disputed"],
  ["after the approval, and the session ends", [REQUEST], ["c,STATUS,ENABLED"], "disputed"],
  ["after the approval, and the adapter starts anew", [REQUEST], ["c,STATUS,INACTIVE"], "disputed"],
  ["after success", [REQUEST, SUCCESS], [], 1200],
  ["after failure", [REQUEST, 'c,ERR,"VEND 3"'], [], 0],
  ["after the approval was too late", [REQUEST, 'c,ERR,"VEND -3"'], [], 0],
  ["after a session that ended without a result", [REQUEST, "c,STATUS,ENABLED"], [], "disputed"],
])("has one outcome of a vend when it is killed %s", async (_, before, after, outcome) => {
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
  const total = outcome === "disputed" ? DISPUTED : done(outcome);
  expect(await second.total()).toEqual(total);
  second.kill();

  // The run that was told may have died before it was on record.
  const third = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await third.total()).toEqual(total);
  expect(await third.total()).toEqual(done(outcome === "disputed" ? 0 : outcome));
  await pass(on.time, 100);
  third.kill();

  const fourth = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await fourth.total()).toEqual(done(outcome === "disputed" ? 0 : outcome));
  expect([first, second, third, fourth].flatMap((run) => run.unaccounted)).toEqual([]);
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
  expect((await first.total()).kind).toBe("unknown");
  first.kill();
  on.register.powerCut();
  on.register.syncMs = 2;

  const second = await start(on);
  await pass(on.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await second.total()).toEqual(DISPUTED);
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
  expect(await second.total()).toEqual(DISPUTED);
});

it("keeps an approval without a result until somebody asks", async () => {
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
  expect(await third.total()).toEqual(DISPUTED);
});

it("says nothing of the total while a vend is under way", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(4000);
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  expect((await run.total()).kind).toBe("unknown");
});

it("forgets what nobody knows with the next delivery", async () => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(1200);
  run.adapter.say(REQUEST);
  await pass(on.time, SETTINGS.vendTimeoutMs + 200);
  expect((await run.vending.arm(1200)).kind).toBe("done");
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  run.adapter.say(SUCCESS);
  await pass(on.time, SETTINGS.vendTimeoutMs + 100);
  expect(await run.total()).toEqual(done(1200));
});

it.each<[string, readonly string[], number]>([
  ["a request comes twice", [REQUEST, REQUEST, "", SUCCESS], 1200],
  ["a request comes again after its approval", [REQUEST, "", REQUEST, SUCCESS], 1200],
  ["a success comes twice", [REQUEST, "", SUCCESS, SUCCESS], 1200],
  ["each line comes twice", [REQUEST, REQUEST, "", SUCCESS, SUCCESS, "c,STATUS,IDLE", "c,STATUS,IDLE"], 1200],
  ["a byte of nobody stands before each line", [`\xff${REQUEST}`, "", `\0${SUCCESS}`], 1200],
  ["bytes of nobody stand after each line", [`${REQUEST}\0`, "", `${SUCCESS}\xff\xfe`], 1200],
  ["letters of nobody stand before each line", [`Zq${REQUEST}`, "", `V${SUCCESS}`], 1200],
])("approves and counts one vend once when %s", async (_, lines, totalBase) => {
  const on = bench();
  const run = await start(on);
  await pass(on.time, 10);
  await run.vending.arm(1200);
  for (const line of lines) {
    if (line === "") await pass(on.time, 10);
    else run.adapter.say(line);
  }
  await pass(on.time, 1_000);
  expect(await run.total()).toEqual(done(totalBase));
  expect(run.adapter.sent.filter((line) => line.startsWith("C,VEND"))).toEqual(["C,VEND,12.00"]);
  expect(run.unaccounted).toEqual([]);
});

it("takes no code away when what was chosen is asked for again, and sells it once", async () => {
  const on = bench();
  const run = await start(on, { ...SETTINGS, flow: "always-idle" });
  await pass(on.time, 10);
  run.adapter.say(REQUEST, REQUEST);
  await pass(on.time, 10);
  expect(run.told.filter((type) => type.endsWith("wanted"))).toEqual(["wanted"]);
  expect((await run.vending.arm(1200)).kind).toBe("done");
  run.adapter.say(REQUEST);
  await pass(on.time, 10);
  run.adapter.say(SUCCESS);
  await pass(on.time, SETTINGS.vendTimeoutMs + 100);
  expect(await run.total()).toEqual(done(1200));
  expect(run.adapter.sent.filter((line) => line.startsWith("C,VEND"))).toEqual(["C,VEND,12.00"]);
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
  expect(await run.total()).toEqual(DISPUTED);
  // The reader was switched off and on, which ended whatever could still have reported.
  expect(run.adapter.sent.slice(run.adapter.sent.indexOf("C,VEND,12.00") + 1)).toContain("C,0");
  await run.vending.arm(1550);
  run.adapter.say("c,STATUS,VEND,15.50,2");
  await pass(on.time, 10);
  run.adapter.say("c,ERR,VEND 3");
  await pass(on.time, 10);
  expect(await run.total()).toEqual(done(0));
});
