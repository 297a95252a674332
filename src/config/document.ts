import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  Parser,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { type Path, type Problem, sentence } from "./problem.ts";
import { yamlProblem } from "./yaml-problem.ts";

export type Read =
  | {
      readonly kind: "document";
      readonly value: unknown;
      lineOf(path: Path): number | null;
      sourceOf(path: Path): string | null;
    }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** The package calls itself for what is nested, and compares each key with all others beside it. */
const DEPTH_MAX = 32;
const ENTRIES_MAX = 1_000;

/** What the text of a configuration says as YAML, or everything that keeps it from being any. */
export function readDocument(text: string): Read {
  const excess = excessOf(text);
  if (excess !== null) return { kind: "problems", problems: [excess] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...document.errors, ...document.warnings].sort((one, other) => one.pos[0] - other.pos[0]);
  const problems = firstOf(faults).map((fault) => {
    const { offset, message } = yamlProblem(fault, text);
    return at(lines, offset, message);
  });
  if (problems.length > 0) return { kind: "problems", problems };
  try {
    const found = (path: Path): Place => placeOf(document, path);
    return {
      kind: "document",
      value: document.toJS(),
      lineOf: (path) => {
        const { offset } = found(path);
        return offset === null ? null : lines.linePos(offset).line;
      },
      sourceOf: (path) => sourceAt(found(path)),
    };
  } catch (error) {
    const message = whyNoValue(error instanceof Error ? error.message : String(error));
    return { kind: "problems", problems: [aliasOfNothing(document, lines) ?? { path: [], line: null, message }] };
  }
}

function whyNoValue(told: string): string {
  if (told.startsWith("Merge")) {
    return sentence({ found: "a merge key (<<) of what has no keys", expected: "each key written out" });
  }
  if (!told.startsWith("Excessive alias")) return sentence({ found: told, expected: "YAML" });
  return sentence({ found: "more repetitions by *name than a configuration has", expected: "each part written out" });
}

/** From the first mistake that spoils what comes after it, nothing more can be told. */
function firstOf(faults: readonly YAMLError[]): readonly YAMLError[] {
  const spoils = faults.findIndex(({ code }) => !["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"].includes(code));
  return spoils === -1 ? faults : faults.slice(0, spoils + 1);
}

/** Found by the package's own parser, which goes through the text without calling itself. */
function excessOf(text: string): Problem | null {
  const lines = new LineCounter();
  for (const document of new Parser(lines.addNewLine).parse(text)) {
    const waiting = [{ token: document, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { token, depth } = next;
      if (depth > DEPTH_MAX)
        return at(lines, token.offset, tooMuch(`what stands more than ${DEPTH_MAX} deep in other things`));
      if (token.type === "document" && token.value !== undefined) waiting.push({ token: token.value, depth });
      if (!("items" in token)) continue;
      if (token.items.length > ENTRIES_MAX) return at(lines, token.offset, tooMuch(`more than ${ENTRIES_MAX} entries`));
      for (const { key, value } of token.items) {
        if (key) waiting.push({ token: key, depth: depth + 1 });
        if (value) waiting.push({ token: value, depth: depth + 1 });
      }
    }
  }
  return null;
}

function tooMuch(found: string): string {
  return sentence({ found, expected: "a configuration of kioskd" });
}

function aliasOfNothing(document: Document.Parsed, lines: LineCounter): Problem | null {
  const anchors = new Set<string>();
  let found: Problem | null = null;
  visit(document, {
    Node: (_key, node: Node) => {
      if ("anchor" in node && typeof node.anchor === "string") anchors.add(node.anchor);
      if (!isAlias(node) || anchors.has(node.source)) return undefined;
      const message = sentence({
        found: `*${node.source}`,
        expected: `&${node.source} before it, or quotes around a text that begins with *`,
        example: `"*${node.source}"`,
      });
      found = at(lines, node.range?.[0] ?? 0, message);
      return visit.BREAK;
    },
  });
  return found;
}

function at(lines: LineCounter, offset: number, message: string): Problem {
  return { path: [], line: lines.linePos(offset).line, message };
}

interface Place {
  readonly node: unknown;
  readonly offset: number | null;
  /** Whether it is there, and not only something around it. */
  readonly whole: boolean;
}

/** The key of the place, or of the nearest thing around it that is there. What a *name repeats stands where it does. */
function placeOf(document: Document.Parsed, path: Path): Place {
  let node: unknown = document.contents;
  let offset: number | null = null;
  let isRepeated = false;
  for (const key of path) {
    isRepeated ||= isAlias(node);
    const holder = isAlias(node) ? node.resolve(document) : node;
    const found = itemAt(holder, key);
    if (found === null) return { node: null, offset, whole: false };
    node = found.node;
    if (!isRepeated) offset = startOf(found.mark) ?? offset;
  }
  return { node, offset, whole: true };
}

/** What stands in a list or below a key, with the mark that a person looks for. */
function itemAt(holder: unknown, key: string | number): { readonly node: unknown; readonly mark: unknown } | null {
  if (isMap(holder)) {
    const pair = holder.items.find((each) => isScalar(each.key) && String(each.key.value) === String(key));
    return pair === undefined ? null : { node: pair.value, mark: pair.key };
  }
  if (!isSeq(holder) || typeof key !== "number" || key >= holder.items.length) return null;
  return { node: holder.items[key], mark: holder.items[key] };
}

function startOf(node: unknown): number | null {
  return (node as ParsedNode | null)?.range?.[0] ?? null;
}

/** A word or a number as it is written, without quotes. */
function sourceAt({ node, whole }: Place): string | null {
  return whole && isScalar(node) && typeof node.source === "string" ? node.source : null;
}
