/** What is known of the connection that a text is about. */
export interface About {
  readonly clientId: string;
  readonly keepaliveS: number;
}

const ACCOUNT = "check mqtt.username, mqtt.passwordFile and the broker's accounts";
const ACCESS = "check mqtt.username, mqtt.passwordFile and the broker's access list";
const ITS_LOG = "look into the broker's log";
const COMES_BACK = "the kiosk tries again by itself";
const VERSIONS = "use a broker that speaks MQTT 5 or 3.1.1";

/**
 * What a broker says with a number: what is, and what to do. Sources: MQTT 3.1.1, 3.2.2.3 (up to 5); MQTT 5.0, 2.4.
 * What only a client can cause that breaks the protocol is told as it is named there.
 */
const REASONS: Readonly<Record<number, readonly [is: string, advice: string]>> = {
  0: ["the broker ended the connection", ITS_LOG],
  1: ["the broker does not speak this version of MQTT", VERSIONS],
  2: ["the broker does not take this client id", "change kiosk.id, or allow the client id at the broker"],
  3: ["the broker is not ready", COMES_BACK],
  4: ["wrong user name or password", ACCOUNT],
  5: ["not authorised", ACCESS],
  128: ["the broker refuses without a reason", "look into its log and its access list"],
  129: ["the broker could not read a packet", ITS_LOG],
  130: ["the broker saw an error in the protocol", ITS_LOG],
  131: ["the broker does not do this", ITS_LOG],
  132: ["the broker does not speak this version of MQTT", VERSIONS],
  133: ["the broker does not take this client id", "change kiosk.id, or allow the client id at the broker"],
  134: ["wrong user name or password", ACCOUNT],
  135: ["not authorised", ACCESS],
  136: ["the broker is not available", COMES_BACK],
  137: ["the broker is busy", COMES_BACK],
  138: ["the broker has banned this kiosk", "lift the ban at the broker"],
  139: ["the broker is shutting down", COMES_BACK],
  140: ["the broker wants another way to log in", "let it take user name and password, or a certificate"],
  141: ["the broker heard nothing from the kiosk for too long", "check the network, or raise mqtt.keepalive"],
  142: ["another client took over the connection", "give every kiosk a kiosk.id of its own"],
  143: ["the broker does not take this topic filter", "check mqtt.topicPrefix"],
  144: ["the broker does not take this topic", "check mqtt.topicPrefix"],
  147: ["more messages were under way than the broker takes", ITS_LOG],
  148: ["the broker does not know a topic's alias", ITS_LOG],
  149: ["a packet was larger than the broker takes", "raise its maximum packet size"],
  150: ["too many messages for the broker", "raise its limit of messages"],
  151: ["a quota of the broker is used up", "raise it, or remove what fills it"],
  152: ["somebody ended the connection at the broker", "ask who runs the broker"],
  153: ["the broker does not take the payload's format", ITS_LOG],
  154: ["the broker keeps no retained messages", "allow them at the broker"],
  155: ["the broker does not take this quality of service", "allow QoS 1 at the broker"],
  156: ["the broker sends the kiosk to another server", "write that one into mqtt.url"],
  157: ["the broker has moved", "write its new address into mqtt.url"],
  158: ["the broker has no shared subscriptions", ITS_LOG],
  159: ["too many connections in a short time for the broker", COMES_BACK],
  160: ["the broker ends connections after a time", COMES_BACK],
  161: ["the broker has no subscription identifiers", ITS_LOG],
  162: ["the broker has no subscriptions with wildcards", "allow them at the broker"],
};

const TAKEN_OVER = 142;
const SAID_MAX = 200;

/** What a broker may add to its number: a text for people, and where else to go. */
export interface Said {
  readonly reasonString?: string | undefined;
  readonly serverReference?: string | undefined;
}

/** A reason code in words, with what to do. */
export function reasonText(code: number, said: Said | undefined, { clientId }: Pick<About, "clientId">): string {
  const [is, advice] = REASONS[code] ?? [`the broker gives the reason 0x${code.toString(16)}`, ITS_LOG];
  const what = code === TAKEN_OVER ? `another client is connected as ${clientId}` : is;
  const added = [said?.reasonString, said?.serverReference].filter((text) => text !== undefined && text !== "");
  return `${what}${added.length === 0 ? "" : ` ("${plain(added.join(", "))}")`}: ${advice}`;
}

/** What comes from outside goes into one line of a log. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, " ").slice(0, SAID_MAX);
}

const AUTHORITY = "nobody whom the kiosk trusts has signed the broker's certificate: name its authority in mqtt.caFile";
const OWN_CERTIFICATE = "check mqtt.certFile and mqtt.keyFile, and which authority the broker trusts";
const NO_TLS = "the broker's port does not speak TLS: use mqtt:// in mqtt.url, or the broker's port for TLS";
const NO_WAY = "there is no way to the broker: check network, address and firewall";
const CUT = "the connection was cut: check the network, and look into the broker's log";
const UNFIT_PAIR = "the kiosk's certificate and key do not fit together: check mqtt.certFile and mqtt.keyFile";
const NO_PEM = "a certificate or key is no PEM text: check mqtt.caFile, mqtt.certFile and mqtt.keyFile";

/** What the machine says with a word of its own. Sources: Node's documentation of errors and of TLS. */
const MACHINE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the broker's certificate has expired: renew it, or check the kiosk's clock",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet: check the kiosk's clock",
  CERT_REVOKED: "the broker's certificate was revoked: renew it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: AUTHORITY,
  CERT_SIGNATURE_FAILURE: AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the broker's certificate is for another name: write that name into mqtt.url, or get a certificate for this one",
  ECONNREFUSED: "nothing listens at the broker's address: check that it runs, and host and port in mqtt.url",
  ENOTFOUND: "the broker's name is not known: check the host in mqtt.url, and name resolution",
  EAI_AGAIN: "the broker's name cannot be looked up: check the network and name resolution",
  ETIMEDOUT: "the broker does not answer: check network, address and firewall",
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  EHOSTDOWN: NO_WAY,
  ENETDOWN: NO_WAY,
  ECONNRESET: CUT,
  EPIPE: CUT,
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: UNFIT_PAIR,
  ERR_OSSL_PEM_NO_START_LINE: NO_PEM,
  ERR_OSSL_PEM_BAD_END_LINE: NO_PEM,
};

/** The package's own words for silence. */
const SILENCE: Readonly<Record<string, (about: About) => string>> = {
  "connack timeout": () => "the broker does not answer: check network, address and firewall, and that it is a broker",
  "Keepalive timeout": ({ keepaliveS }) =>
    `the broker did not answer within its keep-alive of ${keepaliveS} s: check the network, and that the broker runs`,
};

/** Why there is no connection, or no longer, with what to do. */
export function errorText(error: Error, said: Said | undefined, about: About): string {
  const code = codeOf(error);
  if (typeof code === "number") return reasonText(code, said, about);
  const known = MACHINE[code ?? ""] ?? SILENCE[error.message]?.(about);
  if (known !== undefined) return known;
  const words = plain(error.message === "" ? (code ?? error.name) : error.message);
  if (code === null) return words;
  if (/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return `the broker speaks another version of TLS (${words}): let it speak TLS 1.2 or 1.3`;
  }
  if (code.includes("ALERT")) return `the broker refuses the kiosk's certificate (${words}): ${OWN_CERTIFICATE}`;
  return /CERT|UNABLE_TO_/.test(code)
    ? `the broker's certificate is refused (${words}): check it, and mqtt.caFile`
    : words;
}

/** A connection that stood ended and nobody said why. In MQTT 3.1.1 a broker cannot. */
export const ENDED = "the connection ended without a reason: check the network, and look into the broker's log";

/**
 * The same again, each time soon after the kiosk was let in. Mosquitto 2.0.11 says nothing in MQTT 5 either when a
 * second client takes the name of the first one.
 */
export function endedAgainText({ clientId }: Pick<About, "clientId">): string {
  return `the connection ended without a reason soon after it began, and not for the first time, as when another client is connected as ${clientId}: give every kiosk a kiosk.id of its own, or check the network and the broker's log`;
}

/** The same before the broker had answered at all. */
export const UNANSWERED =
  "the broker cut the connection unanswered: use mqtts:// in mqtt.url if its port is for TLS, and look into its log";

export function codeOf(error: Error): string | number | null {
  const code = "code" in error ? error.code : null;
  return typeof code === "string" || typeof code === "number" ? code : null;
}
