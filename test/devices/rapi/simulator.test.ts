import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SimulatorPort } from "../../../src/devices/bench/device.ts";
import { decodeRapi, encodeRapi } from "../../../src/devices/rapi/codec.ts";
import { type RapiChargerOptions, startRapiCharger } from "../../../src/devices/rapi/simulator/charger.ts";

interface Desk {
  /** Sends a command and gives what was answered, without what nobody asked for. */
  ask(...words: string[]): string;
  /** Sends bytes as they are and gives every line that came of them. */
  send(text: string): string[];
  readonly device: ReturnType<typeof startRapiCharger>;
}

function desk(options: RapiChargerOptions = {}): Desk {
  let listener: (bytes: Uint8Array) => void = () => {};
  let lines: string[] = [];
  const port: SimulatorPort = {
    write: (bytes) => lines.push(...Buffer.from(bytes).toString("latin1").split("\r").filter(Boolean)),
    onBytes: (next) => {
      listener = next;
    },
    close: async () => {},
  };
  const device = startRapiCharger(port, { speed: 100, ...options });
  onTestFinished(() => device.close());
  const send = (text: string): string[] => {
    lines = [];
    listener(Buffer.from(text, "latin1"));
    return lines;
  };
  const ask = (...words: string[]): string => {
    const answers = send(Buffer.from(encodeRapi({ words, sequence: 7 })).toString("latin1")).map(decodeRapi);
    return answers.find((message) => message?.sequence === 7)?.words.join(" ") ?? "";
  };
  return { ask, send, device };
}

describe("the simulated OpenEVSE charger", () => {
  it.each<[string, string[], string]>([
    ["waits behind its boot lock", ["GS"], "OK 00 0 00 4000"],
    ["takes no limit without a car", ["SH", "3"], "NK"],
    ["raises a current to the least", ["SC", "0", "V"], "NK 6"],
    ["takes a current", ["SC", "16", "V"], "OK 16"],
    ["tells its supervision", ["SY", "5", "6"], "OK 5 6 0"],
    ["tells its meter", ["GU"], "OK 0 1234"],
    ["refuses what it does not know", ["XX"], "NK"],
  ])("%s", (_, command, answer) => {
    expect(desk({ accumulatedWh: 1_234 }).ask(...command)).toBe(answer);
  });

  it.each<[string, string, (string | null)[]]>([
    ["obeys with a checksum", "$GU^36\r", ["OK 0 0"]],
    ["obeys with a sum", "$FS*BD\r", ["OK", "AT fe fe 32 4000"]],
    ["obeys without any, as the firmware does", "$GU\r", ["OK 0 0"]],
    ["refuses a wrong checksum, without a sequence id", "$GU :07^00\r", ["NK"]],
    ["begins anew at each dollar", "$GV^$GU^36\r", ["OK 0 0"]],
    ["forgets what is too long", `$GU${"x".repeat(40)}\r`, []],
    ["makes nothing of noise", "\u0000\r\r^^\r", []],
  ])("%s", (_, text, answers) => {
    expect(
      desk()
        .send(text)
        .map((line) => decodeRapi(line)?.words.join(" ") ?? null),
    ).toEqual(answers);
  });

  it("books a session's whole watt-hours when the car goes, and goes on telling the session", async () => {
    const { ask, device } = desk({ withCar: true, accumulatedWh: 500 });
    ask("SB");
    await sleep(50);
    expect(ask("GS")).toMatch(/^OK 03 0 03 0140$/);
    await sleep(50);
    device.act("unplug");
    const [, sessionWs, endedWh] = ask("GU").split(" ").map(Number);
    expect(sessionWs).toBeGreaterThan(3_600);
    expect(endedWh).toBe(500 + Math.floor((sessionWs ?? 0) / 3_600));
    expect(device.releasedBase()).toBe((endedWh ?? 0) - 500);
    device.act("charge");
    expect(ask("GU").split(" ")[2]).toBe(String(endedWh));
  });

  it("lowers its current to 6 A without pulses, and does not stop", async () => {
    const { ask, device } = desk({ withCar: true });
    ask("SB");
    ask("SY", "1", "0");
    await sleep(40);
    expect(device.state()).toMatchObject({ currentA: 6, relayClosed: true, missedPulse: 2 });
    expect(ask("SY")).toBe("NK 1 0 2");
    expect(ask("SY", "165")).toBe("OK 1 0 1");
  });

  it("sleeps at its own limit", async () => {
    const { ask, device } = desk({ withCar: true, carPowerW: 3_000_000, supplyV: 1_000_000 });
    ask("SB");
    expect(ask("SH", "1")).toBe("OK");
    await sleep(80);
    expect(device.state()).toMatchObject({ state: "fe", relayClosed: false });
  });

  it("forgets its session without power, and comes up behind its boot lock", async () => {
    const { ask, send, device } = desk({ withCar: true });
    ask("SB");
    await sleep(50);
    device.act("reboot");
    expect(send("$GU^36\r")).toEqual([]);
    await sleep(60);
    expect(ask("GU")).toBe("OK 0 0");
    expect(device.state()).toMatchObject({ bootLocked: true, relayClosed: false });
    expect(device.releasedBase()).toBeGreaterThan(0);
  });

  it("knows what may be done to it, and nothing else", () => {
    const { device } = desk();
    for (const { id } of device.actions) device.act(id);
    expect(() => device.act("fly")).toThrow(/plug-in/);
  });
});
