import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/config/problem.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { tempFolder } from "../support/temp.ts";
import { CASES } from "./wrong/cases.ts";
import type { Case } from "./wrong/devices.ts";

const GOOD = readFileSync(new URL("wrong/good.yaml", import.meta.url), "utf8");
const SECRETS = ["reseller", "unattended", "mqtt", "t-1", "t-2", "t-3", "t-4", "t-5", "t-6", "open"];

/** What looks like a plain blank and is none, and what is not seen at all. */
const UNSEEN = /(?! )[\p{Z}\p{Cc}\p{Cf}\u2800]/u;

/** A folder with all secrets; gives what is told of a configuration in it. */
function site(): (bytes: string | Buffer) => string {
  const folder = tempFolder();
  const file = join(folder, "kioskd.yaml");
  mkdirSync(join(folder, "secrets"));
  for (const name of SECRETS) writeFileSync(join(folder, "secrets", name), "0123456789abcdef", { mode: 0o600 });
  writeFileSync(join(folder, "secrets/short"), "x", { mode: 0o600 });
  writeFileSync(join(folder, "secrets/empty"), "", { mode: 0o600 });
  chmodSync(join(folder, "secrets/open"), 0o644);
  return (bytes) => {
    writeFileSync(file, bytes);
    return refusal(file)?.replaceAll(`${folder}/`, "").replaceAll(folder, ".") ?? "accepted";
  };
}

function refusal(file: string): string | null {
  try {
    loadConfig(file);
    return null;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

function changed([what, ...changes]: Case): string {
  let text = GOOD;
  for (let at = 0; at < changes.length; at += 2) {
    const [from = "", to = ""] = changes.slice(at);
    if (!text.includes(from)) throw new Error(`${what}: the good one does not contain ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}

/** A password is anything that may have been meant as one, however the address around it is misspelt. */
const ADDRESSES = [
  "mqtt://user:geheim@b",
  "http://user:geheim@b",
  "ssl://user:geheim@b:8883",
  "mqtts:/user:geheim@b",
  "user:geheim@b:8883",
  "user:geheim@seqr.example.com/x",
  "mqtt://user:geheim/zwei@b",
  "mqtt://user:geheim@zwei@b",
  "mqtt://me@shop.example:geheim@b",
  "mqtt://user:geheim?zwei#drei@b",
  "mqtt://user:geheim zwei drei@b",
  "mqtt://:geheim@b",
  `mqtts://user:geheim@${"b".repeat(80)}`,
  `mqtts://user:${"geheim".repeat(20)}@b`,
];
const ADDRESS_KEYS: readonly (readonly [from: string, to: (address: string) => string])[] = [
  ["url: mqtts://broker.example.com:8883", (address) => `url: "${address}"`],
  ["url: mqtts://broker.example.com:8883", (address) => `url: ["${address}", "http://user:drei@c"]`],
  ["url: mqtts://broker.example.com:8883", (address) => `url: [["${address}"]]`],
  ["url: mqtts://broker.example.com:8883", (address) => `url: "${address}`],
  ["url: mqtts://broker.example.com:8883", (address) => `url: a: ${address}`],
  ["url: mqtts://broker.example.com:8883", (address) => `"${address}": 1`],
  ["endpoint: https://seqr.example.com/soap/merchant/cashregister-2", (address) => `endpoint: "${address}"`],
  ["{ listen: 127.0.0.1:8090,", (address) => `{ listen: 127.0.0.1:8090, publicUrl: "${address}",`],
  ["listen: 127.0.0.1:8080", (address) => `listen: "${address}"`],
  ["secrets/t-1", (address) => `"${address}"`],
  ["topicPrefix: kioskd", (address) => `topicPrefix: "${address}"`],
];

/** What is wrong before anything of it is read. */
const FILES: readonly (readonly [what: string, bytes: string | Buffer])[] = [
  ["a name in Latin-1", Buffer.from(GOOD.replace("Demo station", "Tankställe"), "latin1")],
  ["a byte order mark", `\uFEFF${GOOD}`],
  ["a file in UTF-16", Buffer.from(`\uFEFF${GOOD}`, "utf16le")],
  ["a NUL byte", GOOD.replace("Demo station", "Demo\0station")],
  ["an invisible character", GOOD.replace("Demo station", "Demo\u0007station")],
  ["line ends of CR alone", GOOD.replaceAll("\n", "\r")],
  ["an empty file", ""],
  ["a file of blanks", "  \n\n"],
  ["a file of comments", "# kioskd\n"],
  ["a file with a word", "kioskd\n"],
  ["a file with a list", "- kiosk\n- journal\n"],
  ["an empty document", "---\n"],
  ["a file that is too long", "#".repeat(300_000)],
];

const ALL = CASES.flatMap(({ cases }) => cases);

function section({ title, blocks }: { title: string; blocks: readonly (readonly [string, string])[] }): string {
  const told = blocks.map(([what, messages]) => `${what}\n${messages.replaceAll(/^/gm, "  ")}`);
  return `${title}\n${"=".repeat(title.length)}\n\n${told.join("\n\n")}\n`;
}

/** Root may read everything. */
function asNobody<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("a wrong configuration", () => {
  it("is refused with what was found and what is expected, as wrong/messages.txt has it from top to bottom", async () => {
    const told = site();
    const cases = CASES.map(({ title, cases }) => {
      const blocks = cases.map((each) => [each[0], told(changed(each))] as const);
      return { title, blocks };
    });
    const files = { title: "Files", blocks: FILES.map(([what, bytes]) => [what, told(bytes)] as const) };
    for (const [what, messages] of [files, ...cases].flatMap(({ blocks }) => blocks)) {
      for (const message of messages.split("\n")) {
        expect(message, what).toMatch(/^kioskd\.yaml(:\d+)?: ([\w.[\]<>\\{}-]+: )?found .+, expected .+$/);
        expect(message, what).not.toMatch(UNSEEN);
        expect(message, what).not.toMatch(/undefined|Invalid|\[object|NaN|expected expected/);
      }
    }
    for (const [what, messages] of cases.flatMap(({ blocks }) => blocks)) {
      expect(messages, what).not.toMatch(/^kioskd\.yaml: /m);
    }
    await expect([files, ...cases].map(section).join("\n\n")).toMatchFileSnapshot("wrong/messages.txt");
  });

  it.each(ADDRESSES)("shows nothing of the password in %s, wherever it stands", (address) => {
    const told = site();
    for (const [from, to] of ADDRESS_KEYS) {
      const messages = told(GOOD.replace(from, () => to(address)));
      expect([to(address), messages]).toEqual([to(address), expect.not.stringMatching(/geheim|zwei|drei/)]);
    }
  });

  it.each([
    [
      "that is not there",
      "none.yaml",
      "found no such file, expected a file with the configuration, such as /etc/kioskd/kioskd.yaml (ENOENT)",
    ],
    [
      "in a file",
      "kioskd.yaml/kioskd.yaml",
      "found no such file, expected a file with the configuration, such as /etc/kioskd/kioskd.yaml (ENOTDIR)",
    ],
    ["that is a folder", ".", "found a folder, expected a file with the configuration, such as kioskd.yaml in it"],
  ])("cannot be a file %s", (_what, name, expected) => {
    const file = join(tempFolder(), "kioskd.yaml");
    writeFileSync(file, GOOD);
    const path = join(file, "..", name);
    expect(refusal(path)).toBe(`${path}: ${expected}`);
  });

  it("cannot be a file that this user may not read", () => {
    const file = join(tempFolder(), "kioskd.yaml");
    writeFileSync(file, GOOD, { mode: 0o000 });
    const told = asNobody(() => refusal(file));
    expect(told).toBe(
      `${file}: found a file that this user may not read, expected one that it may. As root: chgrp kioskd ${file}; chmod 640 ${file}`,
    );
  });

  it("comes in many kinds", () => {
    expect(ALL.length).toBeGreaterThan(250);
    expect(new Set(ALL.map(([what]) => what)).size).toBe(ALL.length);
  });

  it("is not what all these are made from", () => {
    expect(site()(GOOD)).toBe("accepted");
  });
});
