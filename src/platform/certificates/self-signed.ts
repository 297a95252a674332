import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { ownedByKiosk } from "../files/owner.ts";
import { writeWhole } from "../files/whole-file.ts";
import { notStarted } from "../programs.ts";
import { checkPair, type TlsPair } from "./pair.ts";

export interface SelfSigned {
  readonly certFile: string;
  readonly keyFile: string;
  /** Names and addresses, the first as the certificate's own. */
  readonly names: readonly [string, ...string[]];
}

const OPENSSL = "openssl";
const MAKE_MS = 30_000;
/** Some systems take no certificate that lasts longer. */
const DAYS = 825;
const RENEW_MS = 60 * 86_400_000;

/**
 * A certificate that this machine signs itself, kept in two files: made when there is none, when it soon ends, and when
 * it is of other names. Its key is written with mode 0600 and nowhere else. Needs the program openssl.
 * @throws Error with what to do
 */
export async function selfSigned(wanted: SelfSigned, nowMs: number): Promise<TlsPair> {
  const kept = keptPair(wanted, nowMs);
  if (kept !== null) return kept;
  const pair = await make(wanted);
  writeWhole(wanted.keyFile, pair.key, 0o600);
  writeWhole(wanted.certFile, pair.cert, 0o644);
  ownedByKiosk(wanted.certFile, [wanted.keyFile, wanted.certFile]);
  return pair;
}

function keptPair({ certFile, keyFile, names }: SelfSigned, nowMs: number): TlsPair | null {
  if (!existsSync(certFile) || !existsSync(keyFile)) return null;
  try {
    const pair = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
    checkPair(pair);
    const certificate = new X509Certificate(pair.cert);
    const isOfNames = names.every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
    );
    return isOfNames && Date.parse(certificate.validTo) - nowMs > RENEW_MS ? pair : null;
  } catch {
    return null;
  }
}

async function make({ names }: SelfSigned): Promise<TlsPair> {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",");
  const args = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"],
    ...["-days", String(DAYS), "-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${alternatives}`],
    ...["-addext", "extendedKeyUsage=serverAuth", "-keyout", "-", "-out", "-"],
  ];
  try {
    const { stdout } = await promisify(execFile)(OPENSSL, args, { timeout: MAKE_MS });
    const [key] = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----\n/.exec(stdout) ?? [""];
    const [cert] = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/.exec(stdout) ?? [""];
    checkPair({ cert, key });
    return { cert, key };
  } catch (error) {
    const hasRun = !(error instanceof Error) || !("syscall" in error);
    const why = hasRun ? String(error) : `${OPENSSL} ${notStarted(error, "openssl")}`;
    throw new Error(
      `The operator's page needs a certificate, and none could be made: ${why}. Mend that, or give operator.certFile and keyFile.`,
    );
  }
}

/** By which a person at the machine and one at a browser see that they mean the same certificate. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}
