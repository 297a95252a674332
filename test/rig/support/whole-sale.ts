import { setTimeout as sleep } from "node:timers/promises";
import { Figures } from "./figures.ts";
import { FUEL_PULSER, OERE_PER_PULSE, Site, startDaemon } from "./kiosk.ts";
import { openLevel, setLevel } from "./lines.ts";
import { LINES, startPump } from "./pump.ts";

/** A whole sale of the built daemon, from the customer's choice to the money, and what must not become one. */
export async function wholeSale(backend: "sysfs" | "libgpiod"): Promise<void> {
  const figures = new Figures();
  const pump = startPump({ slowHz: 50, fastHz: 200, after: 1 });
  const site = await Site.open(FUEL_PULSER, { backend });
  const daemon = startDaemon(site.config);
  const valves = [openLevel(LINES.slowValve), openLevel(LINES.fastValve), openLevel(LINES.motor)];
  const level = (): string => (valves.some((valve) => valve.high()) ? "open" : "closed");

  async function sell(what: string, maximum: string, limitPulses: number, end: () => Promise<void>): Promise<void> {
    const before = await pump.state();
    const { saleId } = await site.begin(maximum);
    setLevel(LINES.nozzle, true);
    await end();
    const { sale, takenMinor } = await site.closed(saleId);
    setLevel(LINES.nozzle, false);
    const { pulses } = await pump.state();
    const flowed = pulses - before.pulses;
    figures.require(`${what}: öre taken for ${flowed} pulses`, takenMinor, flowed * OERE_PER_PULSE);
    figures.require("  pulses, of at most", flowed, `${limitPulses}`, flowed > 0 && flowed <= limitPulses);
    figures.require("  valves and motor", level(), "closed");
    figures.require("  the meter is believed", String(sale.meterCertain), "true");
  }

  await sell("hung up after a while", "200.00", 2_000, async () => {
    await site.until("three litres flowed", ({ quantity }) => Number(quantity) >= 3);
    setLevel(LINES.nozzle, false);
  });
  const { aliveEdges } = await pump.state();
  figures.require("edges on alive in that delivery", aliveEdges, "many", aliveEdges > 10);
  await sell("held to the limit", "20.00", 200, async () => {});
  await sell("held to the limit once more", "20.00", 200, async () => {});
  await sell("stopped at the display", "50.00", 500, async () => {
    await site.until("one litre flowed", ({ quantity }) => Number(quantity) >= 1);
    await site.stop();
  });

  const idle = await pump.state();
  await pump.order("stray 50");
  await site.until("flow for nobody is a fault", ({ faults }) => faults.some(({ code }) => code === "unaccounted"));
  await sleep(4_000);
  figures.require("litres on record as flowed for nobody, of 50 pulses", site.unaccounted(), "0.500");
  figures.require("edges on alive while nothing is sold", (await pump.state()).aliveEdges - idle.aliveEdges, 0);
  await site.until("it sells again", ({ available }) => available);

  const { saleId } = await site.begin("200.00");
  setLevel(LINES.nozzle, true);
  await site.until("a litre flowed", ({ quantity }) => Number(quantity) >= 1);
  await pump.order("deaf");
  const { sale } = await site.closed(saleId);
  figures.require("a channel gone deaf: the sale", sale.outcome, "paid");
  const faults = (await site.view()).faults.map(({ code }) => code).join(" ");
  figures.require("  raises", faults, "dispenser-fault", faults.includes("dispenser-fault"));
  figures.require("  valves and motor", level(), "closed");
  daemon.kill("SIGTERM");
  pump.stop();
  figures.end();
}
