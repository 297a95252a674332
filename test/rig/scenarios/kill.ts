// guest: --init systemd --limit 600
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Figures } from "../support/figures.ts";
import { FUEL_PULSER, OERE_PER_PULSE, Site } from "../support/kiosk.ts";
import { openLevel, setLevel } from "../support/lines.ts";
import { LINES, startPump } from "../support/pump.ts";

// The daemon under systemd, by the unit as it is installed: killed and hung at full flow.
const AFTER = 2;
const HANG_ALLOWED_S = 30;
const figures = new Figures();
const pump = startPump({ slowHz: 20, fastHz: 50, after: AFTER });
const site = await Site.open(FUEL_PULSER);
const slowValve = openLevel(LINES.slowValve);

/** The unit, but for where the program and its configuration are in this guest, and who may use sysfs here. */
function install(): void {
  const unit = readFileSync("systemd/kioskd.service", "utf8")
    .replaceAll("/usr/bin/kioskd", `${process.execPath} ${process.cwd()}/dist/main.js`)
    .replaceAll("/etc/kioskd/kioskd.yaml", site.config)
    .replace("User=kioskd\n", "")
    .replace(/^SupplementaryGroups=.*\n/m, "")
    .replace(/^PrivateTmp=.*\n/m, "")
    .replace("ProtectSystem=strict", "ProtectSystem=strict\nReadWritePaths=/tmp");
  mkdirSync("/run/systemd/system", { recursive: true });
  writeFileSync("/run/systemd/system/kioskd.service", unit);
  execFileSync("systemctl", ["daemon-reload"]);
}

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

async function interrupted(what: string, signal: string, allowedMs: number): Promise<void> {
  const before = await pump.state();
  const { saleId } = await site.begin("200.00");
  setLevel(LINES.nozzle, true);
  await site.until("it flows fast", ({ quantity }) => Number(quantity) >= 1);
  const pid = property("MainPID");
  const killedMs = Number(process.hrtime.bigint() / 1_000_000n);
  const atKill = await pump.state();
  execFileSync("kill", [`-${signal}`, pid]);
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

install();
const started = performance.now();
execFileSync("systemctl", ["start", "kioskd"]);
figures.tell("ready, by its own word to systemd, after", `${((performance.now() - started) / 1_000).toFixed(1)} s`);
figures.require("state of the unit", property("ActiveState"), "active");
await interrupted("SIGKILL at full flow", "KILL", 5_000);
await interrupted("hung (SIGSTOP) at full flow", "STOP", HANG_ALLOWED_S * 1_000);
figures.require("restarts", property("NRestarts"), "2");
execFileSync("systemctl", ["stop", "kioskd"]);
figures.require("stopped: slow valve", slowValve.high() ? "open" : "closed", "closed");
pump.stop();
figures.end();
