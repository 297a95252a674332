import { describe, expect, it } from "vitest";
import { withFields } from "../../src/ports/log.ts";

describe("a log with fields of its own", () => {
  it("has them in every line of every level; what a line says itself counts", () => {
    const lines: unknown[] = [];
    const write = (fields: object, message: string): void => void lines.push([message, fields]);
    const log = withFields({ debug: write, info: write, warn: write, error: write }, { position: "2", port: "/dev/a" });
    for (const level of ["debug", "info", "warn", "error"] as const) log[level]({ line: "GPIO17" }, level);
    log.warn({ port: "/dev/b" }, "own");
    const own = { position: "2", port: "/dev/a", line: "GPIO17" };
    expect(lines).toEqual([
      ...["debug", "info", "warn", "error"].map((level) => [level, own]),
      ["own", { position: "2", port: "/dev/b" }],
    ]);
  });
});
