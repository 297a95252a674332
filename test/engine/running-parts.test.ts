import { describe, expect, it } from "vitest";
import { type Part, RunningParts } from "../../src/engine/running-parts.ts";

function part(name: string, log: string[], fails: { start?: boolean; close?: boolean } = {}): Part {
  return {
    start: async () => {
      await Promise.resolve();
      log.push(`start ${name}`);
      if (fails.start === true) throw new Error(`${name} does not start`);
    },
    close: async () => {
      await Promise.resolve();
      log.push(`close ${name}`);
      if (fails.close === true) throw new Error(`${name} does not close`);
    },
  };
}

describe("what runs", () => {
  it("ends in the reverse order of its start, once", async () => {
    const log: string[] = [];
    const running = new RunningParts();
    running.add(part("0", log));
    await running.start([part("a", log), part("b", log)]);
    running.add(part("1", log));
    await running.close();
    await running.close();
    expect(log).toEqual(["start a", "start b", "close 1", "close b", "close a", "close 0"]);
  });

  it("ends what had begun when a start fails half way, and tells the failure of the start", async () => {
    const log: string[] = [];
    const running = new RunningParts();
    const parts = [part("a", log), part("b", log, { close: true }), part("c", log, { start: true }), part("d", log)];
    await expect(running.start(parts)).rejects.toThrow("c does not start");
    expect(log).toEqual(["start a", "start b", "start c", "close c", "close b", "close a"]);
    await running.close();
    expect(log).toHaveLength(6);
  });

  it("ends all that it can, and tells the first failure", async () => {
    const log: string[] = [];
    const running = new RunningParts();
    await running.start([part("a", log, { close: true }), part("b", log), part("c", log, { close: true })]);
    await expect(running.close()).rejects.toThrow("c does not close");
    expect(log.slice(3)).toEqual(["close c", "close b", "close a"]);
  });
});
