import { copyFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openMdbVending } from "../../../src/adapters/dispenser/mdb/driver.ts";
import type { SerialLine } from "../../../src/adapters/serial/line.ts";
import type { DispenserEvent } from "../../../src/ports/dispenser.ts";
import { done, type Outcome } from "../../../src/ports/outcome.ts";
import { tempFolder } from "../../support/temp.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { SETTINGS, SILENT } from "./rig.ts";

/** An adapter in front of a machine that is well, but for what becomes of a vend: that is said by the test. */
class Adapter implements SerialLine<string> {
  readonly up = true;
  readonly sent: string[] = [];
  #hear: (line: string) => void = () => {};

  async tell(bytes: Uint8Array): Promise<Outcome<null>> {
    const line = Buffer.from(bytes).toString().trim();
    this.sent.push(line);
    if (line === "C,0") this.say("c,STATUS,OFFLINE");
    if (line.startsWith("C,SETCONF")) this.say("c,SET,OK");
    if (line === "C,1") this.say("c,STATUS,INACTIVE", "c,STATUS,DISABLED", "c,STATUS,ENABLED");
    if (line.startsWith("C,START")) this.say("c,STATUS,IDLE,40.00");
    if (line === "C,STOP") this.say("c,STATUS,ENABLED");
    return done(null);
  }

  say(...lines: readonly string[]): void {
    queueMicrotask(() => {
      for (const line of lines) this.#hear(line);
    });
  }

  async ask(): Promise<never> {
    throw new Error("a vending machine is told, not asked");
  }

  onFrame(listener: (line: string) => void): void {
    this.#hear = listener;
  }

  onLink(listener: (up: boolean, detail: string) => void): void {
    listener(true, "open");
  }

  async close(): Promise<void> {}
}

interface Run {
  readonly adapter: Adapter;
  readonly time: VirtualTime;
  readonly unaccounted: (number | null)[];
  readonly vending: ReturnType<typeof openMdbVending>;
  total(): Promise<unknown>;
  /** Ends it as SIGKILL does: nothing is closed, and nothing that it would still do happens. */
  kill(): void;
}

function start(registerPath: string): Run {
  const time = new VirtualTime(0);
  const life = { number: 1, alive: true };
  const adapter = new Adapter();
  const vending = openMdbVending(SETTINGS, adapter, registerPath, clockOf(time, life), SILENT);
  const unaccounted: (number | null)[] = [];
  const hear = (event: DispenserEvent): void => {
    if (event.type === "unaccounted") unaccounted.push(event.quantityBase);
  };
  vending.listen(hear);
  const kill = (): void => {
    life.alive = false;
    vending.listen(() => {});
    adapter.onFrame(() => {});
  };
  return { adapter, time, unaccounted, vending, total: () => vending.totaliser(), kill };
}

async function pass(time: VirtualTime, ms: number): Promise<void> {
  let over = false;
  time.after(ms, () => {
    over = true;
  });
  // What was said is heard before time goes on.
  await new Promise((resolve) => setImmediate(resolve));
  while (!over) await time.step();
}

const REQUEST = "c,STATUS,VEND,12.00,1";

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
  const path = `${tempFolder()}/register`;
  const first = start(path);
  await pass(first.time, 10);
  expect((await first.vending.arm(4000)).kind).toBe("done");
  first.adapter.say(...before);
  await pass(first.time, 10);
  expect(first.adapter.sent.includes("C,VEND,12.00")).toBe(before.length > 0);
  first.kill();

  const second = start(path);
  second.adapter.say(...after);
  const stopped = second.vending.stop();
  await pass(second.time, 2 * SETTINGS.vendTimeoutMs);
  expect((await stopped).kind).toBe("done");
  expect(await second.total()).toEqual(done(total));
  second.kill();

  const third = start(path);
  await pass(third.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await third.total()).toEqual(done(total));
  expect([...first.unaccounted, ...second.unaccounted, ...third.unaccounted]).toEqual(unaccounted);
});

it("takes a success that was heard and not written for one that nobody knows", async () => {
  const folder = tempFolder();
  const first = start(`${folder}/register`);
  await pass(first.time, 10);
  await first.vending.arm(4000);
  first.adapter.say(REQUEST);
  await pass(first.time, 10);
  copyFileSync(`${folder}/register`, `${folder}/before`);
  first.adapter.say("c,VEND,SUCCESS");
  await pass(first.time, 10);
  expect(await first.total()).toEqual(done(1200));
  first.kill();

  const second = start(`${folder}/before`);
  await pass(second.time, 2 * SETTINGS.vendTimeoutMs);
  expect(await second.total()).toEqual(done(0));
  expect(second.unaccounted).toEqual([1200]);
});

it("has the approval in the register before the adapter is told", async () => {
  const folder = tempFolder();
  const first = start(`${folder}/register`);
  await pass(first.time, 10);
  await first.vending.arm(4000);
  const { tell } = first.adapter;
  first.adapter.tell = (bytes) => {
    if (Buffer.from(bytes).toString().startsWith("C,VEND")) copyFileSync(`${folder}/register`, `${folder}/then`);
    return tell.call(first.adapter, bytes);
  };
  first.adapter.say(REQUEST);
  await pass(first.time, 10);
  const second = start(`${folder}/then`);
  await pass(second.time, 2 * SETTINGS.vendTimeoutMs);
  expect(second.unaccounted).toEqual([1200]);
});

it("tells of a vend that nobody approved, without an amount", async () => {
  const run = start(`${tempFolder()}/register`);
  await pass(run.time, 10);
  run.adapter.say("c,VEND,SUCCESS");
  await pass(run.time, 10);
  expect(run.unaccounted).toEqual([null]);
  expect(await run.total()).toEqual(done(0));
});

it("does not take the late result of one vend for that of the next", async () => {
  const run = start(`${tempFolder()}/register`);
  await pass(run.time, 10);
  await run.vending.arm(1200);
  run.adapter.say(REQUEST);
  await pass(run.time, SETTINGS.vendTimeoutMs + 50);
  expect(run.unaccounted).toEqual([1200]);
  // The reader was switched off and on, which ended whatever could still have reported.
  expect(run.adapter.sent.slice(run.adapter.sent.indexOf("C,VEND,12.00") + 1)).toContain("C,0");
  await run.vending.arm(1550);
  run.adapter.say("c,STATUS,VEND,15.50,2");
  await pass(run.time, 10);
  run.adapter.say("c,ERR,VEND 3");
  await pass(run.time, 10);
  expect(await run.total()).toEqual(done(0));
  expect(run.unaccounted).toEqual([1200]);
});
