import { readFileSync } from "node:fs";
import { join } from "node:path";
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { isCommand } from "./asyncapi.ts";
import { readSchemas } from "./examples.ts";
import { MESSAGES, ROOT, topics } from "./schemas.ts";

const TEXT = readFileSync(join(ROOT, "docs/asyncapi.yaml"), "utf8");
const DOCUMENT = parse(TEXT);
const ajv = new Ajv({ strict: false, logger: false });
const isAsyncApi = ajv.compile(specs.schemasWithoutId["3.0.0"] as object);

/** What a reference to a place in the document means. */
function at(pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .reduce((value, key) => value?.[key], DOCUMENT);
}

describe("docs/asyncapi.yaml", () => {
  it("is AsyncAPI 3.0", () => {
    expect([isAsyncApi(DOCUMENT), isAsyncApi.errors]).toEqual([true, null]);
  });

  it.each<[string, (document: typeof DOCUMENT) => void]>([
    ["another action", (document) => (document.operations["send-status"].action = "shout")],
    ["a QoS there is not", (document) => (document.operations["send-status"].bindings.mqtt.qos = 3)],
    ["no title", (document) => delete document.info.title],
    ["a channel that is a text", (document) => (document.channels.status = "status")],
  ])("would not be with %s", (_what, spoil) => {
    const spoiled = parse(TEXT);
    spoil(spoiled);
    expect(isAsyncApi(spoiled)).toBe(false);
  });

  it("refers to nothing that is not there", () => {
    const references = [...TEXT.matchAll(/\$ref: "(#[^"]+)"/g)].map(([, reference = ""]) => reference);
    expect(references.length).toBeGreaterThan(80);
    expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
  });

  test.each(topics)("has the topic %s from the kiosk's side", (name, topic) => {
    const isSent = topic.direction === "from-kiosk";
    const operation = DOCUMENT.operations[`${isSent ? "send" : "receive"}-${name}`];
    const channel = at(operation.channel.$ref) as typeof DOCUMENT;
    expect(channel.address).toBe(`{prefix}/{kiosk}/${topic.address}`);
    expect(Object.keys(channel.parameters)).toEqual(
      [...channel.address.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
    );
    expect(Object.keys(channel.messages)).toEqual([topic.message]);
    expect(operation.action).toBe(isSent ? "send" : "receive");
    expect(operation.bindings.mqtt).toMatchObject({ qos: topic.qos, retain: topic.retained });
    expect(operation.reply?.address.location).toBe(isCommand(topic) ? "$message.header#/responseTopic" : undefined);
  });

  it("has an operation for each topic and no others", () => {
    expect(Object.keys(DOCUMENT.operations)).toHaveLength(topics.length);
  });

  test.each(MESSAGES)("has the schema of %s", (name) => {
    const { $schema: _draft, $comment: _comment, ...schema } = readSchemas()[name] ?? {};
    expect(DOCUMENT.components.schemas[name]).toEqual(schema);
  });
});
