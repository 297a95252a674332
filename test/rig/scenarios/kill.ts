// guest: --root trixie --init systemd --limit 1800
// gate: --init systemd --limit 900
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Figures } from "../support/figures.ts";
import { FUEL_PULSER, OERE_PER_PULSE, Site } from "../support/kiosk.ts";
import { openLevel, setLevel, sysfsNumber } from "../support/lines.ts";
import { LINES, startPump } from "../support/pump.ts";

// The daemon under systemd, by the unit as it is shipped: killed and hung at full flow.
const AFTER = 2;
const HANG_ALLOWED_S = 60;
const figures = new Figures();
const pump = startPump({ slowHz: 20, fastHz: 50, after: AFTER });
const site = await Site.open(FUEL_PULSER);
const slowValve = openLevel(LINES.slowValve);

function property(name: string): string {
  return execFileSync("systemctl", ["show", "--value", "-p", name, "kioskd"], { encoding: "utf8" }).trim();
}

async function untilRestarted(pid: string): Promise<void> {
  for (let look = 0; look < 600; look++, await sleep(100)) {
    const now = property("MainPID");
    if (now !== pid && now !== "0" && existsSync(`/proc/${now}`)) return;
  }
  throw new Error("systemd did not start the daemon again");
}

async function interrupted(what: string, signal: NodeJS.Signals, allowedMs: number): Promise<void> {
  const before = await pump.state();
  const { saleId } = await site.begin("200.00");
  setLevel(LINES.nozzle, true);
  await site.until("it flows fast", ({ quantity }) => Number(quantity) >= 1);
  const pid = property("MainPID");
  const killedMs = Number(process.hrtime.bigint() / 1_000_000n);
  const atKill = await pump.state();
  process.kill(Number(pid), signal);
  await untilRestarted(pid);
  const { sale, takenMinor } = await site.closed(saleId);
  setLevel(LINES.nozzle, false);
  const after = await pump.state();
  const flowed = after.pulses - before.pulses;
  const closedAfterMs = after.closedMs - killedMs;
  figures.require(`${what}: slow valve`, slowValve.high() ? "open" : "closed", "closed");
  figures.require("  closed after", `${closedAfterMs} ms`, `${allowedMs} ms`, closedAfterMs <= allowedMs);
  figures.tell("  pulses between the blow and the closing", after.pulses - atKill.pulses);
  figures.require(`  öre taken for ${flowed} pulses`, takenMinor, flowed * OERE_PER_PULSE);
  figures.require("  outcome", sale.outcome, "paid");
}

function statusOf(pid: string, field: string): string {
  return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
}

execFileSync("sh", ["hw/rig/install", ...Object.values(LINES).map((line) => String(sysfsNumber(line)))], {
  stdio: "inherit",
});
const started = performance.now();
// On a busy machine the first start may be one that the watchdog takes for hung; the next one is not.
execFileSync("systemctl", ["start", "--no-block", "kioskd"]);
for (let look = 0; property("ActiveState") !== "active" && look < 1_000; look++) await sleep(100);
figures.tell("ready, by its own word to systemd, after", `${((performance.now() - started) / 1_000).toFixed(1)} s`);
figures.require("state of the unit", property("ActiveState"), "active");
const daemon = property("MainPID");
const { uid } = statSync("/var/lib/kioskd");
const user = statusOf(daemon, "Uid").split("\t")[0] ?? "";
figures.require("  its user, by number", user, `${uid}`, user === `${uid}` && uid !== 0);
figures.require("  its capabilities", statusOf(daemon, "CapEff"), "0000000000000000");
figures.require("  filter of system calls", statusOf(daemon, "Seccomp"), "2");
await interrupted("SIGKILL at full flow", "SIGKILL", 15_000);
await interrupted("hung (SIGSTOP) at full flow", "SIGSTOP", HANG_ALLOWED_S * 1_000);
const restarts = Number(property("NRestarts"));
figures.require("restarts", restarts, "2 or more", restarts >= 2);
execFileSync("systemctl", ["stop", "kioskd"]);
figures.require("stopped: slow valve", slowValve.high() ? "open" : "closed", "closed");
pump.stop();
figures.end();
