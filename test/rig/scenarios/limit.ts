// guest: --limit 900
import { setTimeout as sleep } from "node:timers/promises";
import { openFuelPulser } from "../../../src/devices/pulser/pulser.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { createLog } from "../../../src/platform/log/log.ts";
import type { Dispenser } from "../../../src/ports/dispenser.ts";
import { Figures, quantile } from "../support/figures.ts";
import { lineName } from "../support/lines.ts";
import { productGpio } from "../support/product.ts";
import { LINES, startPump } from "../support/pump.ts";

// How exactly a delivery ends at its limit, and what the metering of it costs the processor.
const DELIVERIES = 30;
const LEARNING = 3;
const LIMIT_PULSES = 300;
/** An emulated processor is away for so long now and then; a real one is not. */
const STALL_S = 0.1;

const figures = new Figures();
const pump = startPump({ slowHz: 100, fastHz: 100, after: 2 });
const log = createLog({ level: "warn", secrets: [], write: (line) => process.stderr.write(line) });
const gpio = await productGpio();
const line = (number: number) => ({ line: lineName(number) });

/** One millilitre a pulse. */
function settings(name: string, maxPulsesPerSecond: number) {
  return {
    registerPath: `/tmp/${name}.register`,
    ...{ pulsesPerUnit: 1_000, basePerUnit: 1_000, channelTolerance: 20, maxPulsesPerSecond },
    ...{ slowDownBase: 100, overrunPulses: 5, startDelayMs: 0, settleMs: 200 },
    lines: {
      motor: null,
      slowValve: line(LINES.slowValve),
      fastValve: line(LINES.fastValve),
      nozzle: null,
      pulser: line(LINES.pulser),
      pulserB: line(LINES.pulserB),
      alive: line(LINES.alive),
    },
  };
}

async function deliver(dispenser: Dispenser, limitPulses: number): Promise<void> {
  const finished = new Promise<void>((resolve, reject) => {
    dispenser.listen((event) => {
      if (event.type === "finished") resolve();
      if (event.type === "fault-raised") reject(new Error(event.detail));
    });
  });
  const armed = await dispenser.arm(limitPulses);
  if (armed.kind !== "done") throw new Error(armed.detail);
  await finished;
  await dispenser.stop();
}

const gpioDispenser = await openFuelPulser(settings("meter", 3_000), gpio, systemClock(), log);
for (const [slowHz, fastHz] of [
  [100, 100],
  [100, 1_000],
  [1_000, 1_000],
] as const) {
  await pump.order(`rates ${slowHz} ${fastHz} 2`);
  const beyond: number[] = [];
  for (let delivery = 0; delivery < LEARNING + DELIVERIES; delivery++) {
    const before = await pump.state();
    await deliver(gpioDispenser, LIMIT_PULSES);
    const after = await pump.state();
    if (delivery >= LEARNING) beyond.push(after.pulses - before.pulses - LIMIT_PULSES);
  }
  figures.tell(
    `slow ${slowHz} Hz, fast ${fastHz} Hz: pulses beyond the limit, p50 / p99`,
    `${quantile(beyond, 0.5)} / ${quantile(beyond, 0.99)}`,
  );
  figures.require("  half of the deliveries, at the most", quantile(beyond, 0.5), "0", quantile(beyond, 0.5) <= 0);
  const most = Math.max(...beyond);
  const allowed = Math.ceil(slowHz * STALL_S);
  figures.require(
    `  all, at the most what ${STALL_S * 1_000} ms of stall let pass`,
    most,
    `${allowed}`,
    most <= allowed,
  );
}

const LONG_PULSES = 10_000;
await pump.order("rates 1000 1000 0");
const [cpu, startMs] = [process.cpuUsage(), performance.now()];
await deliver(gpioDispenser, LONG_PULSES);
const used = process.cpuUsage(cpu);
const share = (used.user + used.system) / 1_000 / (performance.now() - startMs);
figures.tell("one core's share that metering at 1 kHz takes", `${(share * 100).toFixed(0)} %`);
await sleep(500);
await gpio.close();
pump.stop();
figures.end();
