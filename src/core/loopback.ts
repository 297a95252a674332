const OWN_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);
const OF_127 = /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/**
 * Whether a host is one of the names by which a machine calls itself. It is the stricter of two questions: for what may
 * go unencrypted, and for what needs no token. In a URL an address comes in its plain form (`127.1` is `127.0.0.1`).
 */
export function isOwnName(host: string): boolean {
  return OWN_NAMES.has(host);
}

/** Whether a host, as a configuration or an address has it, is this machine alone: any address of 127.0.0.0/8 is. */
export function isLoopback(host: string): boolean {
  return isOwnName(host) || OF_127.test(host);
}

/** Whether what is sent to a URL is encrypted, or does not leave the machine. */
export function staysPrivate({
  protocol,
  hostname,
}: {
  readonly protocol: string;
  readonly hostname: string;
}): boolean {
  return protocol === "https:" || (protocol === "http:" && isOwnName(hostname));
}
