import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { modbusMeter } from "../../../src/devices/modbus-meter/config.ts";
import { configurationOf, inspect, scan, unitsOf } from "../../../src/devices/modbus-meter/scan.ts";
import { startModbusMeter } from "../../../src/devices/modbus-meter/simulator/modbus-meter.ts";
import { NetPlug } from "./net-plug.ts";

const USUAL = { framing: "tcp", baudRate: "9600", parity: "none", stopBits: "1", answerTimeout: "150" };

afterEach(() => vi.restoreAllMocks());

/** What a command prints, or why it fails. */
async function said(command: Promise<void>): Promise<string> {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await command;
    return text;
  } catch (error) {
    return String(error);
  } finally {
    vi.restoreAllMocks();
  }
}

async function withMeters(
  framing: "tcp" | "rtu",
  units: readonly number[],
  work: (net: NetPlug) => Promise<void>,
): Promise<void> {
  const net = new NetPlug(framing);
  await net.plugIn();
  const meters = units.map((unit) => startModbusMeter(net.port(), { unit, startWh: 1_234_560, pluggedIn: false }));
  try {
    await work(net);
    expect(meters.map((meter) => meter.state()["contactor"])).toEqual(units.map(() => "open"));
  } finally {
    await net.unplug();
  }
}

describe("a person who puts up a meter", () => {
  it.each(["tcp", "rtu"] as const)(
    "finds it by its address and is asked what its display shows, %s",
    async (framing) => {
      await withMeters(framing, [3, 7], async (net) => {
        const text = await said(scan({ ...USUAL, framing, port: net.url, units: "1-8" }));
        expect([...text.matchAll(/^Unit (\d+) answers/gm)].map(([, unit]) => unit)).toEqual(["3", "7"]);
        expect(text).toMatch(/Which of these does the meter's own display show\?/);
        expect(text).toMatch(
          /sdm230\s+1234\.56 kWh imported, 0\.00 kWh exported, 0 W, number 21061234 +\(Eastron SDM230/,
        );
        expect(text).not.toMatch(/eltako|NaN|undefined/);
        expect(text).toContain(
          `kioskd meter inspect --port ${net.url}${framing === "rtu" ? " --framing rtu" : ""} --unit 3`,
        );
      });
    },
  );

  it("gets what it says in words, and lines that the configuration takes", async () => {
    await withMeters("tcp", [3], async (net) => {
      const text = await said(inspect({ ...USUAL, port: net.url, unit: "3", meter: "sdm230" }));
      expect(text).toContain("Does the meter's own display show 1234.56 kWh?");
      const { dispenser } = parse(text.slice(text.indexOf("dispenser:")));
      expect(modbusMeter.schema.parse(dispenser)).toMatchObject({ unit: 3, meter: "sdm230", port: net.url });
    });
  });

  it("is told when nobody answers, when it is another meter, and what to look at", async () => {
    await withMeters("tcp", [3], async (net) => {
      const nobody = await said(scan({ ...USUAL, port: net.url, units: "4,5" }));
      expect(nobody).toMatch(/No meter answered on tcp:.*Check that it is on/);
      const another = await said(inspect({ ...USUAL, port: net.url, unit: "3", meter: "abb-b" }));
      expect(another).toMatch(/Unit 3 answers, and holds no figures/);
      await net.unplug();
      expect(await said(scan({ ...USUAL, port: net.url, units: "3" }))).toMatch(/nobody listens there: check/);
      await net.plugIn();
    });
  });

  it.each([
    [{ units: "0-3" }, /--units: expected addresses from 1 to 247/],
    [{ units: "5-2" }, /--units/],
    [{ units: "1-248" }, /--units/],
    [{ port: "192.168.1.20:502" }, /--port: expected a serial port such as .*tcp:/],
    [{ baudRate: "fast" }, /--baud-rate: expected 1200 to 115200/],
    [{ framing: "ascii" }, /--framing: expected tcp or rtu/],
  ])("is told what is wrong with %j", async (given, message) => {
    expect(await said(scan({ ...USUAL, port: "/dev/null", units: "1", ...given }))).toMatch(message);
  });

  it("gives addresses in ranges and lists", () => {
    expect(unitsOf("1-3,33, 2")).toEqual([1, 2, 3, 33]);
  });

  it("gets the keys of the line only where they are not the usual ones", () => {
    const where = { framing: "tcp", baudRate: 2_400, parity: "even", stopBits: 1, answerTimeout: 300 } as const;
    const written = configurationOf(2, "sdm120", { ...where, port: "/dev/kioskd/rs485" }).join("\n");
    expect(modbusMeter.schema.parse(parse(written).dispenser)).toMatchObject({ baudRate: 2_400, parity: "even" });
    expect(written).not.toMatch(/stopBits|framing/);
  });
});

describe("where a meter is", () => {
  const meter = (given: object) =>
    modbusMeter.schema.safeParse({ driver: "modbus-meter", meter: "sdm230", contactor: "GPIO17", ...given }).success;

  it.each(["/dev/ttyUSB0", "tcp://192.168.1.20:502", "tcp://meter.local:502", "tcp://[fd00::5]:502"])(
    "may be %s",
    (port) => {
      expect(meter({ port })).toBe(true);
    },
  );

  it.each([
    "ttyUSB0",
    "192.168.1.20:502",
    "tcp://192.168.1.20",
    "tcp://:502",
    "tcp://a:99999",
    "udp://a:502",
    "tcp:///dev/x:1",
  ])("cannot be %s", (port) => {
    expect(meter({ port })).toBe(false);
  });
});
