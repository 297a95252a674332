import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { readSecret, secretPath } from "../../src/config/secrets.ts";
import { tempFolder } from "../support/temp.ts";

/** A configuration with secrets beside it, and a folder of credentials as systemd makes it. */
function machine({ beside = {}, passed = {}, mode = 0o400 }: Partial<Files>): (name: string) => string {
  const [folder, credentials] = [tempFolder(), tempFolder()];
  mkdirSync(join(folder, "secrets"));
  for (const [name, text] of Object.entries(beside)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  for (const [name, text] of Object.entries(passed ?? {})) writeFileSync(join(credentials, name), text, { mode });
  vi.stubEnv("CREDENTIALS_DIRECTORY", passed === null ? undefined : credentials);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return (name) => readSecret(secretPath(join(folder, "kioskd.yaml"), name));
}

interface Files {
  readonly beside: Readonly<Record<string, string | Buffer>>;
  /** Null where no unit has started the program. */
  readonly passed: Readonly<Record<string, string>> | null;
  /** Of what is passed. */
  readonly mode: number;
}

const BESIDE = { "secrets/terminal": "beside\n" };

describe("a secret", () => {
  it.each<[string, Partial<Files>, string, string]>([
    ["is the file beside the configuration", { beside: BESIDE, passed: null }, "secrets/terminal", "beside"],
    ["is the same where others are passed", { beside: BESIDE, passed: { other: "x" } }, "secrets/terminal", "beside"],
    [
      "is the file of the folder that is passed as one credential",
      { passed: { secrets_terminal: "passed\n" } },
      "secrets/terminal",
      "passed",
    ],
    [
      "is rather what is passed, when the file can be seen too",
      { beside: BESIDE, passed: { secrets_terminal: "passed" } },
      "secrets/terminal",
      "passed",
    ],
    ["is a credential by its name", { passed: { terminal: "passed" } }, "credential:terminal", "passed"],
    [
      "is readable by its access list, whose mask looks like the group's bits",
      { passed: { terminal: "passed" }, mode: 0o440 },
      "credential:terminal",
      "passed",
    ],
  ])("%s", (_what, files, name, expected) => {
    expect(machine(files)(name)).toBe(expected);
  });

  it.each<[string, Partial<Files>, string, RegExp]>([
    ["not passed", { beside: BESIDE, passed: null }, "credential:terminal", /no unit has passed any/],
    ["not among those passed", { beside: BESIDE, passed: {} }, "credential:secrets/terminal", /found no file/],
    [
      "behind a byte order mark",
      { beside: { s: "\ufeffsecret" }, passed: null },
      "s",
      /found a byte order mark in .*s, /,
    ],
    ["with a NUL", { beside: { s: "sec\0ret" }, passed: null }, "s", /found an invisible character in/],
    [
      "with an invisible character",
      { beside: { s: "sec\u200bret" }, passed: null },
      "s",
      /found an invisible character/,
    ],
    ["on two lines", { beside: { s: "secret\nother\n" }, passed: null }, "s", /found more than one line in/],
    ["in Latin-1", { beside: { s: Buffer.from("gehä", "latin1") }, passed: null }, "s", /not in UTF-8/],
    ["open to all", { passed: { terminal: "x" }, mode: 0o444 }, "credential:terminal", /can be read by others/],
  ])("that is %s is refused", (_what, files, name, expected) => {
    const read = machine(files);
    expect(() => read(name)).toThrow(expected);
  });

  it("leads nowhere outside the credentials", () => {
    expect(() => machine({ passed: {} })("credential:../../etc/shadow")).toThrow(/\.\._\.\._etc_shadow/);
  });
});
