// guest: --usb-serial --limit 600
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { startDartPump } from "../../../src/devices/dart/simulator/pump.ts";
import { Figures } from "../support/figures.ts";
import { OERE_PER_PULSE, PULSES_PER_LITRE, Site, startDaemon } from "../support/kiosk.ts";
import { ADAPTER, adapterComes, FAR_END } from "../support/serial.ts";

// A pump on a USB adapter whose plug is pulled in the middle of a delivery of the built daemon, and put back.
const ML_PER_PULSE = 1_000 / PULSES_PER_LITRE;
const figures = new Figures();
await adapterComes();
const pump = startDartPump(await openSimulatorPort({ path: FAR_END, baudRate: 9_600, parity: "odd" }), {
  price: 1_000,
});
const site = await Site.open({ driver: "dart", port: ADAPTER, address: 0x50, answerTimeout: "500ms" });
const daemon = startDaemon(site.config);

for (const unpluggedMs of [3_000, 20_000]) {
  const before = pump.releasedBase();
  const { saleId } = await site.begin("50.00");
  pump.act("lift");
  pump.act("squeeze");
  await site.until("a litre flowed", ({ quantity }) => Number(quantity) >= 1);
  execFileSync("unplug");
  await sleep(unpluggedMs);
  execFileSync("plug");
  await adapterComes();
  const { sale, takenMinor } = await site.closed(saleId);
  pump.act("release");
  pump.act("hang-up");
  const flowedMl = pump.releasedBase() - before;
  const due = Math.floor(flowedMl / ML_PER_PULSE) * OERE_PER_PULSE;
  const right = Math.abs(takenMinor - due) <= OERE_PER_PULSE;
  figures.require(`unplugged for ${unpluggedMs / 1_000} s: öre for ${flowedMl} ml`, takenMinor, `${due}`, right);
  figures.require("  ml beyond the limit of 5,000", Math.max(0, flowedMl - 5_000), 0);
  figures.require("  outcome", sale.outcome, "paid");
  await site.until("it sells again", ({ available }) => available);
}
daemon.kill("SIGTERM");
await pump.close();
figures.end();
