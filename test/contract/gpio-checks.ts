import assert from "node:assert/strict";
import type { Gpio, PulseCounter } from "../../src/platform/gpio/gpio.ts";

/** Lines that the checks may use, and the world at their other end. Levels are those on the wire: true is high. */
export interface GpioRig {
  /** As the daemon does when it starts; the one before is closed. */
  open(): Promise<Gpio>;
  /** Names of lines, each of its own. */
  readonly lines: { readonly output: string; readonly input: string; readonly counter: string; readonly other: string };
  level(line: string): boolean;
  drive(line: string, high: boolean): void;
  /** So many times high and low again. */
  pulse(line: string, count: number): void;
  /** Waits until it holds, for as long as a machine may take; then the check fails. */
  until(what: string, holds: () => boolean): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Whether pulses are counted while no daemon runs. */
  readonly countsAlone: boolean;
  /** Whether a level must hold before it counts. */
  readonly debounces: boolean;
  /** Takes the lines away as a death of their holder would. Null where the kernel holds them itself. */
  readonly lose: (() => void) | null;
  /** Brings them back, where that does not come by itself. */
  readonly regain: () => void;
}

export interface GpioCheck {
  readonly name: string;
  run(rig: GpioRig): Promise<void>;
}

const PULSES = 500;

async function counted(counter: PulseCounter): Promise<number> {
  const read = counter.read();
  assert.equal(read.kind, "done", `the count is ${JSON.stringify(read)}`);
  return read.kind === "done" ? read.value : Number.NaN;
}

async function withGpio(rig: GpioRig, use: (gpio: Gpio) => Promise<void>): Promise<void> {
  const gpio = await rig.open();
  try {
    await use(gpio);
  } finally {
    await gpio.close();
  }
}

/** What every way to GPIO lines must hold to. Plain functions, so that a small runner can run them where vitest is too much. */
export const gpioChecks: readonly GpioCheck[] = [
  ...[false, true].map((activeLow) => ({
    name: `an output ${activeLow ? "that is active low " : ""}begins inactive, follows, and is inactive after close`,
    run: (rig: GpioRig) =>
      withGpio(rig, async (gpio) => {
        const output = await gpio.output(rig.lines.output, { activeLow });
        assert.equal(rig.level(rig.lines.output), activeLow);
        for (const active of [true, false, true]) {
          assert.deepEqual(await output.set(active), { kind: "done", value: null });
          assert.equal(rig.level(rig.lines.output), active !== activeLow);
        }
        await gpio.close();
        // Where nobody drives the line any more the hardware pulls it to inactive, which the rig cannot do for high.
        if (!activeLow || rig.countsAlone) assert.equal(rig.level(rig.lines.output), activeLow);
        assert.equal((await output.set(true)).kind, "unknown");
      }),
  })),
  {
    name: "outputs carry out what they are told in order, each on its own line",
    run: (rig) =>
      withGpio(rig, async (gpio) => {
        const [one, two] = [await gpio.output(rig.lines.output), await gpio.output(rig.lines.other)];
        const sets = [true, false, true, false, true].flatMap((active) => [one.set(active), two.set(!active)]);
        assert.deepEqual(new Set((await Promise.all(sets)).map(({ kind }) => kind)), new Set(["done"]));
        assert.deepEqual([rig.level(rig.lines.output), rig.level(rig.lines.other)], [true, false]);
      }),
  },
  ...[false, true].map((activeLow) => ({
    name: `an input ${activeLow ? "that is active low " : ""}tells its level at once and after each change`,
    run: async (rig: GpioRig) => {
      rig.drive(rig.lines.input, true);
      await withGpio(rig, async (gpio) => {
        const told: boolean[] = [];
        const input = await gpio.input(rig.lines.input, { activeLow }, (active) => told.push(active));
        assert.deepEqual(told, [!activeLow]);
        for (const [n, high] of [false, true, false].entries()) {
          rig.drive(rig.lines.input, high);
          await rig.until("the change is told", () => told.length === n + 2);
          assert.equal(input.active, high !== activeLow);
        }
        assert.deepEqual(
          told,
          [true, false, true, false].map((high) => high !== activeLow),
        );
      });
      rig.drive(rig.lines.input, false);
    },
  })),
  {
    name: "a level of an input counts once it has held",
    run: async (rig) => {
      if (!rig.debounces) return;
      await withGpio(rig, async (gpio) => {
        const told: boolean[] = [];
        await gpio.input(rig.lines.input, { debounceMs: 100 }, (active) => told.push(active));
        rig.pulse(rig.lines.input, 3);
        await rig.pass(400);
        assert.deepEqual(told, [false]);
        rig.drive(rig.lines.input, true);
        await rig.until("the level has held", () => told.length === 2);
        rig.drive(rig.lines.input, false);
        await rig.until("it is low again", () => told.length === 3);
      });
    },
  },
  ...(["rising", "falling"] as const).map((edge) => ({
    name: `a counter of ${edge} edges counts every pulse`,
    run: (rig: GpioRig) =>
      withGpio(rig, async (gpio) => {
        const counter = await gpio.counter(rig.lines.counter, { edge });
        const before = await counted(counter);
        rig.pulse(rig.lines.counter, PULSES);
        assert.equal((await counted(counter)) - before, PULSES);
      }),
  })),
  {
    name: "a count goes on from where it was when the daemon starts again, under the same boot id",
    run: async (rig) => {
      let [before, bootId] = [0, ""];
      await withGpio(rig, async (gpio) => {
        const counter = await gpio.counter(rig.lines.counter);
        rig.pulse(rig.lines.counter, 7);
        [before, bootId] = [await counted(counter), counter.bootId];
        await gpio.close();
        assert.equal(counter.read().kind, "unknown");
      });
      rig.pulse(rig.lines.counter, PULSES);
      await withGpio(rig, async (gpio) => {
        const counter = await gpio.counter(rig.lines.counter);
        assert.equal((await counted(counter)) - before, rig.countsAlone ? PULSES : 0);
        assert.equal(counter.bootId, bootId);
      });
    },
  },
  {
    name: "two counters count apart",
    run: (rig) =>
      withGpio(rig, async (gpio) => {
        const [one, two] = [await gpio.counter(rig.lines.counter), await gpio.counter(rig.lines.other)];
        const before = [await counted(one), await counted(two)] as const;
        rig.pulse(rig.lines.counter, 3);
        rig.pulse(rig.lines.other, 5);
        assert.deepEqual([(await counted(one)) - before[0], (await counted(two)) - before[1]], [3, 5]);
      }),
  },
  {
    name: "a line can change its use from one start to the next",
    run: async (rig) => {
      await withGpio(rig, async (gpio) => void (await gpio.counter(rig.lines.other)));
      await withGpio(rig, async (gpio) => {
        const output = await gpio.output(rig.lines.other);
        await output.set(true);
        assert.equal(rig.level(rig.lines.other), true);
      });
      await withGpio(rig, async (gpio) => void (await gpio.input(rig.lines.other, {}, () => undefined)));
    },
  },
  {
    name: "a line is taken once, and refused the second time by name",
    run: (rig) =>
      withGpio(rig, async (gpio) => {
        await gpio.output(rig.lines.output);
        await assert.rejects(gpio.counter(rig.lines.output), (error: Error) => {
          assert.equal(error.name, "GpioError");
          assert.match(error.message, new RegExp(rig.lines.output.replaceAll(".", "[.]")));
          return true;
        });
      }),
  },
  {
    name: "lines that are lost answer unknown, and come back with outputs inactive and counts going on",
    run: async (rig) => {
      const { lose } = rig;
      if (lose === null) return;
      await withGpio(rig, async (gpio) => {
        const told: boolean[] = [];
        gpio.onHeld((held) => told.push(held));
        const output = await gpio.output(rig.lines.output);
        const counter = await gpio.counter(rig.lines.counter);
        const levels: boolean[] = [];
        await gpio.input(rig.lines.input, {}, (active) => levels.push(active));
        rig.pulse(rig.lines.counter, 9);
        const before = await counted(counter);
        await output.set(true);
        lose();
        await rig.until("the loss is told", () => told.length === 1);
        assert.deepEqual(told, [false]);
        assert.equal(counter.read().kind, "unknown");
        assert.equal((await output.set(true)).kind, "unknown");
        rig.drive(rig.lines.input, true);
        rig.regain();
        await rig.until("they are held again", () => told.length === 2);
        assert.deepEqual(told, [false, true]);
        assert.equal(rig.level(rig.lines.output), false);
        assert.deepEqual(levels, [false, true]);
        assert.equal(await counted(counter), before);
        rig.pulse(rig.lines.counter, 4);
        assert.equal((await counted(counter)) - before, 4);
        assert.equal((await output.set(true)).kind, "done");
        assert.equal(rig.level(rig.lines.output), true);
      });
      rig.drive(rig.lines.input, false);
    },
  },
];
