import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";

/** PEM texts; after the certificate may follow those that vouch for it. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** Throws when it is none. TLS itself takes an empty certificate and then fails with each connection. */
export function checkPair(pair: TlsPair): void {
  const key = createPrivateKey(pair.key);
  if (!new X509Certificate(pair.cert).checkPrivateKey(key)) throw new Error("the key is of another certificate");
  createSecureContext(pair);
}
