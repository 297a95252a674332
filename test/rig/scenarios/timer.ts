// guest: --limit 900
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Figures } from "../support/figures.ts";
import { Site, startDaemon } from "../support/kiosk.ts";
import { lineName, openLevel, setLevel } from "../support/lines.ts";

/** A bay: the relay's line, its beat, and the contact of the machine behind it. */
const LINES = { power: 10, alive: 16, running: 14 };
const OERE_PER_SECOND = 100;
const LOOK_MS = 10;

/** The machine behind the relay, which tells that it runs; and for how long it did. */
function startMachine() {
  const [power, alive] = [openLevel(LINES.power), openLevel(LINES.alive)];
  const seen = { ranMs: 0, edges: 0, isOn: false, isHigh: false, ms: performance.now() };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const [isOn, isHigh] = [power.high(), alive.high()];
    // From the look before to this one at the most: never less than it ran.
    if (isOn || seen.isOn) seen.ranMs += nowMs - seen.ms;
    if (isOn !== seen.isOn) setLevel(LINES.running, isOn);
    if (isHigh !== seen.isHigh) seen.edges += 1;
    Object.assign(seen, { isOn, isHigh, ms: nowMs });
  }, LOOK_MS);
  return { seen, stop: () => clearInterval(timer) };
}

const figures = new Figures();
setLevel(LINES.running, false);
const site = await Site.open(
  {
    ...{ driver: "relay-timer", coast: "2s" },
    lines: { power: lineName(LINES.power), alive: lineName(LINES.alive), running: lineName(LINES.running) },
  },
  { backend: "sysfs" },
  { name: "Bay", sku: "BAY", unit: "min", unitPrice: "60.00", taxRate: 25 },
);
let daemon = startDaemon(site.config);
const machine = startMachine();

async function sell(what: string, maximum: string, mostS: number, end: () => Promise<number | null>): Promise<void> {
  const beforeMs = machine.seen.ranMs;
  const { saleId } = await site.begin(maximum);
  // Without a daemon the line keeps its level, and what hears the beat opens the relay: from then on nothing is sold.
  const untilMs = await end();
  const { sale, takenMinor } = await site.closed(saleId);
  const seconds = takenMinor / OERE_PER_SECOND;
  const ranS = ((untilMs ?? machine.seen.ranMs) - beforeMs) / 1_000;
  figures.require(`${what}: whole seconds taken`, seconds, "whole", Number.isInteger(seconds));
  figures.require(
    "  no more than it ran",
    `${seconds} of ${ranS.toFixed(1)}`,
    "s",
    seconds <= ranS && seconds <= mostS,
  );
  figures.require("  and not much less", `${seconds} of ${ranS.toFixed(1)}`, "s", seconds >= Math.min(ranS, mostS) - 4);
  figures.require("  the relay", machine.seen.isOn ? "on" : "off", "off");
  figures.require("  the meter is believed", String(sale.meterCertain), "true");
}

await sell("to the limit", "20.00", 20, async () => null);
figures.require("edges on alive in that time", machine.seen.edges, "many", machine.seen.edges > 20);
await sell("stopped at the display", "50.00", 50, async () => {
  await site.until("five seconds ran", ({ quantity }) => Number(quantity) >= 0.08);
  await site.stop();
  return null;
});
await sell("killed while it ran", "50.00", 50, async () => {
  await site.until("five seconds ran", ({ quantity }) => Number(quantity) >= 0.08);
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
  const { edges, ranMs } = machine.seen;
  await sleep(1_000);
  figures.require(
    "edges on alive once it is dead",
    machine.seen.edges - edges,
    "at most 1",
    machine.seen.edges - edges <= 1,
  );
  daemon = startDaemon(site.config);
  return ranMs;
});
const idle = machine.seen.edges;
await sleep(2_000);
figures.require("edges on alive while nothing is sold", machine.seen.edges - idle, 0);
daemon.kill("SIGTERM");
machine.stop();
figures.end();
