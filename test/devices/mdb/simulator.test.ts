import { expect, it } from "vitest";
import type { SimulatorPort } from "../../../src/devices/bench/device.ts";
import { encodeCommand, type VmcCommand } from "../../../src/devices/mdb/frame.ts";
import { SimulatedReader } from "../../../src/devices/mdb/simulator/reader.ts";
import { startVendingMachine } from "../../../src/devices/mdb/simulator/vending-machine.ts";

function reader() {
  const said: string[] = [];
  const simulated = new SimulatedReader((line) => said.push(line));
  const host = (...lines: readonly string[]): string[] => {
    for (const line of lines) simulated.fromHost(Buffer.from(`${line}\n`));
    return said.splice(0);
  };
  const bus = (command: VmcCommand): string | null => {
    const answer = simulated.fromBus(encodeCommand(command));
    return answer === null ? null : Buffer.from(answer).toString("hex");
  };
  return { simulated, host, bus, said };
}

const POLL = { type: "poll" } as const;

it("goes through the published transcript of an always idle sale", () => {
  const { host, bus, said } = reader();
  expect(host("C,SETCONF,mdb-currency-code=0x1978", "C,SETCONF,mdb-always-idle=1")).toEqual(["c,SET,OK", "c,SET,OK"]);
  expect(host("C,1")).toEqual(["c,STATUS,INACTIVE"]);
  expect(bus(POLL)).toBe("0000");
  expect(bus({ type: "setup", level: 3, display: [0, 0, 0] })).toBe("010319780102052" + "0bd");
  expect(bus({ type: "options", alwaysIdle: true })).toBe("00");
  expect(bus({ type: "enable" })).toBe("00");
  expect(bus({ type: "request", price: 100, item: 5 })).toBe("00");
  expect(said.splice(0)).toEqual(["c,STATUS,DISABLED", "c,STATUS,ENABLED", "c,STATUS,VEND,1.00,5"]);
  expect(host("C,VEND,1,5")).toEqual([]);
  expect(bus(POLL)).toBe("05006469");
  expect(bus({ type: "success", item: 5 })).toBe("00");
  expect(bus({ type: "complete" })).toBe("0707");
  expect(said).toEqual(["c,VEND,SUCCESS", "c,STATUS,IDLE", "c,STATUS,ENABLED"]);
});

it("goes through an authorised session with a vend that fails", () => {
  const { host, bus, said, simulated } = reader();
  host("C,1");
  bus({ type: "setup", level: 1, display: [0, 0, 0] });
  bus({ type: "enable" });
  said.splice(0);
  expect(host("C,START,10.00")).toEqual(["c,STATUS,IDLE,10.00"]);
  expect(bus(POLL)).toBe("0303e8ee");
  bus({ type: "request", price: 100, item: 5 });
  host("C,VEND,1.00");
  expect(bus(POLL)).toBe("05006469");
  simulated.quotesErrors = false;
  bus({ type: "failure" });
  bus({ type: "complete" });
  expect(said).toEqual(["c,ERR,VEND 3", "c,STATUS,ENABLED"]);
});

it.each([
  ["C,START,1.00", 'c,ERR,"cashless is off"', 'c,ERR,"START -3"'],
  ["C,VEND,1.00", 'c,ERR,"cashless is off"', 'c,ERR,"VEND -3"'],
  ["C,STOP", 'c,ERR,"cashless is off"', 'c,ERR,"STOP -3"'],
  ["C,SETCONF,mdb-always-idle=1", "c,SET,OK", 'c,ERR,"cashless is on"'],
  ["C,SETCONF,nonsense=1", 'c,ERR,"SETCONF"', 'c,ERR,"cashless is on"'],
  ["C,0", 'c,ERR,"cashless is off"', "c,STATUS,OFFLINE"],
])("answers %s off and on", (line, off, on) => {
  const { host } = reader();
  expect(host(line)).toEqual([off]);
  host("C,1");
  expect(host(line)).toEqual([on]);
});

it("says nothing to lines that it does not know, on a bus while it is off, and while it hangs", () => {
  const { host, bus, simulated } = reader();
  expect(host("C,VEND", "c,1", "", "C,START,1.000")).toEqual([]);
  expect(bus(POLL)).toBeNull();
  simulated.hangs = true;
  expect(host("C,1")).toEqual([]);
});

it("offers its actions to a bench, and does no other", async () => {
  const port: SimulatorPort = { write: () => {}, onBytes: () => {}, close: async () => {} };
  const machine = startVendingMachine(port);
  expect(machine.kind).toBe("vending-mdb");
  for (const { id } of machine.actions) machine.act(id);
  expect(() => machine.act("choose-99")).toThrow("choose-99");
  expect(machine.releasedBase()).toBe(0);
  await machine.close();
});
