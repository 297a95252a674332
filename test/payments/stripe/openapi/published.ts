import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { z } from "zod";
import type { Exchange } from "../../../../src/payments/stripe/simulator/service.ts";

const slice = z
  .object({ definitions: z.record(z.string(), z.unknown()), requests: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "slice.json"), "utf8")));

/** What the interface has today, and the description did not have yet. */
const NEWER: Readonly<Record<string, readonly string[]>> = {
  create: ["adaptive_pricing", "allowed_payment_method_types"],
};

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema({ $id: "stripe", definitions: slice.definitions });

function problemsOf(schema: object, value: unknown): readonly string[] {
  const validate = ajv.compile(schema);
  if (validate(value) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Why an answer is not as the service's own description has it. */
export function answerProblems({ answer }: Exchange): readonly string[] {
  if (answer.status !== 200) return ofDefinition("error", answer.body);
  const body = z.looseObject({ object: z.string() }).parse(answer.body);
  if (body.object !== "list") return ofDefinition(body.object, body);
  const list = z
    .looseObject({ data: z.array(z.looseObject({ object: z.string() })), has_more: z.boolean() })
    .parse(body);
  return list.data.flatMap((item) => ofDefinition(item.object, item));
}

function ofDefinition(name: string, value: unknown): readonly string[] {
  return problemsOf({ $ref: `stripe#/definitions/${name}` }, value);
}

/** Why a request is not, which may hold nothing that the description does not know. */
export function requestProblems({ call, form, method }: Exchange): readonly string[] {
  const schema = slice.requests[call];
  if (method !== "POST") return [];
  if (schema === undefined) return [`${call} is not in the description`];
  const whole = treeOf(form);
  for (const name of NEWER[call] ?? []) delete whole[name];
  const inSchema = JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"stripe#/definitions/'));
  return problemsOf(inSchema, whole);
}

type Tree = { [name: string]: string | number | boolean | Tree | Tree[] | string[] };

/** `a[b][0]=1` as `{ a: { b: [1] } }`: the description is of what the form means. */
function treeOf(form: ReadonlyMap<string, string>): Tree {
  const root: Tree = {};
  for (const [name, value] of form) {
    const path = name.split(/[[\]]+/).filter((each) => each !== "");
    let at = root;
    for (const key of path.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Tree;
    }
    const isText = /^metadata|\[metadata\]/.test(name);
    at[path.at(-1) ?? ""] = isText ? value : meant(value);
  }
  return listed(root) as Tree;
}

function meant(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^\d+$/.test(text) ? Number(text) : text;
}

function listed(value: Tree[string]): Tree[string] {
  if (typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, each]) => [name, listed(each)] as const);
  const isList = entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name));
  return isList ? (entries.map(([, each]) => each) as Tree[]) : Object.fromEntries(entries);
}
