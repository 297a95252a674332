import { type Cause, causeOfConnection as causeInWords, PORTAL_ADVICE } from "../../platform/http/causes.ts";
import type { ResultCode } from "./codes.ts";

const KEYS = { endpoint: "payment.seqr.endpoint", authority: "payment.seqr.caFile" };

/** A connection that failed by Node's code. */
export function causeOfConnection(code: string | undefined, wallMs: number): Cause {
  return causeInWords(code, wallMs, KEYS);
}

/** An answer that is none of the service's, by its HTTP status and what it looks like. */
export function causeOfStatus(status: number, looks: "fault" | "html" | "other"): Cause {
  const shown = `(HTTP ${status})`;
  if (status >= 300 && status < 400) {
    const advice =
      "Redirects are not followed, because passwords travel in every call. Write the right address into payment.seqr.endpoint. If it is right, the network wants a log-in: let the kiosk through.";
    return { detail: `redirected to another address ${shown}`, advice };
  }
  if (status === 407) return { detail: `a proxy wants a password ${shown}`, advice: PORTAL_ADVICE };
  if (status === 429 || status === 503) {
    const advice = "The payment service is busy or under maintenance: the kiosk asks more slowly until it is well.";
    return { detail: `the service asks to wait ${shown}`, advice };
  }
  if (looks === "fault") return { detail: `SOAP fault ${shown}`, advice: null };
  if (status === 401 || status === 403) {
    const advice =
      "The endpoint lets nobody in from here: check payment.seqr.endpoint, and ask the payment service whether it must know the kiosk's address.";
    return { detail: `not let in, no SOAP answer ${shown}`, advice };
  }
  if (status === 404 || status === 405 || status === 410) {
    const advice = "There is no such service at that address: check the path in payment.seqr.endpoint.";
    return { detail: `no such address, no SOAP answer ${shown}`, advice };
  }
  if (status >= 500) {
    const advice = "The payment service has trouble of its own: wait, then ask the service.";
    return { detail: `no SOAP answer ${shown}`, advice };
  }
  return { detail: `no SOAP answer ${shown}`, advice: looks === "html" ? PORTAL_ADVICE : null };
}

export const HTML_PAGE: Cause = { detail: "a web page came instead of an answer (HTTP 200)", advice: PORTAL_ADVICE };

/** What a person does about a "no" that only a person can mend; the code says which. */
const OPERATOR_ADVICE: ReadonlyMap<number, string> = new Map([
  [20, "Check the password of the terminal (or of the reseller) against the one registered at the payment service."],
  [21, "Register the terminal again with a longer password: `kioskd terminal register`."],
  [29, "Check the terminal's id, and whether the endpoint is the service that it was registered at."],
  [33, "The account is blocked: ask the payment service."],
  [37, "Check id and user of payment.seqr.reseller."],
  [92, "Ask the payment service: the contract does not cover this."],
]);

export function adviceOfCode({ code }: ResultCode): string | null {
  return OPERATOR_ADVICE.get(code) ?? null;
}
