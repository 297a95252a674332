import { isoTime } from "../../core/time.ts";
import type { ResultCode } from "./codes.ts";

/** Why there is no usable answer: what is, shortly and in our own words, and what a person can do about it. */
export interface Cause {
  readonly detail: string;
  /** Null where nothing better is known than what stands with the fault. */
  readonly advice: string | null;
}

type Row = readonly [codes: readonly string[], what: string, advice: string];

const CLOCK_ADVICE = "If that is wrong, set the clock. If it is right, the payment service must renew its certificate.";
const PORTAL_ADVICE =
  "Something between the kiosk and the payment service answers in its place, such as a log-in page of the network or a proxy: let the kiosk through to the endpoint.";

const CONNECTION: readonly Row[] = [
  [["CERT_HAS_EXPIRED"], "the service's certificate has expired", CLOCK_ADVICE],
  [["CERT_NOT_YET_VALID"], "the service's certificate is not valid yet", CLOCK_ADVICE],
  [
    [
      ...["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
      ...["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_UNTRUSTED", "CERT_SIGNATURE_FAILURE"],
      ...["CERT_REJECTED", "INVALID_CA", "CERT_CHAIN_TOO_LONG"],
    ],
    "the service's certificate is of an unknown authority",
    "Put the authority's certificate into payment.seqr.caFile. If the service has a public one, a proxy may be opening the connection: let the kiosk through without it.",
  ],
  [
    ["ERR_TLS_CERT_ALTNAME_INVALID"],
    "the service's certificate is for another host name",
    "Write the host's name in payment.seqr.endpoint as the certificate has it. If it is right, something else answers under that name.",
  ],
  [
    ["CERT_REVOKED"],
    "the service's certificate has been revoked",
    "Do not trust it: ask the payment service for its new certificate.",
  ],
  [
    ["ECONNREFUSED"],
    "the connection is refused",
    "Nothing listens at host and port of payment.seqr.endpoint, or a firewall refuses: check both, then ask the payment service.",
  ],
  [
    ["ENOTFOUND"],
    "the service's host name is not found",
    "Check the host's name in payment.seqr.endpoint, and the kiosk's name server.",
  ],
  [
    ["EAI_AGAIN", "EAI_FAIL", "ETIMEOUT"],
    "the name server does not answer",
    "Check the kiosk's network and its name server.",
  ],
  [
    ["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "EADDRNOTAVAIL"],
    "the network is unreachable",
    "Check cable, modem and router: the kiosk has no way to the payment service.",
  ],
  [
    ["ECONNRESET", "EPIPE", "ECONNABORTED", "HPE_INVALID_CONSTANT"],
    "connection failed",
    "The connection is cut before an answer comes: check firewall and router, then ask the payment service.",
  ],
  [
    ["ETIMEDOUT"],
    "no connection in time",
    "Nothing answers at the endpoint's address: check network, firewall and payment.seqr.endpoint.",
  ],
  [
    ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"],
    "no encrypted connection could be made",
    "Check the port in payment.seqr.endpoint: what listens there may speak no TLS, or a version that the kiosk does not take.",
  ],
];

/** A connection that failed by Node's code; the kiosk's clock is named where the certificate's time is in doubt. */
export function causeOfConnection(code: string | undefined, wallMs: number): Cause {
  const row = CONNECTION.find(([codes]) => codes.includes(code ?? ""));
  const shown = code === undefined ? "no code" : code.slice(0, 40);
  if (row === undefined) return { detail: `connection failed (${shown})`, advice: null };
  const [, what, advice] = row;
  const clock = advice === CLOCK_ADVICE ? `This kiosk's clock says ${isoTime(wallMs).slice(0, 16)}Z. ` : "";
  return { detail: `${what} (${shown})`, advice: clock + advice };
}

export function causeOfSilence(timeoutMs: number): Cause {
  return {
    detail: `no complete answer within ${timeoutMs} ms`,
    advice:
      "The payment service is silent: check the network. If others reach it, a firewall may drop the kiosk's traffic; if nobody does, wait or ask the service.",
  };
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
