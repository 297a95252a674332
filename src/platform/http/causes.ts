import { isoTime } from "../../core/time.ts";

/** Why there is no usable answer: what is, shortly and in our own words, and what a person can do about it. */
export interface Cause {
  readonly detail: string;
  /** Null where nothing better is known than what stands with the fault. */
  readonly advice: string | null;
}

/** How advice names what a person can change. */
export interface CauseKeys {
  /** The key with the service's address, or words for it where it is fixed. */
  readonly endpoint: string;
  /** The key with an authority of one's own; null where there is none. */
  readonly authority: string | null;
}

type Row = readonly [codes: readonly string[], what: string, advice: string];

const CLOCK_ADVICE = "If that is wrong, set the clock. If it is right, the payment service must renew its certificate.";
export const PORTAL_ADVICE =
  "Something between the kiosk and the payment service answers in its place, such as a log-in page of the network or a proxy: let the kiosk through to the endpoint.";
const AUTHORITY = "Put the authority's certificate into {authority}. ";

/** What Node calls it, on its own and inside `fetch`. */
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
    `${AUTHORITY}If the service has a public one, a proxy may be opening the connection: let the kiosk through without it.`,
  ],
  [
    ["ERR_TLS_CERT_ALTNAME_INVALID"],
    "the service's certificate is for another host name",
    "Write the host's name in {endpoint} as the certificate has it. If it is right, something else answers under that name.",
  ],
  [
    ["CERT_REVOKED"],
    "the service's certificate has been revoked",
    "Do not trust it: ask the payment service for its new certificate.",
  ],
  [
    ["ECONNREFUSED"],
    "the connection is refused",
    "Nothing listens at host and port of {endpoint}, or a firewall refuses: check both, then ask the payment service.",
  ],
  [
    ["ENOTFOUND"],
    "the service's host name is not found",
    "Check the host's name in {endpoint}, and the kiosk's name server.",
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
    [
      ...["ECONNRESET", "EPIPE", "ECONNABORTED", "HPE_INVALID_CONSTANT"],
      ...["UND_ERR_SOCKET", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"],
    ],
    "connection failed",
    "The connection is cut before an answer comes: check firewall and router, then ask the payment service.",
  ],
  [
    ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"],
    "no connection in time",
    "Nothing answers at the endpoint's address: check network, firewall and {endpoint}.",
  ],
  [
    ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"],
    "no encrypted connection could be made",
    "Check the port in {endpoint}: what listens there may speak no TLS, or a version that the kiosk does not take.",
  ],
];

/** A connection that failed by Node's code; the kiosk's clock is named where the certificate's time is in doubt. */
export function causeOfConnection(code: string | undefined, wallMs: number, keys: CauseKeys): Cause {
  const row = CONNECTION.find(([codes]) => codes.includes(code ?? ""));
  const shown = code === undefined ? "no code" : code.slice(0, 40);
  if (row === undefined) return { detail: `connection failed (${shown})`, advice: null };
  const [, what, advice] = row;
  const clock = advice === CLOCK_ADVICE ? `This kiosk's clock says ${isoTime(wallMs).slice(0, 16)}Z. ` : "";
  const possible = keys.authority === null ? advice.replace(AUTHORITY, "") : advice;
  const named = possible.replace("{endpoint}", keys.endpoint).replace("{authority}", keys.authority ?? "");
  return { detail: `${what} (${shown})`, advice: clock + named };
}

export function causeOfSilence(timeoutMs: number): Cause {
  return {
    detail: `no complete answer within ${timeoutMs} ms`,
    advice:
      "The payment service is silent: check the network. If others reach it, a firewall may drop the kiosk's traffic; if nobody does, wait or ask the service.",
  };
}
