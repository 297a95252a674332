import { describe, expect, it } from "vitest";
import { createLog } from "../../../src/platform/log/log.ts";

function written(fields: Readonly<Record<string, unknown>>, message = "message"): string {
  const lines: string[] = [];
  const secrets = ["s3cret-value", 'quo"xyz'];
  createLog({ level: "debug", secrets, write: (line) => void lines.push(line) }).warn(fields, message);
  return lines.join("");
}

describe("the log", () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["by key", { password: "other" }, "other"],
    ["by key, further in", { a: { b: { password: "other" } } }, "other"],
    ["a token", { request: { authorization: "Bearer other" } }, "other"],
    ["by value, in a field", { detail: "it was s3cret-value, really" }, "s3cret-value"],
    ["by value, quoted", { detail: 'it was quo"xyz' }, "xyz"],
  ])("never shows a secret: %s", (_what, fields, secret) => {
    expect(written(fields)).not.toContain(secret);
    expect(written(fields)).toContain("[redacted]");
  });

  it("never shows a secret in the message or in an error", () => {
    expect(written({}, "s3cret-value")).not.toContain("s3cret-value");
    expect(written({ error: new Error("s3cret-value") })).not.toContain("s3cret-value");
  });

  it("says what an error was and where it came from", () => {
    const { level, error } = JSON.parse(written({ error: new Error("unforeseen") }));
    expect(level).toBe("warn");
    expect(error).toMatchObject({ message: "unforeseen", stack: expect.stringContaining("log.test.ts") });
    expect(JSON.parse(written({ error: "text" })).error).toBe("text");
  });
});
