import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { launchBrowser } from "../../src/cli/browser/launch.ts";
import { systemClock } from "../../src/platform/clock/clock.ts";
import { notStarted } from "../../src/platform/programs.ts";
import { tempFolder } from "../support/temp.ts";

const SRC = join(import.meta.dirname, "../../src");

describe("a program that cannot be started", () => {
  it.each([
    ["ENOENT", "socat", "is not installed (Debian: apt install socat)"],
    ["ENOENT", null, "is not installed"],
    ["EACCES", "socat", "may not be run by this user"],
    ["EMFILE", "socat", "cannot be started: spawn x EMFILE"],
  ])("with %s, in package %s: it %s", (code, debianPackage, expected) => {
    const error = Object.assign(new Error(`spawn x ${code}`), { code });
    expect(notStarted(error, debianPackage)).toBe(expected);
  });

  it("is told of in one way, wherever one is started", () => {
    const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const sources = files.map((name) => ({ name, text: readFileSync(join(SRC, name), "utf8") }));
    const starting = sources.filter(({ text }) => text.includes('from "node:child_process"'));
    expect(starting.length).toBeGreaterThan(2);
    // By the event, by what is thrown, or by what a call that waits gives.
    const tells = /("error", |catch \(error\)|error === undefined).*notStarted\(/s;
    expect(starting.filter(({ text }) => !tells.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it("is named where it is a browser's, of which nothing is left", async () => {
    const runtimeFolder = tempFolder();
    const programs = { setpriv: join(runtimeFolder, "setpriv"), browser: "/no/browser", cage: null, isWayland: false };
    const settings = { ...programs, url: "http://127.0.0.1:1/", runtimeFolder, environment: process.env };
    const running = launchBrowser(settings, systemClock());
    expect(await running.ended).toBe(`${programs.setpriv} is not installed (Debian: apt install util-linux)`);
    expect(await running.end()).toBe(true);
    expect(readdirSync(runtimeFolder)).toEqual([]);
  });
});
