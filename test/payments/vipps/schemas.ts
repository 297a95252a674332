import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";
import type { SeenExchange } from "../../../src/payments/vipps/simulator/server.ts";

const FOLDER = join(import.meta.dirname, "openapi");

type Tree = Record<string, unknown>;

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly schema?: object;
}

function described(file: string): Tree {
  const tree: unknown = parse(readFileSync(join(FOLDER, file), "utf8"));
  return inJsonSchema(tree) as Tree;
}

/** What OpenAPI 3.0 calls nullable is an alternative in JSON Schema; unknown names inside objects are refused where asked. */
function inJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inJsonSchema);
  if (typeof node !== "object" || node === null) return node;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === "example" ? undefined : inJsonSchema(value)]),
  );
  if (nullable !== true) return rest;
  return { anyOf: [rest, { type: "null" }] };
}

const DOCUMENTS = {
  epayment: described("vipps-epayment-1.8.1.yaml"),
  token: described("vipps-access-token-2.0.0.yaml"),
};

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
for (const [name, document] of Object.entries(DOCUMENTS)) ajv.addSchema({ ...document, $id: name });

function at(document: keyof typeof DOCUMENTS, pointer: string): unknown {
  let node: unknown = DOCUMENTS[document];
  for (const part of pointer.replace(/^#\//, "").split("/")) node = (node as Tree)[part.replaceAll("~1", "/")];
  return node;
}

/** What is wrong with a value by one schema of the description; null when nothing is. */
export function wrongIn(document: keyof typeof DOCUMENTS, schema: string, value: unknown): string | null {
  const validate = ajv.getSchema(`${document}#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`there is no schema ${schema}`);
  return validate(value) === true ? null : ajv.errorsText(validate.errors);
}

/** Keys of an object that its schema does not name. */
export function unnamedIn(schema: string, value: object): readonly string[] {
  const { properties } = at("epayment", `components/schemas/${schema}`) as { readonly properties: Tree };
  return Object.keys(value).filter((key) => !(key in properties));
}

const PATHS = {
  ...{ create: "/v1/payments", payment: "/v1/payments/{Reference}", events: "/v1/payments/{Reference}/events" },
  ...{ capture: "/v1/payments/{Reference}/capture", cancel: "/v1/payments/{Reference}/cancel" },
  ...{ refund: "/v1/payments/{Reference}/refund", approve: "/v1/test/payments/{Reference}/approve" },
  token: "/accesstoken/get",
} as const;

const REQUESTS = {
  ...{ create: "CreatePaymentRequest", capture: "CaptureModificationRequest", cancel: "CancelModificationRequest" },
  ...{ refund: "RefundModificationRequest", approve: "ForceApprove", payment: null, events: null, token: null },
} as const;

const ANSWERS = {
  ...{ create: "CreatePaymentResponse", payment: "GetPaymentResponse" },
  ...{ capture: "ModificationResponse", cancel: "ModificationResponse", refund: "ModificationResponse" },
  ...{ token: "AuthorizationTokenResponse", events: "PaymentEvent", approve: null },
} as const;

/** All that is wrong with a request and its answer by the published descriptions. */
export function wrongWith({ call, headers, body, status, answer }: SeenExchange): readonly string[] {
  const document = call === "token" ? "token" : "epayment";
  const found: (string | null)[] = wrongHeaders(document, PATHS[call], headers);
  const request = REQUESTS[call];
  if (request === null) found.push(body === "" ? null : "a body that nobody asked for");
  else found.push(wrongIn("epayment", request, JSON.parse(body)), ...unnamedIn(request, JSON.parse(body)));
  if (answer !== "") {
    const json: unknown = JSON.parse(answer);
    // What stands before the service refuses in a form of its own.
    const isGateway = status === 401;
    if (status >= 400) found.push(isGateway ? null : wrongIn("epayment", "Problem", json));
    else
      for (const each of Array.isArray(json) ? json : [json]) found.push(wrongIn(document, ANSWERS[call] ?? "", each));
  }
  return found.filter((each) => each !== null).map((each) => `${call}: ${each}`);
}

function wrongHeaders(document: keyof typeof DOCUMENTS, path: string, headers: SeenExchange["headers"]): string[] {
  const item = (at(document, "paths") as Tree)[path] as {
    parameters?: Parameter[];
    post?: { parameters?: Parameter[] };
  };
  const parameters = [...(item.parameters ?? []), ...(item.post?.parameters ?? [])]
    .map((each) => (each.$ref === undefined ? each : (at(document, each.$ref) as Parameter)))
    .filter((each) => each.in === "header");
  return parameters.flatMap(({ name = "", required, schema = {} }) => {
    const value = headers[name.toLowerCase()];
    if (value === undefined) return required === true ? [`${name} is missing`] : [];
    const { $ref } = schema as { readonly $ref?: string };
    const validate = ajv.compile($ref === undefined ? schema : (at(document, $ref) as object));
    return validate(value) === true ? [] : [`${name}: ${ajv.errorsText(validate.errors)}`];
  });
}
