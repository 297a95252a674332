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

/** The element's text may hold anything, a CDATA section with its own end tag included; a cut one reaches to the end. */
const PASSWORD_ELEMENT =
  /(<(?:[\w.-]+:)?password(?:\s(?:[^>"'/]|"[^"]*"|'[^']*')*)?>)(?:<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|(?!<\/(?:[\w.-]+:)?password\s*>)[\s\S])*/gi;
/** A fault may quote the request as text. */
const QUOTED_PASSWORD = /(&lt;(?:[\w.-]+:)?password&gt;)(?:(?!&lt;\/)[\s\S])*/gi;

export function withoutPasswords(xml: string): string {
  return xml.replace(PASSWORD_ELEMENT, "$1***").replace(QUOTED_PASSWORD, "$1***");
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
        tell(answer);
        return answer;
      } catch (error) {
        tell(error instanceof NoAnswer ? error.answer : null);
        throw error;
      }
    },
  };
}
