import { performance } from "node:perf_hooks";
import { NoAnswer, type Transport } from "./transport.ts";

/** One request with its answer as they went over the wire, but for the passwords. */
export interface Exchange {
  readonly operation: string;
  readonly request: string;
  /** Null when none came, or none that was complete. */
  readonly answer: string | null;
  readonly durationMs: number;
}

const OPENING = /<(?:[\w.-]+:)?password(?=[\s>])/gi;
/** Of a tag, after its name. */
const QUOTE_OR_END = /["'>]/g;
/** The element's text may hold anything, a section with its own end tag included. */
const SECTION_OR_CLOSING = /<!\[CDATA\[|<\/(?:[\w.-]+:)?password\s*>/gi;
/** A fault may quote the request as text. */
const QUOTED = /&lt;(?:[\w.-]+:)?password&gt;/gi;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** All that is looked for is looked for once, from where the one before ended: the time grows only as the text does. */
export function withoutPasswords(xml: string): string {
  const plain = masked(xml, OPENING, (after) => textOf(xml, after));
  return masked(plain, QUOTED, (after) => ({ start: after, end: indexOr(plain, "&lt;/", after) }));
}

/** Stars for the span that belongs to each opening, if one does. */
function masked(text: string, opening: RegExp, spanAfter: (end: number) => Span | null): string {
  let whole = "";
  let at = 0;
  for (let found = next(opening, text, at); found !== null; found = next(opening, text, at)) {
    const span = spanAfter(found.end);
    whole += span === null ? text.slice(at, found.end) : `${text.slice(at, span.start)}***`;
    at = span?.end ?? found.end;
  }
  return whole + text.slice(at);
}

/** The text of the element whose tag goes on from here; all that follows when it is cut, null when it has none. */
function textOf(xml: string, from: number): Span | null {
  let at = from;
  for (let found = next(QUOTE_OR_END, xml, at); found !== null; found = next(QUOTE_OR_END, xml, at)) {
    const mark = xml[found.start] ?? "";
    if (mark === ">") return xml[found.start - 1] === "/" ? null : { start: found.end, end: endOfText(xml, found.end) };
    at = indexOr(xml, mark, found.end) + 1;
  }
  return { start: from, end: xml.length };
}

function endOfText(xml: string, from: number): number {
  let at = from;
  for (let found = next(SECTION_OR_CLOSING, xml, at); found !== null; found = next(SECTION_OR_CLOSING, xml, at)) {
    if (xml[found.start + 1] === "/") return found.start;
    at = indexOr(xml, "]]>", found.end);
  }
  return xml.length;
}

function next(pattern: RegExp, text: string, from: number): Span | null {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  return found === null ? null : { start: found.index, end: pattern.lastIndex };
}

function indexOr(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from);
  return at < 0 ? text.length : at;
}

export function operationIn(xml: string): string {
  return /<(?:[\w.-]+:)?Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)/.exec(xml)?.[1] ?? "";
}

/** The same transport with a listener, whose failures concern nobody else. */
export function listened(transport: Transport, onExchange: (exchange: Exchange) => void): Transport {
  return {
    ...transport,
    async post(body, headers, limitBytes, connection) {
      const startedMs = performance.now();
      const tell = (answer: string | null): void => {
        const masked = answer === null ? null : withoutPasswords(answer);
        const durationMs = Math.round(performance.now() - startedMs);
        try {
          onExchange({ operation: operationIn(body), request: withoutPasswords(body), answer: masked, durationMs });
        } catch {
          // A call must end as the service answered it, whatever becomes of the report about it.
        }
      };
      try {
        const answer = await transport.post(body, headers, limitBytes, connection);
        tell(answer.text);
        return answer;
      } catch (error) {
        tell(error instanceof NoAnswer ? error.answer : null);
        throw error;
      }
    },
  };
}
