import { isAlias, isScalar, LineCounter, type Node, Parser, parseDocument, visit } from "yaml";
import type { Problem } from "./problem.ts";

type Parsed = ReturnType<typeof parseDocument>;

export type Read =
  | { readonly kind: "document"; readonly value: unknown; lineOf(path: Problem["path"]): number | null }
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
  const problems = document.errors.map(({ pos, message }) => at(lines, pos[0], message));
  if (problems.length > 0) return { kind: "problems", problems };
  try {
    return { kind: "document", value: document.toJS(), lineOf: (path) => lineAt(document, lines, path) };
  } catch (error) {
    const problem = { path: [], line: null, message: error instanceof Error ? error.message : String(error) };
    return { kind: "problems", problems: [aliasOfNothing(document, lines) ?? problem] };
  }
}

/** Found by the package's own parser, which goes through the text without calling itself. */
function excessOf(text: string): Problem | null {
  const lines = new LineCounter();
  for (const document of new Parser(lines.addNewLine).parse(text)) {
    const waiting = [{ token: document, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { token, depth } = next;
      if (depth > DEPTH_MAX) return at(lines, token.offset, `stands more than ${DEPTH_MAX} deep in other things`);
      if (token.type === "document" && token.value !== undefined) waiting.push({ token: token.value, depth });
      if (!("items" in token)) continue;
      if (token.items.length > ENTRIES_MAX) return at(lines, token.offset, `has more than ${ENTRIES_MAX} entries`);
      for (const { key, value } of token.items) {
        if (key) waiting.push({ token: key, depth: depth + 1 });
        if (value) waiting.push({ token: value, depth: depth + 1 });
      }
    }
  }
  return null;
}

function aliasOfNothing(document: Parsed, lines: LineCounter): Problem | null {
  const anchors = new Set<string>();
  let found: Problem | null = null;
  visit(document, {
    Node: (_key, node: Node) => {
      if ("anchor" in node && typeof node.anchor === "string") anchors.add(node.anchor);
      if (!isAlias(node) || anchors.has(node.source)) return undefined;
      found = at(lines, node.range?.[0] ?? 0, `nothing before it is named &${node.source}`);
      return visit.BREAK;
    },
  });
  return found;
}

function at(lines: LineCounter, offset: number, message: string): Problem {
  return { path: [], line: lines.linePos(offset).line, message };
}

/** The line of the key, or of the nearest thing around it that is there. */
function lineAt(document: Parsed, lines: LineCounter, path: Problem["path"]): number | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
    if (Array.isArray(range) && typeof range[0] === "number") {
      // A block's range begins with its first key, a line below its own.
      const line = lines.linePos(range[0]).line;
      return isScalar(node) || length === path.length ? line : Math.max(1, line - 1);
    }
  }
  return null;
}
