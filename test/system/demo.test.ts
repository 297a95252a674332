import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { demoLocales } from "../../src/cli/demo.ts";
import { demoAddress, reachable } from "../../src/cli/demo-address.ts";
import { LANGUAGES } from "../../src/displays/texts/languages.ts";
import { needs } from "../support/components.ts";
import { eventually } from "../support/daemon.ts";
import { tempFolder } from "../support/temp.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "dist/main.js");

/** What it printed, as soon as it says what to do. */
async function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(MAIN, ["demo", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGINT"));
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  }
  await eventually("it says what to do", () => printed.includes("Ctrl-C") || child.exitCode !== null);
  return printed;
}

function addressOf(what: string, printed: string): string {
  return new RegExp(`^${what} +(\\S+)`, "m").exec(printed)?.[1] ?? "";
}

describe("a demo without what it needs", () => {
  /** The error's text, with only this folder to find programs in. */
  function withPath(folder: string): { status: number | null; stdout: string; stderr: string } {
    const env = { ...process.env, PATH: folder, TMPDIR: folder };
    return spawnSync(process.execPath, [MAIN, "demo", "--kind", "fuel"], { env, encoding: "utf8", timeout: 60_000 });
  }

  it("names what to install in one sentence, and leaves nothing behind", () => {
    const folder = tempFolder();
    expect(withPath(folder)).toMatchObject({
      ...{ status: 1, stdout: "" },
      stderr: "The demo failed: a pseudo-terminal needs socat, which is not installed (Debian: apt install socat)\n",
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says so when it is there and may not be run", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "socat"), "");
    expect(withPath(folder)).toMatchObject({
      ...{ status: 1, stdout: "" },
      stderr: "The demo failed: a pseudo-terminal needs socat, which may not be run by this user\n",
    });
  });
});

describe("a demo's payment service", () => {
  it("is one of those that there are", () => {
    const tried = spawnSync(MAIN, ["demo", "--pay", "cash"], { encoding: "utf8", timeout: 60_000 });
    expect([tried.status, tried.stdout]).toEqual([2, ""]);
    expect(tried.stderr).toMatch(/^--pay: expected one of seqr\b.*, not "cash"/);
  });
});

describe("a demo for another machine's browser", () => {
  it("has a token in the display's address, and none but its bearer presses a button", async () => {
    const printed = await demo(["--listen", "0.0.0.0"]);
    const display = new URL(addressOf("Display", printed));
    const phone = addressOf("Phone", printed);
    expect(display.searchParams.get("token")).toMatch(/^[\w-]{16}$/);
    expect([display.hostname, new URL(phone).hostname]).not.toContain("0.0.0.0");
    const opened = await fetch(display, { redirect: "manual" });
    expect(opened.status).toBe(303);
    const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
    const state = new URL("/api/state", display);
    expect((await fetch(state)).status).toBe(401);
    expect((await fetch(state, { headers: { cookie } })).status).toBe(200);
    expect((await fetch(phone)).status).toBe(200);
    expect((await fetch(new URL("/phone/api/sessions", phone))).status).toBe(200);
    expect((await fetch(new URL("/audit", phone))).status).toBe(404);
  });

  it.skipIf(!needs("socat", "/usr/bin/socat"))("has its bench there too", async () => {
    const printed = await demo(["--listen", "0.0.0.0", "--kind", "fuel"]);
    const bench = addressOf("Bench", printed);
    expect(new URL(bench).hostname).toBe(new URL(addressOf("Display", printed)).hostname);
    expect((await fetch(bench)).status).toBe(200);
  });

  it.each([
    ["192.0.2.1", { host: "192.0.2.1", port: 0, token: expect.any(String) }],
    ["192.0.2.1:8080", { host: "192.0.2.1", port: 8080, token: expect.any(String) }],
    ["kiosk.example", { host: "kiosk.example", port: 0, token: expect.any(String) }],
    ["[::]", { host: "::", port: 0, token: expect.any(String) }],
    ["[::]:8080", { host: "::", port: 8080, token: expect.any(String) }],
    ["[::1]", { host: "::1", port: 0, token: null }],
    ["localhost:8080", { host: "localhost", port: 8080, token: null }],
    [undefined, { host: "127.0.0.1", port: 0, token: null }],
  ])("listens on %s", (listen, expected) => {
    expect(demoAddress(listen)).toEqual(expected);
  });

  it.each(["", "here or there", "0.0.0.0:99999", "::", "http://0.0.0.0"])("refuses --listen %j", (listen) => {
    expect(() => demoAddress(listen)).toThrow(/^--listen: expected HOST or HOST:PORT/);
  });

  it("prints an address of this machine in place of all of them, and any other as it is", () => {
    expect(reachable("http://192.0.2.1:8080/phone")).toBe("http://192.0.2.1:8080/phone");
    for (const all of ["http://0.0.0.0:8080", "http://[::]:8080"]) {
      expect(reachable(all)).toMatch(/^http:\/\/[\w.-]+:8080\/$/);
      expect(reachable(all)).not.toContain("0.0.0.0");
    }
  });
});

describe("the demo's language", () => {
  it.each([
    [{ LANG: "sv_SE.UTF-8" }, "sv"],
    [{ LANG: "de" }, "de"],
    [{ LANG: "fi_FI@euro" }, "fi"],
    [{ LANG: "en_GB" }, "en"],
    [{ LANG: "fil_PH.UTF-8" }, "en"],
    [{ LANG: "C.UTF-8" }, "en"],
    [{}, "en"],
    [{ LANG: "de_DE", LC_MESSAGES: "sv_SE" }, "sv"],
    [{ LANG: "de_DE", LC_ALL: "fi_FI", LC_MESSAGES: "sv_SE" }, "fi"],
  ])("of %o is %s, and the others can be chosen", (env, first) => {
    expect(demoLocales(env)[0]).toBe(first);
    expect(new Set(demoLocales(env))).toEqual(new Set(LANGUAGES));
  });

  it("is the display's", async () => {
    const printed = await demo([], { LC_ALL: "fi_FI.UTF-8" });
    const answer = await fetch(new URL("/api/settings", addressOf("Display", printed)));
    expect(await answer.json()).toMatchObject({ locales: demoLocales({ LC_ALL: "fi_FI.UTF-8" }) });
  });
});

describe("the build", () => {
  function built(env: Readonly<Record<string, string>>): string {
    const folder = tempFolder();
    const npm = join(folder, "bin/npm");
    mkdirSync(join(folder, "bin"));
    writeFileSync(npm, "#!/bin/sh\nmkdir -p dist && touch dist/main.js\n");
    chmodSync(npm, 0o755);
    const given = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, ...env };
    const { stdout, stderr } = spawnSync("sh", [join(ROOT, ".ci/build.sh")], {
      cwd: folder,
      env: given,
      encoding: "utf8",
    });
    return stdout + stderr;
  }

  it("tells how far it is", () => {
    expect(built({})).toBe(
      "Building (1/3): the daemon …\nBuilding (2/3): the pages …\nBuilding (3/3): the fonts and other files …\n",
    );
  });

  it("says nothing where npm is told to be silent", () => {
    expect(built({ npm_config_loglevel: "silent" })).toBe("");
  });
});
