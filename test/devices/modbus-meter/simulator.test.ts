import { describe, expect, it } from "vitest";
import type { BenchDevice, SimulatorPort } from "../../../src/devices/bench/device.ts";
import { encode, readRequest, writeCoilRequest } from "../../../src/devices/modbus-meter/codec.ts";
import { startModbusMeter } from "../../../src/devices/modbus-meter/simulator/modbus-meter.ts";

function make(powerW = 36_000_000): { device: BenchDevice; ask(request: Uint8Array): string } {
  let said = "";
  let listener: (bytes: Uint8Array) => void = () => {};
  const port: SimulatorPort = {
    write: (bytes) => {
      said += Buffer.from(bytes).toString("hex");
    },
    onBytes: (next) => {
      listener = next;
    },
    close: () => Promise.resolve(),
  };
  const device = startModbusMeter(port, { startWh: 100_000, powerW });
  return {
    device,
    ask: (request) => {
      said = "";
      listener(request);
      return said;
    },
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function spin(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

const ON = writeCoilRequest(1, 0, true);
const OFF = writeCoilRequest(1, 0, false);
const IMPORT = readRequest(1, 4, 0x0048, 2);

describe("the simulated meter", () => {
  it("answers what is published of the SDM meters", () => {
    const { ask } = make();
    expect(ask(IMPORT)).toBe(hex(encode({ unit: 1, functionCode: 4, data: Uint8Array.of(4, 0x42, 0xc8, 0, 0) })));
    expect(ask(readRequest(1, 4, 0, 2))).toMatch(/^01040443660000/);
    expect(ask(readRequest(1, 4, 1, 2))).toMatch(/^018402/);
    expect(ask(readRequest(1, 3, 0, 2))).toMatch(/^018302/);
    expect(ask(readRequest(1, 2, 0, 2))).toMatch(/^018201/);
    expect(ask(readRequest(1, 3, 0xfc00, 2))).toMatch(/^010304/);
    expect(ask(readRequest(2, 4, 0, 2))).toBe("");
    expect(ask(writeCoilRequest(1, 9, true))).toMatch(/^018502/);
  });

  it.each([
    ["the contactor is closed and a car is there", [], true],
    ["no car is there", ["unplug"], false],
    ["it came back", ["unplug", "plug-in"], true],
  ] as const)("lets energy flow as it should when %s", (_, acts, flows) => {
    const { device, ask } = make();
    spin(5);
    expect(device.releasedBase()).toBe(0);
    for (const act of acts) device.act(act);
    expect(ask(ON)).toBe(hex(ON));
    spin(5);
    expect(ask(OFF)).toBe(hex(OFF));
    const released = device.releasedBase();
    expect(released > 0).toBe(flows);
    spin(5);
    expect(device.releasedBase()).toBe(released);
  });

  it("does what is wished on it, and is mended", () => {
    const { device, ask } = make();
    const well = ask(IMPORT);
    const answers: Record<string, string> = {};
    for (const fault of ["be-silent", "answer-for-another", "break-checksums", "answer-late"]) {
      device.act(fault);
      answers[fault] = ask(IMPORT);
    }
    expect(answers).toMatchObject({ "be-silent": "", "answer-late": "" });
    expect(answers["answer-for-another"]).toMatch(/^0204/);
    expect(answers["break-checksums"]).not.toBe(well);
    expect(ask(ON)).toBe(well);
    device.act("mend");
    ask(OFF);
    const released = device.releasedBase();
    device.act("jump");
    expect(device.state()["register"]).toBe(`${((105_000 + released) / 1_000).toFixed(3)} kWh`);
    device.act("go-back");
    device.act("weld");
    ask(ON);
    ask(OFF);
    expect(device.state()).toMatchObject({ contactor: "closed", welded: true });
    expect(() => device.act("explode")).toThrow(/knows no explode, only plug-in/);
  });

  it("has a coil that is read, and relays that fail in their ways", () => {
    const { device, ask } = make();
    const COIL = readRequest(1, 1, 0, 1);
    const told = (on: boolean): string => hex(encode({ unit: 1, functionCode: 1, data: Uint8Array.of(1, on ? 1 : 0) }));
    ask(ON);
    expect(ask(COIL)).toBe(told(true));
    device.act("stick-relay");
    expect([ask(OFF), ask(COIL)]).toEqual([hex(OFF), told(true)]);
    device.act("hide-coil");
    expect([ask(OFF), ask(COIL)]).toEqual([hex(OFF), expect.stringMatching(/^018101/)]);
    device.act("ignore-coil");
    expect([ask(ON), ask(COIL)]).toEqual([hex(ON), ""]);
    device.act("kill-relay");
    expect([ask(OFF), ask(COIL)]).toEqual(["", ""]);
    expect(device.state()["contactor"]).toBe("closed");
    device.act("mend");
    expect([ask(OFF), ask(COIL)]).toEqual([hex(OFF), told(false)]);
  });

  it("strays and echoes as adapters do", () => {
    const { device, ask } = make();
    device.act("echo");
    expect(ask(ON)).toBe(hex(ON) + hex(ON));
    device.act("kill-relay");
    expect(ask(OFF)).toBe(hex(OFF));
    device.act("mend");
    device.act("stray-bytes");
    expect(ask(OFF)).toBe(`ff00${hex(OFF)}00`);
  });

  it.each([
    ["nothing", { power: 36_000, counts: "import" }],
    ["reverse", { power: -36_000, counts: "export" }],
    ["stand-still", { power: 36_000, counts: "nothing" }],
    ["kilowatts", { power: 36, counts: "import" }],
    ["milliwatts", { power: 36_000_000, counts: "import" }],
    ["boot", { power: 0, counts: "nothing" }],
    ["no-value", { power: Number.NaN, counts: "nothing" }],
  ])("tells its figures as wished: %s", (act, figures) => {
    const { device, ask } = make(36_000);
    const figure = (address: number): number => Buffer.from(ask(readRequest(1, 4, address, 2)), "hex").readFloatBE(3);
    if (act !== "nothing") device.act(act);
    const before = [figure(72), figure(74)];
    ask(ON);
    expect(figure(12)).toBe(figures.power);
    while (device.releasedBase() < 3) spin(20);
    const rises = [figure(72), figure(74)].map((kwh, index) => kwh > (before[index] ?? 0));
    expect(rises).toEqual([figures.counts === "import", figures.counts === "export"]);
  });
});
