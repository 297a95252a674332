import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { LibgpiodGpio } from "../../../src/platform/gpio/libgpiod/libgpiod.ts";
import { eventually } from "../../support/daemon.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { FakeKernel } from "./fake-kernel.ts";

/** How the helper fails in one life: at its start, at a kind of request, or at the end of its input. */
type Fault = "dies" | "hangs" | "babbles" | "floods" | "EBUSY";
type Plan = Partial<Record<"start" | "output" | "counter" | "set" | "end", Fault>>;

/** Speaks the helper's protocol, with one plan for each of its lives, and notes what it was asked. */
const ACTOR = `
const fs = require("fs");
const [folder, plans] = process.argv.slice(1);
const note = (text) => fs.appendFileSync(folder + "/notes", text + "\\n");
const lives = fs.existsSync(folder + "/notes") ? fs.readFileSync(folder + "/notes", "utf8").match(/^start$/gm)?.length ?? 0 : 0;
const plan = JSON.parse(plans)[lives] ?? {};
const say = (message) => console.log(JSON.stringify(message));
const act = (when, otherwise) => {
  const fault = plan[when];
  if (fault === "dies") { console.error("it was planned"); process.exit(3); }
  else if (fault === "babbles") console.log("hello?");
  else if (fault === "floods") process.stdout.write("x".repeat(70000));
  else if (fault !== "hangs") otherwise(fault);
};
note("start");
act("start", () => say({ ready: "2" }));
let waiting = "";
process.stdin.on("data", (data) => {
  const lines = (waiting + data).split("\\n");
  waiting = lines.pop();
  for (const { id, take, set, active, ...rest } of lines.map((line) => JSON.parse(line))) {
    note(take ?? "set " + active);
    act(take ?? "set", (error) => {
      const answer = error ? { error, detail: "planned" } : { ok: { chip: "pinctrl-rp1", offset: 17, active: false } };
      const change = { changed: rest.key, active: true };
      const said = take === "input" ? [{ id, ...answer }, change] : [{ id, ...answer }];
      process.stdout.write(said.map((message) => JSON.stringify(message) + "\\n").join(""));
    });
  }
});
process.stdin.on("end", () => { note("end"); act("end", () => process.exit(0)); });
setInterval(() => {}, 1000);
`;

interface Stage {
  readonly gpio: LibgpiodGpio;
  readonly held: string[];
  notes(): string[];
}

function open(folder: string, plans: readonly Plan[], root = "/"): Promise<LibgpiodGpio> {
  const command = [process.execPath, "-e", ACTOR, folder, JSON.stringify(plans)];
  return LibgpiodGpio.open(root, null, command, hurriedClock(5), SILENT);
}

async function stage(plans: readonly Plan[], root = "/"): Promise<Stage> {
  const folder = tempFolder();
  const gpio = await open(folder, plans, root);
  onTestFinished(() => gpio.close());
  const held: string[] = [];
  gpio.onHeld((now, detail) => held.push(`${now}: ${detail}`));
  return { gpio, held, notes: () => readFileSync(join(folder, "notes"), "utf8").trim().split("\n") };
}

describe("the process that holds lines", () => {
  it.each([
    ["is not there", () => LibgpiodGpio.open("/", null, ["/no/python3"], hurriedClock(5), SILENT), /is not installed/],
    ["ends at once", () => open(tempFolder(), [{ start: "dies" }]), /ended with 3: it was planned/],
    ["says nothing", () => open(tempFolder(), [{ start: "hangs" }]), /said nothing for 15 s/],
    ["says nonsense", () => open(tempFolder(), [{ start: "babbles" }]), /SIGKILL: it said "hello\?"/],
  ])("that %s is a GpioError with what to install", async (_, opening, says) => {
    const error = await opening().then(() => null, String);
    expect(error).toMatch(says);
    expect(error).toMatch(/GpioError: No GPIO by libgpiod.*python3-libgpiod/s);
  });

  it("that refuses a line says why, and the line may be tried again", async () => {
    const { gpio } = await stage([{ counter: "EBUSY" }]);
    await expect(gpio.counter("pin 11")).rejects.toThrow(/^pin 11: it is in use by another.*EBUSY: planned/);
    await expect(gpio.output("pin 6")).rejects.toThrow(/ground/);
    await expect(gpio.output("pin 13")).resolves.toBeDefined();
  });

  it("tells of a change that comes with the answer after the level in it", async () => {
    const { gpio } = await stage([]);
    const told: boolean[] = [];
    const input = await gpio.input("pin 15", {}, (active) => told.push(active));
    await eventually("the change is told", () => told.length > 1);
    expect(told).toEqual([false, true]);
    expect(input.active).toBe(true);
  });

  it.each(["dies", "hangs", "babbles", "floods"] as const)(
    "that %s loses its lines, is started again and holds them again",
    async (fault) => {
      const { gpio, held, notes } = await stage([{ set: fault }]);
      const output = await gpio.output("pin 11");
      expect((await output.set(true)).kind).toBe("unknown");
      await eventually("the loss is told", () => held.length > 0);
      await eventually("the lines are held again", () => held.length > 1);
      expect(held).toEqual([expect.stringMatching(/^false: .*(ended with)/), "true: all lines are held again"]);
      expect(await output.set(true)).toEqual({ kind: "done", value: null });
      expect(notes()).toEqual(["start", "output", "set true", "start", "output", "set true"]);
    },
  );

  it("takes outputs again first, and tells only when all lines are held", async () => {
    const kernel = new FakeKernel();
    kernel.interrupt(170, "pinctrl-rp1", 17, `kioskd-${process.pid}-line-0`, "40,2");
    kernel.write("proc/sys/kernel/random/boot_id", "b00t\n");
    const plans: Plan[] = [{ set: "dies" }, { counter: "EBUSY" }, { start: "dies" }, { output: "hangs" }];
    const { gpio, held, notes } = await stage(plans, kernel.root);
    const counter = await gpio.counter("pin 11");
    const output = await gpio.output("pin 13");
    expect(counter.read()).toEqual({ kind: "done", value: 42 });
    const setting = output.set(true);
    await eventually("the loss is told", () => held.length > 0);
    expect((await setting).kind).toBe("unknown");
    expect(counter.read().kind).toBe("unknown");
    await eventually("the lines are held again", () => held.length > 1);
    expect(counter.read()).toEqual({ kind: "done", value: 42 });
    expect(notes().slice(4)).toEqual([
      "start",
      "output",
      "counter",
      "start",
      "start",
      "output",
      "start",
      "output",
      "counter",
    ]);
  });

  it.each(["hangs", null] as const)("is gone after close, also when at the end of its input it %s", async (fault) => {
    const { gpio, held, notes } = await stage([fault === null ? {} : { end: fault }]);
    const output = await gpio.output("pin 11");
    await gpio.close();
    expect(notes()).toEqual(["start", "output", "end"]);
    expect(await output.set(true)).toMatchObject({ kind: "unknown", detail: "pin 11: closed" });
    expect(held).toEqual([]);
  });
});
