import { execFileSync } from "node:child_process";
import { join } from "node:path";
import unix from "unix-dgram";
import { describe, expect, it, onTestFinished } from "vitest";
import { Progress } from "../../../src/engine/watch/progress.ts";
import { systemdService } from "../../../src/platform/service/systemd.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

/** A socket as systemd's, and what arrived on it. */
function listen(): { path: string; heard: string[] } {
  const path = join(tempFolder(), "notify");
  const heard: string[] = [];
  const socket = unix.createSocket("unix_dgram", (message) => heard.push(String(message)));
  socket.bind(path);
  onTestFinished(() => socket.close());
  return { path, heard };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe("a daemon that systemd started", () => {
  it("says when it is ready, beats while all is well, and stops beating when it is not", async () => {
    const { path, heard } = listen();
    const time = new VirtualTime(0);
    const clock = clockOf(time, { number: 1, alive: true });
    const service = await systemdService({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "9000000" }, clock, SILENT);
    let well = true;
    service.ready();
    service.watch(() => well);
    while (time.elapsedMs < 6_000) await time.step();
    await settled();
    expect(heard).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    well = false;
    while (time.elapsedMs < 18_000) await time.step();
    service.stopping();
    await settled();
    expect(heard.slice(4)).toEqual(["STOPPING=1"]);
    service.close();
  });

  it("asks for patience while a start takes long, for an hour at the most", async () => {
    const { path, heard } = listen();
    const time = new VirtualTime(0);
    const service = await systemdService({ NOTIFY_SOCKET: path }, clockOf(time, { number: 1, alive: true }), SILENT);
    const opened = new Promise((resolve) => time.after(25_000, () => resolve("the journal")));
    const patient = service.patience(opened);
    while (await time.step());
    await settled();
    expect(await patient).toBe("the journal");
    expect(heard).toEqual(["EXTEND_TIMEOUT_USEC=30000000", "EXTEND_TIMEOUT_USEC=30000000"]);
    void service.patience(new Promise(() => undefined));
    while (await time.step());
    expect(time.elapsedMs).toBe(25_000 + 3_600_000);
    service.close();
  });

  it("is silent where systemd is not, and does not load what it does not need", () => {
    const script = `
      const { systemdService } = await import("./src/platform/service/systemd.ts");
      const service = await systemdService({}, { after() { throw new Error("no timer"); } }, {});
      service.ready(); service.watch(() => true); service.stopping(); service.close();
      console.log(process.moduleLoadList.length > 0 && !Object.keys(process.report.getReport().sharedObjects).some(
        (at) => process.report.getReport().sharedObjects[at].includes("unix_dgram")));`;
    const out = execFileSync("node", ["--import", "tsx", "--input-type=module", "-e", script], { encoding: "utf8" });
    expect(out.trim()).toBe("true");
  });
});

describe("progress", () => {
  it("is there while work comes back, and gone 45 s after some did not", async () => {
    const time = new VirtualTime(0);
    let stuck = false;
    const progress = new Progress(clockOf(time, { number: 1, alive: true }), () =>
      stuck ? new Promise(() => undefined) : Promise.resolve(),
    );
    const seen: boolean[] = [];
    for (const atMs of [0, 10_000, 20_000, 50_000, 64_999, 65_001]) {
      time.after(atMs - time.elapsedMs, () => {
        stuck = atMs >= 20_000;
        seen.push(progress.check());
      });
      await time.step();
    }
    expect(seen).toEqual([true, true, true, true, true, false]);
  });
});
