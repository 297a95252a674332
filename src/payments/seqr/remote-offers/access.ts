import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "../../../core/loopback.ts";

/** What stands in a path as it is, long enough that nobody guesses it. */
const SECRET = /^[A-Za-z0-9._~-]{16,200}$/;

export type Target = { readonly kind: "createPurchase" } | { readonly kind: "notify"; readonly position: string };

/** Throws when the secret could be guessed, or read by anyone between here and the payment service. */
export function assertGuarded(host: string, encrypted: boolean, secret: string): void {
  if (!SECRET.test(secret)) {
    throw new Error(
      "The unattended service's secret must have 16 to 200 characters of A-Z, a-z, 0-9 and . _ ~ -, as it becomes part of an address.",
    );
  }
  if (!encrypted && !isLoopback(host)) {
    throw new Error(
      `The unattended service may not listen on ${host} without TLS: set a certificate and its key, or listen on 127.0.0.1 behind a proxy that has them.`,
    );
  }
}

/** Null for whatever is not to be served, whether the secret or the rest of the path is wrong. */
export function targetOf(method: string, url: string, secret: string, positions: ReadonlySet<string>): Target | null {
  const [path = ""] = url.split("?", 1);
  const [root, given = "", action, position, ...rest] = path.split("/");
  if (!isEqual(given, secret)) return null;
  if (method !== "POST" || root !== "" || rest.length > 0) return null;
  if (action === "createPurchase" && position === undefined) return { kind: "createPurchase" };
  if (action === "notify" && position !== undefined && positions.has(position)) return { kind: "notify", position };
  return null;
}

/** Digests have one length, so the comparison tells nothing about the secret's. */
function isEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
