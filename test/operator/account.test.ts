import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OneTimeCode } from "../../src/operator/account/code.ts";
import { Guesses } from "../../src/operator/account/guesses.ts";
import { BusyError, hashOf, isPassword } from "../../src/operator/account/passwords.ts";
import { isCsrfOf, Sessions } from "../../src/operator/account/sessions.ts";
import { mayAct, ROLES, Users } from "../../src/operator/account/users.ts";
import { isOwnHost, isOwnOrigin } from "../../src/operator/guard.ts";
import { T0_MS } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

const MINUTE_MS = 60_000;
const ANNA = { user: "anna", role: "operator" } as const;

describe("a one-time code", () => {
  const codeIn = (folder: string) => new OneTimeCode(join(folder, "code.json"));

  it.each<[string, (code: string) => string, number, object | null]>([
    ["as it was shown", (code) => code, 0, ANNA],
    ["in large letters, without hyphens", (code) => code.toUpperCase().replaceAll("-", " "), 14, ANNA],
    ["another one", () => "aaaa-aaaa-aaaa", 0, null],
    ["a quarter of an hour later", (code) => code, 15, null],
    ["by a clock that was put back", (code) => code, -1, null],
  ])("%s", (_what, typed, laterMinutes, expected) => {
    const code = codeIn(tempFolder());
    expect(code.take(typed(code.make(ANNA, T0_MS)), T0_MS + laterMinutes * MINUTE_MS)).toEqual(expected);
  });

  it("is good once, and only until the next one is made", () => {
    const folder = tempFolder();
    const first = codeIn(folder).make(ANNA, T0_MS);
    const second = codeIn(folder).make(ANNA, T0_MS);
    expect(codeIn(folder).take(first, T0_MS)).toBeNull();
    expect(codeIn(folder).take(second, T0_MS)).toEqual(ANNA);
    expect(codeIn(folder).take(second, T0_MS)).toBeNull();
  });

  it("is gone after five wrong ones, across restarts, and its file never shows it", () => {
    const folder = tempFolder();
    const right = codeIn(folder).make(ANNA, T0_MS);
    const file = join(folder, "code.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain(right.replaceAll("-", ""));
    for (let guess = 0; guess < 5; guess++) expect(codeIn(folder).take("aaaa-aaaa-aaaa", T0_MS)).toBeNull();
    expect(existsSync(file)).toBe(false);
    expect(codeIn(folder).take(right, T0_MS)).toBeNull();
  });
});

describe("guesses", () => {
  const at = (name: string, isLoopback = false) => ({ name, isLoopback });

  it("of one address are five in a quarter of an hour, many at once too", () => {
    const guesses = new Guesses();
    const waits = Array.from({ length: 7 }, () => guesses.tryAt(at("a"), 0).waitMs);
    expect(waits).toEqual([0, 0, 0, 0, 0, 15 * MINUTE_MS, 15 * MINUTE_MS]);
    expect(guesses.tryAt(at("b"), 0).waitMs).toBe(0);
    expect(guesses.tryAt(at("a"), 15 * MINUTE_MS - 1).waitMs).toBe(1);
    expect(guesses.tryAt(at("a"), 15 * MINUTE_MS).waitMs).toBe(0);
  });

  it("of all addresses are forty; the machine itself is counted apart", () => {
    const guesses = new Guesses();
    const waits = Array.from({ length: 45 }, (_, index) => guesses.tryAt(at(`host-${index}`), 0).waitMs);
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(40);
    expect(guesses.tryAt(at("loopback", true), 0).waitMs).toBe(0);
  });

  it("that were right do not count", () => {
    const guesses = new Guesses();
    for (let guess = 0; guess < 20; guess++) guesses.tryAt(at("a"), 0).right();
    expect(guesses.tryAt(at("a"), 0).waitMs).toBe(0);
  });
});

describe("a session", () => {
  const IDLE_MS = 30 * MINUTE_MS;

  it.each<[string, readonly (readonly [minute: number, isUse: boolean])[], boolean]>([
    [
      "that is used lasts",
      [
        [29, true],
        [58, true],
      ],
      true,
    ],
    ["that is not used ends", [[31, true]], false],
    [
      "of a page that only looks by itself ends",
      [
        [10, false],
        [20, false],
        [30, false],
      ],
      false,
    ],
    ["ends after twelve hours, however it is used", Array.from({ length: 36 }, (_, at) => [at * 20 + 20, true]), false],
  ])("%s", (_what, looks, lasts) => {
    const sessions = new Sessions(IDLE_MS);
    const { token } = sessions.begin("anna", "hash", 0);
    const found = looks.map(([minute, isUse]) => sessions.find(token, minute * MINUTE_MS, isUse));
    expect(found.at(-1) !== null).toBe(lasts);
  });

  it("makes room: eight of a user, sixty-four in all", () => {
    const sessions = new Sessions(IDLE_MS);
    const tokens = Array.from({ length: 9 }, () => sessions.begin("anna", "hash", 0).token);
    expect(tokens.map((token) => sessions.find(token, 0, true) !== null)).toEqual([false, ...Array(8).fill(true)]);
    for (let user = 0; user < 100; user++) sessions.begin(`user-${user}`, "hash", 0);
    expect(sessions.size).toBe(64);
  });

  it("has a token of its own for what changes something", () => {
    const sessions = new Sessions(IDLE_MS);
    const one = sessions.begin("anna", "hash", 0);
    const other = sessions.begin("anna", "hash", 0);
    expect(one.token).toMatch(/^[\w-]{43}$/);
    const given = [one.session.csrf, other.session.csrf, one.token, "", undefined, [one.session.csrf]];
    expect(given.map((each) => isCsrfOf(one.session, each))).toEqual([true, false, false, false, false, false]);
  });
});

describe("a password", () => {
  it("is known again, however an accent was typed, and no other is", async () => {
    const hash = await hashOf("caf\u00e9 au lait");
    expect(await isPassword("cafe\u0301 au lait", hash)).toBe(true);
    expect(await isPassword("cafe au lait", hash)).toBe(false);
    expect(await isPassword("caf\u00e9 au lait", null)).toBe(false);
    expect((await hashOf("caf\u00e9 au lait")).hash).not.toBe(hash.hash);
  });

  it("is looked at one after the other, and few wait", async () => {
    const all = await Promise.allSettled(Array.from({ length: 7 }, () => hashOf("a password")));
    const refused = all.filter((each) => each.status === "rejected");
    expect(refused.map(({ reason }) => reason instanceof BusyError)).toEqual([true, true, true]);
  });
});

describe("the users' file", () => {
  const user = (name: string) => ({ name, role: "viewer", salt: "c2FsdA==", hash: "aGFzaA==" }) as const;

  it("is whole, for its owner alone, and read anew when a command has changed it", () => {
    const path = join(tempFolder(), "users.json");
    const daemon = new Users(path);
    expect(daemon.all()).toEqual([]);
    new Users(path).put(user("anna"));
    new Users(path).put(user("bo"));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(daemon.named("anna")).toMatchObject({ role: "viewer" });
    expect(new Users(path).remove("anna")).toBe(true);
    expect(new Users(path).remove("anna")).toBe(false);
    expect(daemon.all().map(({ name }) => name)).toEqual(["bo"]);
  });

  it.each(["{", "[]", '{"users":[{"name":"a","role":"root","salt":"","hash":""}]}', "x".repeat(70_000)])(
    "that is none lets nobody in, and says what to do",
    (content) => {
      const path = join(tempFolder(), "users.json");
      writeFileSync(path, content);
      expect(() => new Users(path).named("anna")).toThrow(/take it away/);
    },
  );

  it("gives each role what the ones before it may", () => {
    const may = ROLES.map((role) => ROLES.map((asked) => mayAct(role, asked)));
    expect(may).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe("a request's host and origin", () => {
  const lan = { host: "0.0.0.0", names: ["kiosk-7", "kiosk-7.local"] };
  const local = { host: "127.0.0.1", names: ["kiosk-7"] };

  it.each([
    ["localhost:8443", true, true],
    ["127.0.0.1:8443", true, true],
    ["[::1]:8443", true, true],
    ["KIOSK-7.local:8443", true, false],
    ["192.168.1.7:8443", true, false],
    ["[fd00::7]:8443", true, false],
    ["evil.example:8443", false, false],
    ["kiosk-7.local.evil.example", false, false],
    ["192.168.1.7.evil.example", false, false],
    ["localhost:8443:1", false, false],
    ["", false, false],
    [undefined, false, false],
  ])("by %o: %o on the network, %o on this machine alone", (header, onLan, alone) => {
    expect([isOwnHost(header, lan), isOwnHost(header, local)]).toEqual([onLan, alone]);
  });

  it.each([
    ["https://kiosk-7:8443", "kiosk-7:8443", true],
    ["https://kiosk-7", "KIOSK-7:443", true],
    ["http://kiosk-7:8443", "kiosk-7:8443", false],
    ["https://kiosk-7:8444", "kiosk-7:8443", false],
    ["https://evil.example", "kiosk-7:8443", false],
    ["null", "kiosk-7:8443", false],
    [undefined, "kiosk-7:8443", false],
  ])("from %o to %o: %o", (origin, host, isOwn) => {
    expect(isOwnOrigin(origin, host, true)).toBe(isOwn);
  });
});
