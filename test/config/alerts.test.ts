import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../src/wiring/load.ts";
import { writeConfig } from "../support/config.ts";
import { tempFolder } from "../support/temp.ts";

it.each<[what: string, alerts: object, problem: RegExp]>([
  ["nothing to tell by", { after: "5m" }, /alerts: found the key after, expected at least one of webhook, ntfy/],
  [
    "a token in clear to another machine",
    { webhook: { url: "http://example.com/", tokenFile: "secrets/terminal-1" } },
    /alerts[.]webhook[.]url: found http:\/\/example[.]com\/ with a token, expected https/,
  ],
  ["ntfy without a topic", { ntfy: { url: "https://ntfy.sh/" } }, /alerts[.]ntfy[.]url: .*a topic behind it/],
  [
    "mail in clear to another machine",
    { email: { host: "example.com", security: "none", from: "a@example.com", to: ["b@example.com"] } },
    /alerts[.]email[.]security: found none to example[.]com/,
  ],
  [
    "a user without a password",
    { email: { host: "example.com", username: "a", from: "a@example.com", to: ["b@example.com"] } },
    /alerts[.]email[.]username: found username alone/,
  ],
  ["a fault that is none", { heartbeat: "https://example.com/", leaveOut: ["pump-sad"] }, /alerts[.]leaveOut\[0\]: /],
])("a configuration with %s is refused", (_, alerts, problem) => {
  const file = writeConfig(tempFolder(), { endpoint: "http://127.0.0.1:1/soap" });
  writeFileSync(file, stringify({ ...parse(readFileSync(file, "utf8")), alerts }));
  expect(() => loadConfig(file)).toThrow(problem);
});
