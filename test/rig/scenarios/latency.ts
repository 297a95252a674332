import { setImmediate as turn } from "node:timers/promises";
import { Figures, quantile } from "../support/figures.ts";
import { lineName, openLevel } from "../support/lines.ts";
import { productGpio } from "../support/product.ts";

// From asking for a level to the level on the line, as the chip sees it.
const LINE = 8;
const CHANGES = 2_000;
const WARM_UP = 100;
const PATIENCE_MS = 1_000;

const gpio = await productGpio();
const figures = new Figures();
const level = openLevel(LINE);
const output = await gpio.output(lineName(LINE));
figures.require("taken, the line is", level.high() ? "high" : "low", "low");

const latenciesMs: number[] = [];
let wrong = 0;
for (let change = 0; change < WARM_UP + CHANGES; change++) {
  const active = change % 2 === 0;
  const startMs = performance.now();
  const answer = output.set(active);
  while (level.high() !== active && performance.now() - startMs < PATIENCE_MS) await turn();
  latenciesMs.push(performance.now() - startMs);
  if ((await answer).kind !== "done" || level.high() !== active) wrong++;
}
const measured = latenciesMs.slice(WARM_UP);
figures.require(`of ${CHANGES} changes, wrong or not carried out`, wrong, 0);
figures.tell("half of the changes within", `${quantile(measured, 0.5).toFixed(2)} ms`);
const slowMs = quantile(measured, 0.99);
figures.require("99 of 100 changes within", `${slowMs.toFixed(2)} ms`, "20 ms, emulated", slowMs < 20);
await gpio.close();
figures.require("closed, the line is", level.high() ? "high" : "low", "low");
figures.end();
