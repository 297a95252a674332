import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../src/platform/clock/clock.ts";
import type { PulseCounter } from "../../src/platform/gpio/gpio.ts";
import { openGpio } from "../../src/platform/gpio/open.ts";
import { outputsOff } from "../../src/platform/gpio/outputs-off.ts";
import { findSysfsLine } from "../../src/platform/gpio/sysfs/chips.ts";
import type { GpioCheck } from "../contract/gpio-checks.ts";
import { SILENT } from "../support/silent-log.ts";
import { childProcesses } from "./processes.ts";
import { makeSimChip, type SimChip } from "./sim-chip.ts";

const clock = systemClock();
const READS = 2_000;
const FLAT_OUT = 20_000;

/** What only a kernel can show of a backend. */
export function kernelChecks(backend: "sysfs" | "libgpiod", chip: SimChip): readonly GpioCheck[] {
  const open = () => openGpio({ backend }, clock, SILENT);
  const off = (line: string, activeLow = false) => outputsOff([{ line, activeLow }], { backend }, clock);
  return [
    {
      name: "two chips of one kind with one offset count apart, also when the daemon starts again",
      run: async ({ lines: { counter } }) => {
        const offset = Number(counter.split(":")[1]);
        const second = makeSimChip("gpio-sim.second", offset + 1);
        for (const order of [
          [chip, second],
          [second, chip],
        ]) {
          const gpio = await open();
          const counters: PulseCounter[] = [];
          for (const { label } of order) counters.push(await gpio.counter(`${label}:${offset}`));
          for (const [n, pulsed] of order.entries()) {
            const before = counters.map(countOf);
            pulsed.drive(offset, true);
            pulsed.drive(offset, false);
            assert.deepEqual(
              counters.map((one, at) => countOf(one) - (before[at] ?? 0)),
              order.map((_, at) => (at === n ? 1 : 0)),
            );
          }
          await gpio.close();
        }
      },
    },
    ...[
      [`${chip.label}:999`, /lines 0 to/],
      ["no-such-chip:1", /no-such-chip:1.*there is no/],
      ["GPIO77", /GPIO77/],
    ].map(([line, says]) => ({
      name: `${String(line)} is refused with what there is`,
      run: async () => {
        const gpio = await open();
        await assert.rejects(
          gpio.input(String(line), {}, () => undefined),
          { name: "GpioError", message: says },
        );
        await gpio.close();
      },
    })),
    {
      name: "a line in use by another is refused, with what to do",
      run: async () => {
        const line = `${chip.label}:11`;
        const other = backend === "sysfs" ? "libgpiod" : "sysfs";
        const holder = await openGpio({ backend: other }, clock, SILENT).catch(() => null);
        if (holder === null) return console.log(`skipped: no ${other} here`);
        await holder.output(line);
        const gpio = await open();
        await assert.rejects(gpio.output(line), { name: "GpioError", message: /in use by another/ });
        await gpio.close();
        await holder.close();
      },
    },
    {
      name: "outputs-off drives inactive what a killed daemon left, and only then takes a pulse more",
      run: async ({ lines: { output, counter }, level, until, pulse }) => {
        const before = await countOnce(counter);
        const daemon = spawn(
          process.execPath,
          [
            ...process.execArgv,
            join(import.meta.dirname, `gpio-daemon${extname(import.meta.filename)}`),
            backend,
            output,
            counter,
          ],
          { stdio: ["ignore", "pipe", "inherit"] },
        );
        await once(daemon.stdout, "data");
        assert.equal(level(output), true);
        daemon.kill("SIGKILL");
        await once(daemon, "exit");
        if (backend === "libgpiod") await until("the helper has driven the output inactive", () => !level(output));
        else assert.equal(level(output), true);
        pulse(counter, 50);
        const startedMs = performance.now();
        assert.deepEqual(await off(output), []);
        console.log(`      outputs-off took ${Math.round(performance.now() - startedMs)} ms`);
        assert.equal(level(output), false);
        if (backend === "sysfs") assert.equal((await countOnce(counter)) - before, 50);
      },
    },
    {
      name: "outputs-off tells by line what it could not do, and does the rest",
      run: async ({ lines: { output, other }, level }) => {
        const outputs = [
          { line: "no-such-chip:1", activeLow: false },
          { line: "pin 6", activeLow: false },
          { line: other, activeLow: false },
          { line: output, activeLow: backend === "sysfs" },
        ];
        const failed = await outputsOff(outputs, { backend }, clock);
        assert.deepEqual(
          failed.map(({ line }) => line),
          ["no-such-chip:1", "pin 6"],
        );
        assert.equal(level(output), backend === "sysfs");
      },
    },
    {
      name: `${FLAT_OUT} pulses as fast as the kernel takes them are counted to the last`,
      run: async ({ lines: { counter } }) => {
        const gpio = await open();
        const pulses = await gpio.counter(counter);
        const before = countOf(pulses);
        const { stdout } = await promisify(execFile)("pulse", [`${counter.split(":")[1]}:${FLAT_OUT}:0`]);
        console.log(`      ${stdout.trim()}`);
        assert.equal(countOf(pulses) - before, FLAT_OUT);
        await gpio.close();
      },
    },
    {
      name: "a count is read fast enough to be read every 5 ms",
      run: async ({ lines: { counter } }) => {
        const gpio = await open();
        const pulses = await gpio.counter(counter);
        const startedMs = performance.now();
        for (let n = 0; n < READS; n++) countOf(pulses);
        console.log(`      a reading took ${(((performance.now() - startedMs) * 1_000) / READS).toFixed(1)} µs`);
        await gpio.close();
      },
    },
    ...(backend === "libgpiod" ? [terminated(chip)] : [unexported(chip)]),
  ];

  async function countOnce(line: string): Promise<number> {
    const gpio = await open();
    const count = countOf(await gpio.counter(line));
    await gpio.close();
    return count;
  }
}

function terminated(chip: SimChip): GpioCheck {
  return {
    name: "SIGTERM to the helper drives outputs inactive and keeps counters counting for the daemon's last reading",
    run: async ({ lines: { output, counter }, level, pulse, until }) => {
      const gpio = await openGpio({ backend: "libgpiod" }, clock, SILENT);
      const valve = await gpio.output(output);
      const pulses = await gpio.counter(counter);
      await valve.set(true);
      const before = countOf(pulses);
      for (const pid of childProcesses("hold-lines.py")) process.kill(pid, "SIGTERM");
      await until("the output is inactive", () => !level(output));
      pulse(counter, 8);
      assert.equal(countOf(pulses) - before, 8);
      assert.equal((await valve.set(true)).kind, "unknown");
      assert.equal(chip.level(Number(output.split(":")[1])), false);
      await gpio.close();
      assert.deepEqual(childProcesses("hold-lines.py"), []);
    },
  };
}

function unexported(chip: SimChip): GpioCheck {
  return {
    name: "a counter that somebody unexports answers unknown",
    run: async () => {
      const gpio = await openGpio({ backend: "sysfs" }, clock, SILENT);
      const pulses = await gpio.counter(`${chip.label}:13`);
      countOf(pulses);
      writeFileSync("/sys/class/gpio/unexport", String(findSysfsLine("/", `${chip.label}:13`, null).number));
      assert.equal(pulses.read().kind, "unknown");
      await gpio.close();
    },
  };
}

function countOf(counter: PulseCounter): number {
  const read = counter.read();
  assert.equal(read.kind, "done", JSON.stringify(read));
  return read.kind === "done" ? read.value : Number.NaN;
}
