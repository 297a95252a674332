import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * Cuts out of Stripe's published description of its interface what the tests hold requests and answers against, as JSON
 * Schema. Run with `tsx test/payments/stripe/openapi/make.ts FILE`, where FILE is `openapi/spec3.json` of
 * github.com/stripe/openapi (MIT) at commit 63a674638635c68de26b9f3add13e58198f4df44 (version 2023-08-16).
 */

const node = z.record(z.string(), z.unknown());
type Node = z.output<typeof node>;

const OBJECTS = ["checkout.session", "payment_intent", "charge", "refund", "error"];
const REQUESTS = {
  create: "/v1/checkout/sessions",
  expire: "/v1/checkout/sessions/{session}/expire",
  capture: "/v1/payment_intents/{intent}/capture",
  cancel: "/v1/payment_intents/{intent}/cancel",
  refund: "/v1/refunds",
} as const;
/** An object that may stand in the place of its id: only of these is more read than the id. */
const EXPANDED = new Set(["payment_intent", "charge"]);
/** Of a payment only the part that is of cards; an error holds the payment and nothing else of weight. */
const CUT: Readonly<Record<string, readonly string[]>> = {
  payment_method_details: ["card", "type"],
  payment_intent_payment_method_options: ["card"],
  checkout_session_payment_method_options: ["card"],
  api_errors: ["charge", "code", "decline_code", "doc_url", "message", "param", "payment_intent", "type"],
};

const source = z
  .object({ components: z.object({ schemas: z.record(z.string(), node) }), paths: z.record(z.string(), node) })
  .parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));

const definitions: Record<string, unknown> = {};

function take(name: string): void {
  if (name in definitions) return;
  definitions[name] = {};
  const whole = source.components.schemas[name] ?? {};
  const kept = CUT[name];
  const properties = node.parse(whole["properties"] ?? {});
  const part = kept === undefined ? properties : Object.fromEntries(kept.map((each) => [each, properties[each]]));
  definitions[name] = converted("properties" in whole ? { ...whole, properties: part } : whole);
}

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== "object" || value === null) return value;
  const one = node.parse(value);
  if (typeof one["$ref"] === "string") return reference(one["$ref"]);
  const plain = Object.fromEntries(
    Object.entries(one)
      .filter(([name]) => !/^(x-|nullable$|title$|description$|maxLength$|format$)/.test(name) || isProperty(one, name))
      .map(([name, each]) => [name, converted("x-expansionResources" in one ? unexpanded(name, each) : each)]),
  );
  return one["nullable"] === true ? { anyOf: [plain, { type: "null" }] } : plain;
}

/** A property may bear such a name, in the list of properties itself. */
function isProperty(one: Node, name: string): boolean {
  return typeof one[name] === "object" && one[name] !== null;
}

function unexpanded(name: string, value: unknown): unknown {
  if (name !== "anyOf" || !Array.isArray(value)) return value;
  return value.filter((each) => {
    const target = node.parse(each)["$ref"];
    return typeof target !== "string" || EXPANDED.has(target.split("/").at(-1) ?? "");
  });
}

function reference(target: string): object {
  const name = target.split("/").at(-1) ?? "";
  const { object } = node.parse(source.components.schemas[name]?.["properties"] ?? {});
  // A thing of its own that is not looked into.
  if (object !== undefined && !OBJECTS.includes(name)) return { type: "object" };
  take(name);
  return { $ref: `#/definitions/${name}` };
}

function requestOf(path: string): unknown {
  const schema = ["post", "requestBody", "content", "application/x-www-form-urlencoded", "schema"].reduce<unknown>(
    (at, name) => node.parse(at)[name],
    source.paths[path],
  );
  return converted(schema);
}

for (const name of OBJECTS) take(name);
const requests = Object.fromEntries(Object.entries(REQUESTS).map(([call, path]) => [call, requestOf(path)]));
const made = {
  $comment:
    "Cut by make.ts out of openapi/spec3.json of github.com/stripe/openapi, MIT licence, commit 63a674638635c68de26b9f3add13e58198f4df44, version 2023-08-16",
  definitions,
  requests,
};
writeFileSync(join(import.meta.dirname, "slice.json"), `${JSON.stringify(made)}\n`);
