import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  ALARM,
  type Command,
  decodeReports,
  encodeCommands,
  ORDER,
  type Report,
  STATUS,
} from "../../../src/devices/dart/application.ts";
import { type DartFrame, dartFraming, encodeFrame, shortFrame } from "../../../src/devices/dart/codec.ts";
import { type DartPumpBench, type DartPumpOptions, startDartPump } from "../../../src/devices/dart/simulator/pump.ts";

const ADDRESS = 0x50;
const AUTHORIZE: Command[] = [
  { type: "allowed-nozzles", nozzles: [1] },
  { type: "preset-volume", volume: 50 },
  { type: "order", order: ORDER.authorize },
];

/** A pump whose line ends in the test. */
class Bench {
  readonly pump: DartPumpBench;
  readonly frames: DartFrame[] = [];
  readonly #framing = dartFraming();
  #listener: (bytes: Uint8Array) => void = () => {};
  #sequence = 0;

  constructor(options: DartPumpOptions = {}) {
    this.pump = startDartPump(
      {
        write: (bytes) => this.frames.push(...this.#framing.push(bytes)),
        onBytes: (listener) => {
          this.#listener = listener;
        },
        close: async () => {},
      },
      { speed: 100, ...options },
    );
    onTestFinished(() => this.pump.close());
  }

  /** What comes back at once. */
  say(frame: DartFrame): DartFrame[] {
    this.frames.length = 0;
    this.#listener(encodeFrame(frame));
    return [...this.frames];
  }

  send(commands: readonly Command[], sequence = this.#sequence++ % 15): DartFrame[] {
    return this.say({ address: ADDRESS, kind: "data", sequence, data: encodeCommands(commands) });
  }

  order(order: number): DartFrame[] {
    return this.send([{ type: "order", order }]);
  }

  poll(): DartFrame | undefined {
    return this.say(shortFrame(ADDRESS, "poll"))[0];
  }

  /** All that the pump has to say. */
  reports(): Report[] {
    const all: Report[] = [];
    for (let frame = this.poll(); frame?.kind === "data"; frame = this.poll()) {
      all.push(...(decodeReports(frame.data) ?? []));
      this.say(shortFrame(ADDRESS, "ack", frame.sequence));
    }
    return all;
  }

  status(): number | undefined {
    this.order(ORDER.status);
    return this.reports().findLast((report) => report.type === "status")?.status;
  }
}

describe("the simulated pump at its line", () => {
  it("answers a poll with EOT when it has nothing to say", () => {
    expect(new Bench().poll()).toMatchObject({ kind: "eot" });
  });

  it("says nothing to another address", () => {
    expect(new Bench().say(shortFrame(0x51, "poll"))).toEqual([]);
  });

  it("repeats a block with its number until it is acknowledged", () => {
    const bench = new Bench();
    bench.pump.act("lift");
    const first = bench.poll();
    expect(first).toMatchObject({ kind: "data", sequence: 0 });
    expect(bench.poll()).toEqual(first);
    bench.say(shortFrame(ADDRESS, "ack", 7));
    expect(bench.poll()).toEqual(first);
    bench.say(shortFrame(ADDRESS, "ack", 0));
    expect(bench.poll()).toMatchObject({ kind: "eot" });
  });

  it("acknowledges a repeated block and takes it once", () => {
    const bench = new Bench();
    bench.order(ORDER.reset);
    bench.reports();
    expect(bench.send(AUTHORIZE, 9)).toMatchObject([{ kind: "ack", sequence: 9 }]);
    bench.order(ORDER.stop);
    bench.order(ORDER.reset);
    expect(bench.send(AUTHORIZE, 3)).toMatchObject([{ kind: "ack" }]);
    expect(bench.send([{ type: "order", order: ORDER.stop }], 3)).toMatchObject([{ kind: "ack", sequence: 3 }]);
    expect(bench.status()).toBe(STATUS.authorized);
  });
});

describe("the simulated pump's deliveries", () => {
  it("is authorised only from RESET", () => {
    const bench = new Bench();
    expect(bench.status()).toBe(STATUS.fillingCompleted);
    bench.send(AUTHORIZE);
    expect(bench.status()).toBe(STATUS.fillingCompleted);
    bench.order(ORDER.reset);
    bench.send(AUTHORIZE);
    expect(bench.status()).toBe(STATUS.authorized);
  });

  it("is not programmed before it has a price", () => {
    const bench = new Bench({ price: null });
    bench.order(ORDER.reset);
    expect(bench.status()).toBe(STATUS.notProgrammed);
    bench.send([{ type: "prices", prices: [1_989] }]);
    expect(bench.status()).toBe(STATUS.fillingCompleted);
  });

  it("fills to its preset, and its registers and what it released are the same", async () => {
    const bench = new Bench({ totalBase: 20_000 });
    bench.order(ORDER.reset);
    bench.send(AUTHORIZE);
    bench.pump.act("lift");
    bench.pump.act("squeeze");
    await expect.poll(() => bench.pump.state()["status"]).toBe("maxReached");
    await sleep(50);
    bench.reports();
    bench.send([
      { type: "order", order: ORDER.fillingInformation },
      { type: "request-totals", counter: 1 },
    ]);
    expect(bench.reports()).toMatchObject([
      { type: "filled", volume: 50, amount: 995 },
      { type: "nozzle", out: true },
      { type: "totals", counter: 1, total: 2_050 },
    ]);
    expect(bench.pump.releasedBase()).toBe(500);
    bench.pump.act("hang-up");
    expect(bench.status()).toBe(STATUS.fillingCompleted);
  });

  it.each([
    ["pulser-error", ALARM.pulserError],
    ["emergency-stop", ALARM.emergencyStop],
  ])("%s ends it with an alarm, and no RESET is taken until it is mended", (fault, alarm) => {
    const bench = new Bench();
    bench.order(ORDER.reset);
    bench.send(AUTHORIZE);
    bench.reports();
    bench.pump.act(fault);
    expect(bench.reports()).toContainEqual({ type: "alarm", alarm });
    bench.order(ORDER.reset);
    expect(bench.status()).toBe(STATUS.fillingCompleted);
    bench.pump.act("mend");
    bench.order(ORDER.reset);
    expect(bench.status()).toBe(STATUS.reset);
  });

  it("names the actions of several sides by their address, and knows no others", () => {
    const { pump } = new Bench({ addresses: [0x50, 0x51] });
    expect(pump.actions.map(({ id }) => id)).toContain("51/lift");
    pump.act("51/lift");
    expect(pump.state()).toMatchObject({ "50/nozzle": "in", "51/nozzle": "out" });
    expect(() => pump.act("lift")).toThrow(RangeError);
    expect(() => pump.act("51/fly")).toThrow(RangeError);
  });
});
