import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { dirname, resolve } from "node:path";
import type { Loaded } from "../config/load.ts";
import { paymentsOf } from "../config/payment.ts";
import { isoTime } from "../core/time.ts";
import { readPem } from "../platform/certificates/watch-files.ts";
import type { Finding } from "../platform/console/finding.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";

const SOON_MS = 14 * 86_400_000;
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

type At = Finding["at"];

/** Every authority, certificate and key that the configuration names, as the daemon would take them. */
export function certificateChecks({ file, config, secrets }: Loaded, nowMs: number): Finding[] {
  const ofServices = paymentsOf(PLUG_INS, config).flatMap(({ plugIn, part, at: section }) =>
    plugIn.certificates(part.section).map((each) => ({ ...each, at: [...section, ...each.at.slice(2)] })),
  );
  const named = [...ofServices, { ...config.mqtt, at: ["mqtt"] }, operatorOf(config)];
  const path = (name: string): string => resolve(dirname(file), name);
  return named.flatMap(({ at, caFile, certFile }) => [
    ...(caFile === undefined ? [] : authorityChecks([...at, "caFile"], path(caFile), nowMs)),
    ...(certFile === undefined
      ? []
      : ownChecks([...at, "certFile"], path(certFile), secrets.at([...at, "keyFile"]), nowMs)),
  ]);
}

function operatorOf({ operator }: Loaded["config"]) {
  const { certFile } = operator ?? {};
  return { at: ["operator"], caFile: undefined, ...(certFile === undefined ? {} : { certFile }) };
}

function authorityChecks(at: At, path: string, nowMs: number): Finding[] {
  const read = certificatesIn(at, path);
  if ("message" in read) return [read];
  const found = read.certificates.map((certificate) => validity(at, path, certificate, nowMs));
  // A bundle holds old authorities beside those that replace them.
  return found.every((each) => each !== null) ? found.slice(0, 1) : [];
}

function ownChecks(at: At, path: string, keyText: string | null, nowMs: number): Finding[] {
  const read = certificatesIn(at, path);
  if ("message" in read) return [read];
  const [certificate] = read.certificates;
  const wrong = validity(at, path, certificate, nowMs);
  const found = wrong === null ? [] : [wrong];
  if (keyText === null) return found;
  const keyAt = [...at.slice(0, -1), "keyFile"];
  const key = keyIn(keyText);
  if (key === null) {
    const message = "holds no private key in PEM form without a passphrase: write one there, as it was made";
    return [...found, { at: keyAt, message, keeps: "start" }];
  }
  if (certificate.checkPrivateKey(key)) return found;
  const message = `is the key of another certificate than ${path}: put the two there that were made together`;
  return [...found, { at: keyAt, message, keeps: "start" }];
}

type Read = Finding | { readonly certificates: readonly [X509Certificate, ...X509Certificate[]] };

function certificatesIn(at: At, path: string): Read {
  let text: string;
  try {
    text = readPem(path);
  } catch (error) {
    return { at, message: unreadText(path, error), keeps: "start" };
  }
  try {
    const [first, ...others] = [...text.matchAll(CERTIFICATES)].map(([pem]) => new X509Certificate(pem));
    if (first !== undefined) return { certificates: [first, ...others] };
  } catch {
    // Said below.
  }
  return { at, message: `${path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`, keeps: "start" };
}

function unreadText(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === null && error instanceof Error) return error.message;
  const why = code === "ENOENT" ? "is not there: put it there, or correct the path" : "cannot be read by this user";
  return `${path} ${why}`;
}

function keyIn(text: string): KeyObject | null {
  try {
    return createPrivateKey(text);
  } catch {
    return null;
  }
}

function validity(at: At, path: string, { validFrom, validTo }: X509Certificate, nowMs: number): Finding | null {
  const fromMs = Date.parse(validFrom);
  const toMs = Date.parse(validTo);
  if (nowMs < fromMs) {
    const message = `${path} is valid from ${isoTime(fromMs)} on: is this machine's clock right (timedatectl)?`;
    return { at, message, keeps: "sale" };
  }
  if (nowMs > toMs) {
    return { at, message: `${path} has expired at ${isoTime(toMs)}: put a new one there`, keeps: "sale" };
  }
  if (nowMs <= toMs - SOON_MS) return null;
  return { at, message: `${path} expires at ${isoTime(toMs)}: have a new one ready`, keeps: "nothing" };
}
