import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import { openBus } from "../../../src/devices/modbus-meter/bus.ts";
import type { Frame } from "../../../src/devices/modbus-meter/codec.ts";
import { Meter } from "../../../src/devices/modbus-meter/meter.ts";
import { modelNames } from "../../../src/devices/modbus-meter/model.ts";
import { registerMap } from "../../../src/devices/modbus-meter/register-map.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { needs } from "../../support/components.ts";
import { freePort } from "../../support/ports.ts";
import { SILENT } from "../../support/silent-log.ts";
import { hasSocat, until } from "./rig.ts";

const SCRIPT = join(import.meta.dirname, "../../support/modbus_server.py");
const hasPymodbus = [
  needs("python3-pymodbus", "/usr/lib/python3/dist-packages/pymodbus/__init__.py"),
  needs("python3-serial-asyncio", "/usr/lib/python3/dist-packages/serial_asyncio/__init__.py"),
].every((isHere) => isHere);

const NAN = "7fc00000";

function f32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes.toString("hex");
}

/** Function, address and registers, written down here from the sources a second time, and not from the models. */
type Held = readonly (readonly [functionCode: 3 | 4, address: number, registers: string])[];
interface Shown {
  readonly totaliserBase: number;
  readonly reverseBase: number | null;
  readonly toldW: number;
}

const SHOWN: Shown = { totaliserBase: 1_234_560, reverseBase: 28_770, toldW: 7_012 };

function eastron(powerAddress: number): readonly [Held, Shown] {
  const held: Held = [
    [3, 0xfc00, "01415d3f"],
    [4, 0x48, f32(1_234.56) + f32(28.77)],
    [4, powerAddress, f32(7_012.4)],
  ];
  return [held, SHOWN];
}

const METERS: Readonly<Record<string, readonly [Held, Shown]>> = {
  sdm54: eastron(0x34),
  sdm72: eastron(0x34),
  "sdm72-v2": eastron(0x34),
  sdm120: eastron(0x0c),
  sdm220: eastron(0x0c),
  sdm230: eastron(0x0c),
  sdm630: eastron(0x34),
  // Its phases tell the pattern for no value, as of one with a single phase.
  "abb-b": [
    [
      [3, 0x5000, "000000000001e240" + "0000000000000b3d"],
      [3, 0x5b14, "000ab308" + "7fffffff"],
      [3, 0x8900, "00a1b2c3"],
    ],
    SHOWN,
  ],
  "inepro-pro380": [
    [
      [3, 0x4000, "12345678"],
      [3, 0x5012, f32(-7.0124) + f32(-2.3)],
      [3, 0x600c, f32(1_234.56) + f32(1_000) + f32(234.56) + f32(1) + f32(2) + f32(3)],
      [3, 0x6018, f32(28.77) + f32(20) + f32(8.77)],
    ],
    { ...SHOWN, reverseBase: null, toldW: -7_012 },
  ],
  "orno-we516": [
    [
      [3, 0x1c, f32(7.0124)],
      [3, 0x108, f32(1_234.56) + NAN + NAN + NAN + f32(28.77)],
    ],
    SHOWN,
  ],
  "eltako-dsz15dzmod": [
    [
      [4, 0x34, "00001b64"],
      [4, 0x48, "0001e240" + "00000b3d"],
    ],
    SHOWN,
  ],
  "bg-ws100": [
    [
      [3, 0x104, "00001b64" + "00001b70"],
      [3, 0x10e, "0001e240"],
      [3, 0x118, "00000b3d"],
    ],
    { ...SHOWN, reverseBase: null },
  ],
  "bg-ds100": [
    [
      [3, 0x10e, "0001e240"],
      [3, 0x420, "ffffe49c" + "00001b70"],
    ],
    { ...SHOWN, reverseBase: null, toldW: -7_012 },
  ],
  "siemens-pac2200": [
    [
      [3, 65, f32(7_012.4)],
      [3, 801, "4132d68000000000" + "0000000000000000" + "40dc188000000000"],
    ],
    SHOWN,
  ],
  "janitza-umg96rm": [
    [
      [3, 19_026, f32(7_012.4)],
      [3, 19_068, f32(1_234_560) + f32(1) + f32(2) + f32(3) + f32(28_770)],
    ],
    SHOWN,
  ],
  "gavazzi-em300": [
    [
      [4, 0x28, "11ec0001" + "11ff0001"],
      [4, 0x34, "30390000"],
      [4, 0x4e, "011f0000"],
    ],
    { totaliserBase: 1_234_500, reverseBase: null, toldW: 7_012 },
  ],
  "schneider-iem3000": [
    [
      [3, 0x0bf3, f32(7.0124)],
      [3, 0x0c83, "000000000012d680" + "0000000000007062"],
    ],
    SHOWN,
  ],
  "lovato-dmg610": [
    [
      [4, 0x39, "000ab308"],
      [4, 0x1b1f, "000000000001e240" + "0000000000000b3d"],
    ],
    SHOWN,
  ],
  "bernecker-mpm3pm": [
    [
      [3, 0x02, "0001e240" + "00000b3d"],
      [3, 0x26, "000ab308"],
    ],
    SHOWN,
  ],
  "gavazzi-em24-e1": [
    [
      [4, 0x28, "11ec0001" + "11ff0001"],
      [4, 0x34, "30390000"],
      [4, 0x4e, "011f0000"],
    ],
    { totaliserBase: 1_234_500, reverseBase: null, toldW: 7_012 },
  ],
  "gavazzi-em24": [
    [
      [4, 0x28, "11ec0001" + "11ff0001"],
      [4, 0x42, "30390000"],
    ],
    { totaliserBase: 1_234_500, reverseBase: null, toldW: 7_012 },
  ],
  "wago-87930": [
    [
      [3, 0x5012, f32(7.0124) + f32(2.3)],
      [3, 0x600c, f32(1_234.56)],
      [3, 0x6018, f32(28.77)],
    ],
    { ...SHOWN, reverseBase: null },
  ],
  "dzg-dvh4013": [
    [
      [3, 0x0000, "000111ec" + "00000000"],
      [3, 0x4000, "0012d680"],
      [3, 0x4100, "00007062"],
    ],
    { ...SHOWN, reverseBase: null },
  ],
  "eastron-x96-1a": [
    [
      [4, 0x34, f32(7_012.4)],
      [4, 0x48, f32(1_234.56) + f32(28.77)],
    ],
    SHOWN,
  ],
  "orno-we525": [
    [
      [4, 0x104, "00001b64" + "00001b70"],
      [4, 0x10e, "0001e240"],
      [4, 0x118, "00000b3d"],
    ],
    { ...SHOWN, reverseBase: null },
  ],
  "saia-ale3": [
    [
      [3, 27, "0001e240" + "00000001" + "00000b3d"],
      [3, 50, "02bd"],
    ],
    { ...SHOWN, toldW: 7_010 },
  ],
  "acrel-adw300": [
    [
      [3, 36, "00001b64"],
      [3, 62, "0001e240" + "00000b3d"],
    ],
    SHOWN,
  ],
};
/** What they export stands nowhere, or nobody knows where. */
const UNKNOWN_EXPORT = new Set(["bg-ds100", "gavazzi-em24"]);
const NAMES = Object.keys(METERS);

it("every model is one of the meters below", () => {
  expect(new Set(NAMES)).toEqual(new Set(modelNames()));
});

describe.runIf(hasSocat && hasPymodbus).each(["serial", "tcp"])("a foreign Modbus server, %s", (wire) => {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-meters-"));
  let pair: PtyPair | null = null;
  let server: ChildProcess;
  let line: SerialLine<Frame>;

  beforeAll(async () => {
    const file = join(folder, "meters.json");
    writeFileSync(file, JSON.stringify(NAMES.map((name) => METERS[name]?.[0])));
    pair = wire === "tcp" ? null : await openPty(folder, "meter");
    const port = await freePort();
    const place = pair?.device ?? `tcp:${port}`;
    server = spawn("/usr/bin/python3", [SCRIPT, place, file], { stdio: ["ignore", "pipe", "inherit"] });
    if (server.stdout === null) throw new Error("the server has no output");
    await once(server.stdout, "data", { signal: AbortSignal.timeout(20_000) });
    const settings = { framing: "tcp", baudRate: 9_600, parity: "none", stopBits: 1 } as const;
    line = openBus({ ...settings, port: pair?.host ?? `tcp://127.0.0.1:${port}` }, systemClock(), SILENT);
    await until(() => line.up);
  });
  afterAll(async () => {
    server.kill("SIGKILL");
    await pair?.unplug();
    await line.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(NAMES)("tells energy and power of a meter %s", async (name) => {
    const settings = {
      ...{ unit: NAMES.indexOf(name) + 1, map: registerMap(name), timeoutMs: 1_000, maxPowerW: 22_000 },
      ...{ lagMs: 1_000, steadyMs: 60_000, isOwed: () => true, begunAnew: () => {} },
    };
    const meter = new Meter(settings, line, systemClock());
    expect(await meter.read()).toMatchObject({ kind: "unknown", detail: expect.stringMatching(/is read again/) });
    // The number is asked for between energy and power of the third.
    for (let readings = 2; readings <= 3; readings++)
      expect(await meter.read()).toMatchObject({ kind: "done", value: METERS[name]?.[1] });
    expect(meter.broken).toBeNull();
  });

  it.each(NAMES.filter((name) => !UNKNOWN_EXPORT.has(name)))(
    "tells what a meter %s exports, wired the other way round",
    async (name) => {
      const map = registerMap(name, true);
      const settings = {
        ...{ unit: NAMES.indexOf(name) + 1, map, timeoutMs: 1_000, maxPowerW: 22_000 },
        ...{ lagMs: 1_000, steadyMs: 60_000, isOwed: () => true, begunAnew: () => {} },
      };
      const meter = new Meter(settings, line, systemClock());
      await meter.read();
      const toldW = METERS[name]?.[1].toldW ?? Number.NaN;
      const value = { totaliserBase: /^gavazzi/.test(name) ? 28_700 : 28_770, toldW: -toldW };
      expect(await meter.read()).toMatchObject({ kind: "done", value });
    },
  );
});
