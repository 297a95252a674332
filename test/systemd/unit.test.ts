import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CloseList } from "../../src/platform/gpio/sysfs/close-list.ts";
import { needs } from "../support/components.ts";
import { tempFolder } from "../support/temp.ts";

const FOLDER = join(import.meta.dirname, "../../systemd");
const UNIT = join(FOLDER, "kioskd.service");
const DISPLAY = join(FOLDER, "kioskd-display.service");

/** A unit as it will be, with a command that is there to be found. */
function installed(original: string): string {
  const folder = tempFolder();
  const command = join(folder, "kioskd");
  writeFileSync(command, "#!/bin/sh\n");
  chmodSync(command, 0o755);
  const unit = join(folder, basename(original));
  writeFileSync(unit, readFileSync(original, "utf8").replaceAll("/usr/bin/kioskd", command));
  return unit;
}

describe.skipIf(!needs("systemd", "/usr/bin/systemd-analyze"))("the unit", () => {
  it.each([UNIT, DISPLAY])("%s is understood by systemd to the last key", (original) => {
    const verified = spawnSync("systemd-analyze", ["verify", installed(original)], { encoding: "utf8" });
    expect({ status: verified.status, said: verified.stderr + verified.stdout }).toEqual({ status: 0, said: "" });
  });

  it.each([
    [UNIT, 1.5],
    // A browser needs screen, touch and namespaces.
    [DISPLAY, 4],
  ])("%s exposes little: at most %d", (original, most) => {
    const command = ["security", "--offline=true", installed(original)];
    const out = execFileSync("systemd-analyze", command, { encoding: "utf8" });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(out)?.[1])).toBeLessThanOrEqual(most);
  });
});

describe("the shell that closes the outputs first", () => {
  it("writes to every line of the daemon's list what makes it inactive", () => {
    const folder = tempFolder();
    const list = new CloseList(join(folder, "outputs"));
    const lines = [
      { inactive: 0, file: join(folder, "slow"), before: "1" },
      { inactive: 1, file: join(folder, "gone/fast"), before: null },
      { inactive: 1, file: join(folder, "motor"), before: "0" },
    ] as const;
    for (const { inactive, file, before } of lines) {
      list.add(inactive, file);
      if (before !== null) writeFileSync(file, before);
    }
    const [, command = ""] = /^ExecStopPost=-\/bin\/sh -c '(.*)'$/m.exec(readFileSync(UNIT, "utf8")) ?? [];
    spawnSync("sh", ["-c", command.replaceAll("$$", "$").replace("/run/kioskd", folder)]);
    expect(readFileSync(join(folder, "slow"), "utf8").trim()).toBe("0");
    expect(readFileSync(join(folder, "motor"), "utf8").trim()).toBe("1");
  });
});

describe("the unit", () => {
  it.each([
    [/^ExecStopPost=\S+ outputs-off /m, "closes every output after any end"],
    [/^WatchdogSec=10$/m, "kills a daemon that hangs"],
    [/^Restart=always$[\s\S]*^RestartSec=1$/m, "starts it again"],
    [/^StartLimitIntervalSec=0$/m, "for ever"],
    [/^User=kioskd$/m, "is nobody else's user"],
    [/^LoadCredential=secrets:\/etc\/kioskd\/secrets$/m, "gets the secrets, whose files are root's"],
  ])("has %s: %s", (line) => {
    expect(readFileSync(UNIT, "utf8")).toMatch(line);
  });
});

describe("the display's unit", () => {
  it.each([
    [/^Wants=kioskd\.service /m, "is of no use without the daemon"],
    [/^After=kioskd\.service /m, "comes after it"],
    [/^User=kioskd-display$/m, "has no part in the daemon's secrets"],
    [/^WatchdogSec=60$/m, "is ended when it hangs"],
    [/^Restart=always$/m, "is started again"],
    [/^StartLimitIntervalSec=0$/m, "for ever"],
    [/^RestrictNamespaces=user pid net$/m, "lets Chromium shut its pages in"],
  ])("has %s: %s", (line) => {
    expect(readFileSync(DISPLAY, "utf8")).toMatch(line);
  });

  it("leaves the browser be when the daemon is restarted", () => {
    expect(readFileSync(DISPLAY, "utf8")).not.toMatch(/^(Requires|BindsTo|PartOf|Requisite)=/m);
  });

  it("runs as a user that is made", () => {
    expect(readFileSync(join(FOLDER, "kioskd.sysusers"), "utf8")).toMatch(/^u kioskd-display /m);
  });
});
