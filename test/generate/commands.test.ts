import { expect, test } from "vitest";
import { isWireName, parseCommand } from "../../src/telemetry/mqtt/command-schema.ts";
import { isCommand } from "./asyncapi.ts";
import { readExamples, readSchemas, validator } from "./examples.ts";
import { topics } from "./schemas.ts";

const examples = readExamples();
const problem = validator(readSchemas());
const commands = topics.filter(([, topic]) => isCommand(topic));

/** Changes to an example, and whether the command is still one; where it has no such field, it is none. */
const CHANGES: readonly (readonly [object, boolean | { readonly [command: string]: boolean }])[] = [
  [{}, true],
  [{ id: undefined }, true],
  [{ id: "" }, false],
  [{ id: "x".repeat(64) }, true],
  [{ id: "x".repeat(65) }, false],
  [{ id: 17 }, false],
  [{ extra: 1 }, false],
  [{ position: 1 }, false],
  [{ position: "" }, false],
  [{ position: "x".repeat(65) }, false],
  [{ position: null }, false],
  [{ position: undefined }, { stop: false, "set-price": false }],
  [{ reason: "x".repeat(200) }, { block: true }],
  [{ reason: "x".repeat(201) }, false],
  [{ blocked: "yes" }, false],
  [{ unitPrice: "123456789.123456" }, { "set-price": true }],
  [{ unitPrice: "1.1234567" }, false],
  [{ unitPrice: "1e3" }, false],
  [{ unitPrice: 20 }, false],
  [{ from: 0 }, false],
  [{ from: 1.5 }, false],
  [{ stream: "receipts" }, false],
  [{ stream: "refunds" }, { republish: true }],
  [{ code: "books-differ" }, { acknowledge: true }],
  [{ code: "dispenser-fault" }, false],
  [{ note: "" }, false],
  [{ note: undefined }, { acknowledge: false }],
  [{ note: "x".repeat(500) }, { acknowledge: true }],
  [{ note: "x".repeat(501) }, false],
  [{ sale: undefined, by: undefined }, { acknowledge: true }],
];

test("the kiosk knows every command that is written down", () => {
  expect(commands.map(([, { address }]) => address.replace("cmd/", "")).filter((name) => !isWireName(name))).toEqual(
    [],
  );
  expect(commands.length).toBeGreaterThan(5);
});

test.each(commands)("the schema of %s takes what the kiosk takes", (_name, { address, message }) => {
  const name = address.replace("cmd/", "");
  for (const [change, expected] of CHANGES) {
    const text = JSON.stringify({ ...(examples[message] as object), ...change });
    const taken = isWireName(name) && parseCommand(name, new TextEncoder().encode(text)).kind === "command";
    expect([text, problem(message, JSON.parse(text)) === null]).toEqual([text, taken]);
    const written = typeof expected === "boolean" ? expected : expected[name];
    if (written !== undefined) expect([text, taken]).toEqual([text, written]);
  }
});
