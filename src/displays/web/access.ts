import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isLoopback, isOwnName } from "../../core/loopback.ts";

const COOKIE_NAME = "kioskd";
/** What proxies write into the requests that they pass on. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

/** Throws when the address would let anyone on the network press the kiosk's buttons. */
export function assertGuarded(host: string, token: string | null): void {
  if (token === "") throw new Error("The display's token is empty: give it at least one character, or leave it out.");
  if (token === null && !isLoopback(host)) {
    throw new Error(
      `The display may not listen on ${host} without a token: set one, or listen on 127.0.0.1 for the kiosk's own screen.`,
    );
  }
}

/**
 * A web site can point its own name at 127.0.0.1 and then talk to us as if it were our page.
 * Such a request still carries that name in `Host`.
 */
export function isLocalHostHeader(header: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(header ?? "")?.[1];
  return name !== undefined && isOwnName(name.toLowerCase());
}

export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return FORWARDED.some((name) => headers[name] !== undefined);
}

/** True without `Origin` (no browser, or one that reads only), or when the page came from this server. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  return host !== undefined && new URL(origin).host === host.toLowerCase().replace(/:80$/, "");
}

/** Whether the request carries the token as a bearer, or the cookie that opening `/?token=…` set. */
export function isAuthorised(request: FastifyRequest, token: string): boolean {
  const bearer = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return isEqual(bearer, token);
  const cookie = cookieOf(request.headers.cookie ?? "");
  return cookie !== undefined && isEqual(cookie, cookieValue(token));
}

export function isToken(given: string, token: string): boolean {
  return isEqual(given, token);
}

export function setCookie(reply: FastifyReply, token: string): void {
  reply.header("set-cookie", `${COOKIE_NAME}=${cookieValue(token)}; Path=/; HttpOnly; SameSite=Strict`);
}

/** The cookie is derived, so that it is free of characters that a cookie cannot hold, and never shows the token. */
function cookieValue(token: string): string {
  return createHmac("sha256", token).update("kioskd display cookie").digest("hex");
}

function cookieOf(header: string): string | undefined {
  const prefix = `${COOKIE_NAME}=`;
  const pairs = header.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length);
}

/** Digests have one length, so the comparison tells nothing about the token's. */
function isEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
