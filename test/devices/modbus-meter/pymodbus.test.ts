import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import {
  answersFraming,
  type Frame,
  READ_COILS,
  readAnswer,
  readRequest,
  writeAnswer,
  writeCoilRequest,
} from "../../../src/devices/modbus-meter/codec.ts";
import { coilContactor } from "../../../src/devices/modbus-meter/contactor.ts";
import { Dispute } from "../../../src/devices/modbus-meter/dispute.ts";
import { openModbusMeter } from "../../../src/devices/modbus-meter/modbus-meter.ts";
import { fileStore } from "../../../src/devices/parts/register-file.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import { needs } from "../../support/components.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { FAST, hasSocat, until } from "./rig.ts";

const SCRIPT = join(import.meta.dirname, "../../support/modbus_server.py");
const hasPymodbus = [
  needs("python3-pymodbus", "/usr/lib/python3/dist-packages/pymodbus/__init__.py"),
  needs("python3-serial-asyncio", "/usr/lib/python3/dist-packages/serial_asyncio/__init__.py"),
].every((isHere) => isHere);
const TIMEOUT_MS = 1_000;

describe.runIf(hasSocat && hasPymodbus)("a foreign Modbus server", () => {
  let pair: PtyPair;
  let server: ChildProcess;
  let line: SerialLine<Frame>;

  beforeEach(async () => {
    pair = await openPty(tempFolder(), "meter");
    server = spawn("/usr/bin/python3", [SCRIPT, pair.device], { stdio: ["ignore", "pipe", "inherit"] });
    if (server.stdout === null) throw new Error("the server has no output");
    await once(server.stdout, "data", { signal: AbortSignal.timeout(20_000) });
    const settings = { path: pair.host, baudRate: 9_600, gapMs: 5 };
    line = openSerialLine(settings, answersFraming(), systemClock(), SILENT);
    await until(() => line.up);
  });
  afterEach(async () => {
    server.kill("SIGKILL");
    await pair.unplug();
    await line.close();
  });

  async function coils(): Promise<Frame> {
    const request = readRequest(1, READ_COILS, 0, 8);
    const answer = await line.ask(
      request,
      (frame) => (frame.functionCode === READ_COILS ? frame : undefined),
      TIMEOUT_MS,
    );
    if (answer.kind !== "done") throw new Error(answer.detail);
    return answer.value;
  }

  it.each([
    ["voltage", 4, 0x0000, 2, "43663333"],
    ["import and export", 4, 0x0048, 4, "449a51ec41e628f6"],
    ["a holding register", 3, 0x0000, 2, "42c80000"],
  ])("is understood and understands: %s", async (_, functionCode, address, count, data) => {
    const answer = await line.ask(
      readRequest(1, functionCode, address, count),
      readAnswer(1, functionCode, count),
      TIMEOUT_MS,
    );
    expect(answer).toEqual({ kind: "done", value: { data: Uint8Array.from(Buffer.from(data, "hex")) } });
  });

  it("refuses with an exception, and does not answer for a unit that is not there", async () => {
    expect(await line.ask(readRequest(1, 4, 0x1000, 2), readAnswer(1, 4, 2), TIMEOUT_MS)).toEqual({
      kind: "done",
      value: { exception: 2 },
    });
    expect((await line.ask(readRequest(9, 4, 0, 2), readAnswer(9, 4, 2), 200)).kind).toBe("unknown");
    const beyond = writeCoilRequest(1, 100, true);
    expect(await line.ask(beyond, writeAnswer(beyond), TIMEOUT_MS)).toMatchObject({ value: { exception: 2 } });
  });

  it("serves a whole delivery", async () => {
    const settings = { ...FAST, timeoutMs: 400 };
    const contactor = coilContactor({ unit: 1, coil: 3, timeoutMs: 400 }, line);
    const store = fileStore(join(tempFolder(), "dispute.register"));
    const dispute = await Dispute.open(store, systemClock(), SILENT);
    const dispenser = openModbusMeter(settings, line, systemClock(), SILENT, { contactor, dispute });
    const readings: number[] = [];
    dispenser.listen((event) => event.type === "reading" && readings.push(event.totaliserBase));
    expect(await dispenser.totaliser()).toEqual({ kind: "done", value: 1_234_560 });
    expect(await dispenser.arm(5_000)).toEqual({ kind: "done", value: null });
    expect((await coils()).data).toEqual(Uint8Array.of(1, 0b1000));
    await until(() => readings.length > 3);
    expect(await dispenser.stop()).toEqual({ kind: "done", value: null });
    expect((await coils()).data).toEqual(Uint8Array.of(1, 0));
    expect(new Set(readings)).toEqual(new Set([1_234_560]));
    await dispenser.close();
  });
});
