import { EventEmitter } from "node:events";
import { setImmediate as settled } from "node:timers/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { any, request } from "./rig.ts";

type Opened = (error: Error | null) => void;

/** A port that does what no kernel can be made to do when a test wants it. */
class FakePort extends EventEmitter {
  static made: FakePort[] = [];
  opened: Opened = () => {};
  closes = 0;
  destroyed = false;
  written: (() => void)[] = [];

  constructor({ path }: { path: string }) {
    super();
    if (path === "/refused") throw new TypeError("no such speed");
    FakePort.made.push(this);
  }
  open(opened: Opened): void {
    this.opened = opened;
  }
  write(_: Uint8Array, taken: () => void): void {
    this.written.push(taken);
  }
  close(closed: () => void): void {
    this.closes++;
    closed();
  }
  destroy(): void {
    this.destroyed = true;
  }
}

// Looked up when a port is made, for the mock is there before the class is.
vi.mock("../../../src/platform/serial/taken.ts", () => ({ notTaken: async () => null }));
vi.mock("serialport", () => ({
  get SerialPort() {
    return FakePort;
  },
}));

function make(path = "/dev/null") {
  const time = new VirtualTime(Date.UTC(2026, 10, 22));
  const links: string[] = [];
  const clock = clockOf(time, { number: 1, alive: true });
  const line = openSerialLine({ path, baudRate: 9_600 }, textLines({ end: "\n", maxBytes: 20 }), clock, SILENT);
  line.onLink((up, detail) => links.push(up ? "up" : detail));
  async function pass(ms: number): Promise<void> {
    await settled();
    let passed = false;
    time.after(ms, () => {
      passed = true;
    });
    while (!passed) await time.step();
  }
  return { line, links, pass };
}

function port(index: number): FakePort {
  const found = FakePort.made.at(index);
  if (found === undefined) throw new Error("no port was made");
  return found;
}

beforeEach(() => {
  FakePort.made = [];
});

describe("a serial line on a broken port", () => {
  it("says so when opening hangs, opens no second one beside it, and takes it when it comes after all", async () => {
    const { line, links, pass } = make();
    await pass(60_000);
    expect(FakePort.made).toHaveLength(1);
    expect(links.at(-1)).toContain("hangs in opening");
    expect(line.up).toBe(false);
    port(0).opened(null);
    expect(line.up).toBe(true);
  });

  it("closes although opening hangs, and closes the port should it open afterwards", async () => {
    const { line, pass } = make();
    const closed = line.close();
    await pass(2_100);
    await closed;
    port(0).opened(null);
    expect(port(0).closes).toBe(1);
    expect(line.up).toBe(false);
  });

  it("never uses a port again, and does not mind one that closes twice and errs once more", async () => {
    const { line, links, pass } = make();
    port(0).opened(null);
    port(0).emit("close");
    expect(port(0).destroyed).toBe(true);
    port(0).emit("close");
    port(0).emit("error", new Error("late"));
    await pass(150);
    expect(FakePort.made).toHaveLength(2);
    port(1).opened(null);
    port(0).emit("close");
    port(0).emit("error", new Error("later"));
    port(0).emit("data", Buffer.from("ghost\n"));
    expect(line.up).toBe(true);
    expect(links.filter((link) => link === "up")).toHaveLength(2);
  });

  it("waits longer and longer, with a bound, for a port that cannot be opened", async () => {
    const { line, pass } = make();
    const counts: number[] = [];
    let refused = 0;
    for (let tenth = 0; tenth < 600; tenth++) {
      for (; refused < FakePort.made.length; refused++) port(refused).opened(new Error("no such device"));
      await pass(100);
      counts.push(FakePort.made.length);
    }
    expect(counts.slice(0, 4)).toEqual([2, 2, 2, 3]);
    expect(counts.at(-1)).toBeGreaterThan(12);
    expect(counts.at(-1)).toBeLessThan(20);
    expect(line.up).toBe(false);
  });

  it("takes a constructor that throws for a port that cannot be opened", async () => {
    const { line, links, pass } = make("/refused");
    await pass(20_000);
    expect(line.up).toBe(false);
    expect(links).toEqual([expect.stringContaining("no such speed")]);
  });

  it("gives a port that takes no bytes no more of them, and gives it up after a while", async () => {
    const { line, links, pass } = make();
    port(0).opened(null);
    for (let requests = 0; requests < 3; requests++) {
      expect(line.up).toBe(true);
      const asked = line.ask(request("?"), any, 500);
      await pass(1_010);
      expect((await asked).kind).toBe("unknown");
    }
    expect(port(0).written).toHaveLength(1);
    expect(links.at(-1)).toContain("takes no bytes");
    expect(port(0).destroyed).toBe(true);
  });
});
