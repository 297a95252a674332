// guest: --limit 900
// gate: --limit 900 -- 5000 1000
import { Gpio as OnoffLine } from "onoff";
import type { PulseCounter } from "../../../src/platform/gpio/gpio.ts";
import { Figures } from "../support/figures.ts";
import { lineName, pulse, sysfsNumber, type Train } from "../support/lines.ts";
import { productGpio } from "../support/product.ts";

// Counted by the product against what was sent, and beside it what onoff hears of the same pulses. Arguments: how many
// pulses, and the one rate of those below to send them at.
const [count = 20_000, onlyHz] = process.argv.slice(2).map(Number);
const ALL: readonly (readonly Train[])[] = [
  [
    { line: 0, count, hz: 100 },
    { line: 1, count, hz: 500 },
    { line: 2, count, hz: 1_000 },
  ],
  [{ line: 3, count, hz: 5_000 }],
  [{ line: 4, count, hz: 0 }],
];
const rounds = ALL.map((trains) => trains.filter(({ hz }) => onlyHz === undefined || hz === onlyHz)).filter(
  (trains) => trains.length > 0,
);

const gpio = await productGpio();
const figures = new Figures();

interface Watched {
  readonly counter: PulseCounter;
  readonly before: number;
  heard: number;
}

function read(counter: PulseCounter): number {
  const outcome = counter.read();
  if (outcome.kind !== "done") throw new Error(outcome.detail);
  return outcome.value;
}

async function watch(line: number): Promise<Watched> {
  const counter = await gpio.counter(lineName(line));
  const watched: Watched = { counter, before: read(counter), heard: 0 };
  new OnoffLine(sysfsNumber(line), "in", "rising").watch(() => {
    watched.heard++;
  });
  return watched;
}

for (const trains of rounds) {
  const lines = new Map<number, Watched>();
  for (const { line } of trains) lines.set(line, await watch(line));
  for (const { line, sent, askedHz, reachedHz } of await pulse(trains)) {
    const watched = lines.get(line);
    if (watched === undefined) throw new Error(`pulses on line ${line}, which nobody watches`);
    const rate = askedHz === 0 ? "flat out" : `at ${askedHz} Hz`;
    const counted = read(watched.counter) - watched.before;
    figures.require(`${sent} pulses ${rate} (${reachedHz.toFixed(0)} Hz reached)`, counted, sent);
    figures.tell("  heard by onoff", watched.heard);
  }
}
figures.end();
