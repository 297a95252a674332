import { lines, type Told, told } from "../../../../platform/console/print.ts";
import { table } from "../../../../platform/console/table.ts";
import type { Exchange } from "../../exchange.ts";
import type { StepResult } from "./step.ts";
import { indented } from "./xml.ts";

export interface Certification {
  readonly date: string;
  readonly endpoint: string;
  readonly kiosk: string;
  readonly clientId: string;
  readonly notes: readonly string[];
  readonly steps: readonly StepResult[];
}

const COLUMN_WIDTHS = [2, 21, 20, 22, 7] as const;

/** At most 80 columns. */
export function stepTable(steps: readonly StepResult[]): Told {
  const rows = steps.map((step) => cells(step).map((cell, index) => wrapped(cell, COLUMN_WIDTHS[index] ?? 1)));
  const made = table(["#", "STEP", "EXPECTED", "SEEN", "RESULT"], rows);
  return lines(made.split("\n").map((line) => told`${line.trimEnd()}`));
}

function cells({ number, name, expected, seen, result }: StepResult): readonly string[] {
  return [number, name, expected, seen, result];
}

function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ").flatMap((each) => each.match(new RegExp(`.{1,${width}}`, "g")) ?? [])) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The report in Markdown, with every message of every step. */
export function markdown(certification: Certification): string {
  const { date, endpoint, kiosk, clientId, notes, steps } = certification;
  const head = [
    "# Certification, point of sale",
    "",
    ...[`Date: ${date}`, `Endpoint: ${endpoint}`, `Kiosk: ${kiosk}`, `clientId: ${clientId}`].map(
      (line) => `- ${line}`,
    ),
    ...notes.map((note) => `- Note: ${note}`),
    "",
    "| # | Step | Expected | Seen | Result |",
    "|---|---|---|---|---|",
    ...steps.map((step) => `| ${cells(step).map(plain).join(" | ")} |`),
  ];
  return `${[...head, ...steps.flatMap(messagesOf)].join("\n")}\n`;
}

function messagesOf({ number, name, result, exchanges }: StepResult): readonly string[] {
  const heading = ["", `## ${number} ${name}: ${result}`];
  if (exchanges.length === 0) return [...heading, "", "Nothing was sent."];
  return [...heading, ...exchanges.flatMap(messages)];
}

function messages({ operation, request, answer, durationMs }: Exchange, index: number): readonly string[] {
  const came = answer === null ? ["No complete answer came."] : block(answer);
  return [
    "",
    `### ${index + 1}. ${operation}`,
    "",
    "Request:",
    "",
    ...block(request),
    "",
    `Answer, after ${durationMs} ms:`,
    "",
    ...came,
  ];
}

/** The fence is longer than any in the text, so that no answer can end its block. */
function block(xml: string): readonly string[] {
  const ticks = (xml.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = "`".repeat(ticks.reduce((longest, length) => Math.max(longest, length), 2) + 1);
  return [`${fence}xml`, indented(xml), fence];
}

function plain(text: string): string {
  return text.replace(/[\\|<`]/g, "\\$&");
}
