import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { priceProblem } from "../../src/config/checks.ts";
import type { Loaded } from "../../src/config/load.ts";
import type { PositionConfig } from "../../src/config/schema.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { PLUG_INS } from "../../src/wiring/plug-ins.ts";
import { tempFolder } from "../support/temp.ts";

const EXAMPLE = readFileSync(new URL("../../config/kioskd.yaml", import.meta.url), "utf8");

/** The example with other lines below `mqtt:`. */
function load(...lines: readonly string[]): Loaded {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  for (const name of ["reseller", "terminal-1", "key"]) {
    writeFileSync(join(folder, "secrets", name), "1234", { mode: 0o600 });
  }
  const file = join(folder, "kioskd.yaml");
  const block = ["mqtt:", ...lines.map((line) => `  ${line}`), ""].join("\n");
  writeFileSync(file, EXAMPLE.replace(/mqtt:\n( {2}.*\n)+/, block));
  return loadConfig(file);
}

it("one broker needs no more than its address", () => {
  expect(load("url: mqtt://127.0.0.1").config.mqtt).toEqual({
    url: ["mqtt://127.0.0.1"],
    topicPrefix: "kioskd",
    keepalive: 30_000,
    sessionExpiry: 0,
    applicationAck: false,
    commands: ["stop", "block", "unblock", "reconcile", "republish", "acknowledge"],
    discovery: false,
    discoveryPrefix: "homeassistant",
    encoding: "json",
    sparkplugGroup: "kioskd",
  });
});

it("several brokers, certificates and a key that stays out of the configuration", () => {
  const { config, secrets } = load(
    "url: [mqtts://a.example, mqtts://b.example:8884]",
    "caFile: ca.pem",
    "certFile: kiosk.pem",
    "keyFile: secrets/key",
    "commands: []",
  );
  expect(config.mqtt).toMatchObject({ url: ["mqtts://a.example", "mqtts://b.example:8884"], commands: [] });
  expect(secrets.at(["mqtt", "keyFile"])).toBe("1234");
});

it.each<[string, readonly string[], string]>([
  ["an address of something else", ["url: http://127.0.0.1"], "mqtt.url: "],
  ["no address at all", ["url: []"], "mqtt.url: "],
  ["an unknown command", ["url: mqtt://a", "commands: [open-valve]"], "mqtt.commands[0]: "],
  [
    "a certificate without its key",
    ["url: mqtts://a", "certFile: a.pem"],
    "mqtt.certFile: found certFile without keyFile, expected certFile and keyFile together",
  ],
  [
    "certificates on a plain line",
    ["url: mqtt://a", "caFile: ca.pem"],
    'mqtt.url: found "mqtt://a", expected mqtts://',
  ],
  [
    "a group of two levels",
    ["url: mqtt://a", "sparkplugGroup: a/b"],
    'mqtt.sparkplugGroup: found "a/b", expected a name',
  ],
])("refuses %s", (_what, lines, message) => {
  expect(() => load(...lines)).toThrow(message);
});

it.each([
  ["21.50", null],
  ["0", "expected a price from 9.945 to 39.78 SEK, not 0"],
  ["-1", 'expected a price such as "19.89"'],
  ["cheap", 'expected a price such as "19.89"'],
  ["9.94", "expected a price from 9.945 to 39.78 SEK, not 9.94"],
  ["9.945", null],
  ["39.78", null],
  ["2049", "expected a price from 9.945 to 39.78 SEK, not 2049"],
])("an operator's price of %s", (unitPrice, problem) => {
  const { config } = load("url: mqtt://127.0.0.1");
  const found = priceProblem(config, config.positions[0] as PositionConfig, unitPrice, PLUG_INS);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});
