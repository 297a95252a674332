import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CloseList } from "../../src/adapters/gpio/sysfs/close-list.ts";
import { needs } from "../support/components.ts";
import { tempFolder } from "../support/temp.ts";

const UNIT = join(import.meta.dirname, "../../systemd/kioskd.service");

/** The unit as it will be, with a command that is there to be found. */
function installed(): string {
  const folder = tempFolder();
  const command = join(folder, "kioskd");
  writeFileSync(command, "#!/bin/sh\n");
  chmodSync(command, 0o755);
  const unit = join(folder, "kioskd.service");
  writeFileSync(unit, readFileSync(UNIT, "utf8").replaceAll("/usr/bin/kioskd", command));
  return unit;
}

describe.skipIf(!needs("systemd", "/usr/bin/systemd-analyze"))("the unit", () => {
  it("is understood by systemd to the last key", () => {
    const { status, stderr, stdout } = spawnSync("systemd-analyze", ["verify", installed()], { encoding: "utf8" });
    expect({ status, said: stderr + stdout }).toEqual({ status: 0, said: "" });
  });

  it("exposes little", () => {
    const out = execFileSync("systemd-analyze", ["security", "--offline=true", installed()], { encoding: "utf8" });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(out)?.[1])).toBeLessThanOrEqual(2.5);
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
  ])("has %s: %s", (line) => {
    expect(readFileSync(UNIT, "utf8")).toMatch(line);
  });
});
