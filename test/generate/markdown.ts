import type { CommandRefusal } from "../../src/core/operator/messages.ts";
import type { Topic } from "../../src/telemetry/mqtt/topics.ts";
import { isCommand } from "./asyncapi.ts";
import { AFTER, BEFORE, COMMANDS, RECORDS } from "./prose.ts";
import { type Schema, topics } from "./schemas.ts";

const REFUSALS: Readonly<Record<CommandRefusal, string>> = {
  "not-allowed": "not among `mqtt.commands`",
  "unknown-command": "there is no such command",
  "unknown-position": "the kiosk has no such position",
  malformed: "not JSON, or not as the schema says",
  "too-large": "longer than 16 KiB",
  retained: "a retained command could be old",
  expired: "its message expiry had passed",
  repeated: "this `id` came within the last hour",
  conflict: "not possible now; `detail` says why",
  failed: "tried, and failed; `detail` says why",
};

/** The contract for people. */
export function markdown(
  schemas: Readonly<Record<string, Schema>>,
  examples: Readonly<Record<string, unknown>>,
): string {
  const of = (name: string): string[] => messageSection(name, schemas[name] ?? {}, examples[name]);
  const sections = (fits: (topic: Topic) => boolean): string[] =>
    [...new Set(topics.filter(([, topic]) => fits(topic)).map(([, { message }]) => message))].flatMap(of);
  const isRecord = ({ message, retained, qos, direction }: Topic): boolean =>
    direction === "from-kiosk" && !retained && qos === 1 && message !== "CommandReply";
  const isAnswer = ({ message }: Topic): boolean => message === "CommandReply";
  return [
    ...BEFORE,
    ...topicTable("From the kiosk", "from-kiosk"),
    ...topicTable("To the kiosk", "to-kiosk"),
    "## States and measurements",
    ...sections((topic) => topic.direction === "from-kiosk" && !isRecord(topic) && !isAnswer(topic)),
    ...RECORDS,
    ...sections((topic) => isRecord(topic) || (topic.direction === "to-kiosk" && !isCommand(topic))),
    ...COMMANDS,
    table(
      ["`refusal`", "why"],
      Object.entries(REFUSALS).map(([refusal, why]) => [`\`${refusal}\``, why]),
    ),
    ...sections((topic) => isCommand(topic) || isAnswer(topic)),
    ...AFTER,
  ].join("\n\n");
}

function topicTable(title: string, wanted: Topic["direction"]): string[] {
  const rows = topics
    .filter(([, { direction }]) => direction === wanted)
    .map(([, { address, retained, qos, what }]) => [`\`${address}\``, retained ? "yes" : "no", String(qos), what]);
  return [`### ${title}`, table(["topic", "kept", "QoS", "what"], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function messageSection(name: string, schema: Schema, example: unknown): string[] {
  const at = topics.filter(([, { message }]) => message === name).map(([, { address }]) => `\`${address}\``);
  return [
    `### ${name}`,
    `${at.join(", ")}. ${schema.description ?? ""}`.trim(),
    fieldsOf(schema).join("\n"),
    ["```json", JSON.stringify(example, null, 2), "```"].join("\n"),
  ];
}

/** One line a field; of a union first what all kinds have, then what each has beside it. */
function fieldsOf(schema: Schema): string[] {
  const kinds = schema.anyOf ?? [];
  if (kinds.length === 0) return fieldLines(schema, "", () => true);
  const names = kinds.map((kind) => Object.keys(kind.properties ?? {}));
  const shared = names.reduce((some, more) => some.filter((name) => more.includes(name)));
  const telling = shared.filter((name) => kinds.every((kind) => kind.properties?.[name]?.const !== undefined));
  const first = kinds[0] ?? {};
  return [
    ...fieldLines(first, "", (name) => shared.includes(name) && !telling.includes(name)),
    ...kinds.flatMap((kind) => [
      ...telling.map((name) => fieldLine(name, kind.properties?.[name] ?? {}, true, "")),
      ...fieldLines(kind, "  ", (name) => !shared.includes(name)),
    ]),
  ];
}

function fieldLines(schema: Schema, indent: string, wanted: (name: string) => boolean): string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => wanted(name))
    .flatMap(([name, each]) => [
      fieldLine(name, each, schema.required?.includes(name) ?? false, indent),
      ...fieldLines(inner(each), `${indent}  `, () => true),
    ]);
}

function fieldLine(name: string, schema: Schema, required: boolean, indent: string): string {
  const isConst = schema.const !== undefined;
  const type = isConst ? `\`${JSON.stringify(schema.const)}\`` : typeName(schema);
  const optional = required ? "" : ", optional";
  return `${indent}- \`${name}\` (${type}${optional}): ${schema.description ?? ""}`.replace(/:\s*$/, "");
}

/** The object whose fields stand below a field: itself, one that may be null, or a list's. */
function inner(schema: Schema): Schema {
  return schema.anyOf?.find((each) => each.properties !== undefined) ?? schema.items ?? schema;
}

function typeName(schema: Schema): string {
  const { type, anyOf, items, additionalProperties } = schema;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(" or ");
  if (anyOf !== undefined) return anyOf.map(typeName).join(" or ");
  if (typeof type === "object") return type.map((each) => typeName({ ...schema, type: each })).join(" or ");
  if (type === "array") return `list of ${typeName(items ?? {})}`;
  if (type === "object" && typeof additionalProperties === "object") return "object of strings";
  if (type === "string" && schema["format"] === "date-time") return "time";
  if (type === "string" && schema["pattern"] !== undefined) return "decimal";
  return type ?? "";
}
