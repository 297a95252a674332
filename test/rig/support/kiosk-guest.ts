import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../support/sim-chaos.ts";
import { cutPower, type Loss } from "./disk.ts";
import { Screen } from "./kiosk.ts";

export const TOKEN = "a token of the rig";
const BOOT_MS = 400_000;
const ATTEMPTS = 2;

/**
 * As on a machine that was installed by docs/install.md, with the host's services on its own loopback, and with more
 * patience than the unit has: it is not its watchdog that is tried here. `end` in the shared folder shuts the kiosk down
 * in order.
 */
const SCRIPT = `
for port; do socat TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr TCP:10.0.2.2:$port & done
cp -r /rig/config /etc/kioskd
until [ -c /dev/ttyUSB0 ]; do sleep 0.2; done
chgrp dialout /dev/ttyUSB0 && chmod 660 /dev/ttyUSB0
mkdir /run/systemd/system/kioskd.service.d
printf '[Service]\\nTimeoutStartSec=900\\nWatchdogSec=120\\n' >/run/systemd/system/kioskd.service.d/patience.conf
hw/rig/install
journalctl --follow --output cat --unit kioskd >/rig/log &
systemctl start kioskd
until [ -e /rig/end ]; do sleep 0.5; done
systemctl stop kioskd
cp /var/lib/kioskd/journal.db* /rig/journal/
`;

/** A kiosk in a guest under systemd, whose journal's disk, serial device and services outlive it. */
export class KioskGuest {
  readonly screen: Screen;
  /** Where the guest finds `config`, and leaves its log, and at its end `journal`. */
  readonly share: string;
  readonly #disk: string;
  readonly #session: string;
  readonly #options: readonly string[];
  readonly #servicePorts: readonly string[];
  #process: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** @param services addresses on this machine's loopback that the kiosk finds on its own */
  constructor(folder: string, disk: string, wire: string, port: number, services: readonly string[]) {
    this.#servicePorts = services.map((url) => new URL(url).port);
    this.share = join(folder, "share");
    this.screen = new Screen(`127.0.0.1:${port}`, TOKEN);
    this.#disk = disk;
    this.#session = join(folder, "session");
    mkdirSync(join(this.share, "journal"), { recursive: true });
    const options = { share: this.share, disk: this.#session, wire, net: String(port), limit: "900", init: "systemd" };
    this.#options = [...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), "--usb-serial"];
  }

  /** Resolves when the kiosk's screen is there. One that does not come up had its power cut, too. */
  async boot(chance: Random): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      this.#start();
      const up = this.screen.until("the kiosk is up", () => true, BOOT_MS).then(() => true);
      up.catch(() => undefined);
      if (await Promise.race([up, this.#ended.then(() => false)])) return;
      await this.cut(chance);
    }
    throw new Error(`the guest did not come up; its log: ${this.log()}`);
  }

  async cut(chance: Random): Promise<Loss> {
    const pidFile = join(this.share, "qemu.pid");
    if (this.#process?.exitCode === null && existsSync(pidFile)) {
      process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
    }
    await this.#ended;
    return cutPower(this.#disk, `${this.#session}.log`, chance);
  }

  /** Shuts down; afterwards the shared folder has the journal. */
  async end(): Promise<void> {
    writeFileSync(join(this.share, "end"), "");
    await this.#ended;
  }

  /** Ends what still runs, in whatever state. */
  async abandon(): Promise<void> {
    this.#process?.kill();
    await Promise.race([this.#ended, sleep(10_000)]);
  }

  log(): string {
    return readFileSync(join(this.share, "log"), { encoding: "utf8", flag: "a+" });
  }

  #start(): void {
    for (const file of ["qemu.pid", "end"]) rmSync(join(this.share, file), { force: true });
    copyFileSync(this.#disk, this.#session);
    const command = ["sh", "-euc", SCRIPT, "sh", ...this.#servicePorts];
    const child = spawn("bash", ["hw/rig/guest", ...this.#options, "--", ...command], { stdio: ["ignore", 2, "pipe"] });
    let said = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-10_000);
    });
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code) => {
        // A cut guest has nothing to say of use.
        if (code !== 0 && code !== 125) process.stderr.write(said);
        resolve();
      });
    });
  }
}
