import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { notStarted } from "../../platform/programs.ts";

/** Two ends of a wire that the kernel carries. */
export interface PtyPair {
  readonly device: string;
  readonly host: string;
  /** Pulls the plug: both ends are gone. */
  unplug(): Promise<void>;
}

/** Makes a pair of pseudo-terminals named `<name>.device` and `<name>.host` in the folder. Rejects when socat is missing. */
export async function openPty(folder: string, name: string): Promise<PtyPair> {
  const device = join(folder, `${name}.device`);
  const host = join(folder, `${name}.host`);
  // A link of an earlier pair may by now lead to a terminal that is somebody else's.
  removeLinks(device, host);
  const socat = spawn("socat", [`pty,raw,echo=0,link=${device}`, `pty,raw,echo=0,link=${host}`], { stdio: "ignore" });
  let problem = null as string | null;
  socat.on("error", (error) => {
    problem = `a pseudo-terminal needs socat, which ${notStarted(error, "socat")}`;
  });
  const ended = new Promise<void>((resolve) => {
    socat.on("exit", () => resolve());
  });
  const isThere = (): boolean => existsSync(device) && existsSync(host);
  for (let tries = 0; !isThere(); tries++) {
    if (problem !== null) throw new Error(problem);
    if (tries === 500 || socat.exitCode !== null) throw new Error(`socat made no pseudo-terminal in ${folder}`);
    await sleep(10);
  }
  return {
    device,
    host,
    unplug: async () => {
      socat.kill("SIGKILL");
      if (socat.exitCode === null && socat.signalCode === null) await ended;
      removeLinks(device, host);
    },
  };
}

function removeLinks(...links: readonly string[]): void {
  for (const link of links) rmSync(link, { force: true });
}
