import { isIP } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isLoopback, isOwnName } from "../core/loopback.ts";
import type { Session } from "./account/sessions.ts";
import type { User } from "./account/users.ts";
import type { OperatorSettings } from "./settings.ts";

/** Throws when passwords would cross the network unencrypted. */
export function assertEncrypted({ host, tls }: Pick<OperatorSettings, "host" | "tls">): void {
  if (tls === null && !isLoopback(host)) {
    throw new Error(`The operator's interface may not listen on ${host} without a certificate.`);
  }
}

/**
 * A web site can point its own name at this machine and then talk to it as if it were our page. Such a request still
 * carries that name in `Host`; an address cannot be pointed anywhere.
 */
export function isOwnHost(
  header: string | undefined,
  { host, names }: Pick<OperatorSettings, "host" | "names">,
): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec((header ?? "").toLowerCase())?.[1] ?? "";
  if (isOwnName(name)) return true;
  if (isLoopback(host)) return false;
  return isIP(name.replace(/^\[|\]$/g, "")) !== 0 || names.includes(name);
}

/** Every browser sends `Origin` with what changes something. Whatever comes without it is none of our page's. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined, isTls: boolean): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  const scheme = isTls ? "https" : "http";
  return URL.canParse(`${scheme}://${host}`) && new URL(origin).origin === new URL(`${scheme}://${host}`).origin;
}

/** The prefix makes browsers refuse it unless it is encrypted, of this host alone and for all paths. */
function cookieName(isTls: boolean): string {
  return isTls ? "__Host-kioskd-operator" : "kioskd-operator";
}

export function tokenOf({ headers }: Pick<FastifyRequest, "headers">, isTls: boolean): string | null {
  const prefix = `${cookieName(isTls)}=`;
  const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length) ?? null;
}

/** @param token null takes the cookie away */
export function setCookie(reply: FastifyReply, token: string | null, isTls: boolean): void {
  const ends = token === null ? "; Max-Age=0" : "";
  const secure = isTls ? "; Secure" : "";
  reply.header("set-cookie", `${cookieName(isTls)}=${token ?? ""}; Path=/; HttpOnly; SameSite=Strict${secure}${ends}`);
}

/** Who asks. */
export interface Who {
  readonly user: User;
  readonly session: Session;
  readonly token: string;
}
