import { describe, expect, it } from "vitest";
import { openPty } from "../../../src/devices/bench/pty.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import { difference } from "../../../src/platform/serial/taken.ts";
import type { Log } from "../../../src/ports/log.ts";
import { needs } from "../../support/components.ts";
import { eventually } from "../../support/daemon.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";

/** As `stty -a` prints it. */
function told(baud: number, flags: string): string {
  return `speed ${baud} baud; rows 0; columns 0; line = 0;\nmin = 1; time = 0;\n${flags} -cmspar hupcl cread clocal\n-ignbrk`;
}

const NONE = "-parenb -parodd cs8 -cstopb";
const EVEN = "parenb -parodd cs8 -cstopb";
const ODD = "parenb parodd cs8 -cstopb";
const TWO = "-parenb -parodd cs8 cstopb";

describe("what a port has not taken", () => {
  it.each([
    [{ baudRate: 9_600 }, told(9_600, NONE), null],
    [{ baudRate: 9_600, parity: "even" }, told(9_600, EVEN), null],
    [{ baudRate: 9_600, parity: "odd" }, told(9_600, ODD), null],
    [{ baudRate: 9_600, stopBits: 2 }, told(9_600, TWO), null],
    [{ baudRate: 9_600, parity: "even" }, told(9_600, NONE), "9600 baud 8N1 where 9600 baud 8E1"],
    [{ baudRate: 9_600, parity: "odd" }, told(9_600, EVEN), "9600 baud 8E1 where 9600 baud 8O1"],
    [{ baudRate: 9_600, stopBits: 2 }, told(9_600, NONE), "9600 baud 8N1 where 9600 baud 8N2"],
    [{ baudRate: 115_200 }, told(9_600, NONE), "9600 baud 8N1 where 115200 baud 8N1"],
    [{ baudRate: 9_600 }, "stty: something else", null],
  ] as const)("%j, %s: %s", (settings, text, what) => {
    const said = difference({ path: "/dev/x", ...settings }, text);
    if (what === null) expect(said).toBeNull();
    else expect(said).toContain(`the port took ${what} was asked for`);
  });

  it.skipIf(!needs("socat", "/usr/bin/socat"))("is said once of a real port, which works all the same", async () => {
    const pair = await openPty(tempFolder(), "line");
    const warnings: unknown[] = [];
    const log: Log = { ...SILENT, warn: (fields) => warnings.push(fields) };
    // A pseudo-terminal has no parity.
    const settings = { path: pair.host, baudRate: 9_600, parity: "even" } as const;
    const line = openSerialLine(settings, textLines({ end: "\n", maxBytes: 80 }), systemClock(), log);
    await eventually("it is said", () => warnings.length > 0);
    expect(line.up).toBe(true);
    expect(warnings).toEqual([
      { port: pair.host, detail: expect.stringContaining("9600 baud 8N1 where 9600 baud 8E1") },
    ]);
    await line.close();
    await pair.unplug();
  });
});
