import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const TOKEN_BYTES = 32;
const LONGEST_MS = 12 * 3_600_000;
const ALL_MAX = 64;
const OF_USER_MAX = 8;

export interface Session {
  readonly user: string;
  /** What the page sends with each request that changes something. */
  readonly csrf: string;
  /** Of the password that it began with: another one ends it. */
  readonly passwordHash: string;
  readonly beganMs: number;
  usedMs: number;
}

/** Who is signed in. Nothing of it outlives the daemon. Times are monotonic. */
export class Sessions {
  readonly #idleMs: number;
  /** By the hash of its token, oldest first: who reads the memory cannot sign in. */
  readonly #sessions = new Map<string, Session>();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Gives the token for the cookie. The oldest sessions of the user, or of all, make room. */
  begin(user: string, passwordHash: string, nowMs: number): { readonly token: string; readonly session: Session } {
    const own = [...this.#sessions].filter(([, each]) => each.user === user);
    const excess = own.slice(0, Math.max(0, own.length - OF_USER_MAX + 1));
    for (const [key] of excess) this.#sessions.delete(key);
    for (const key of [...this.#sessions.keys()].slice(0, Math.max(0, this.#sessions.size - ALL_MAX + 1))) {
      this.#sessions.delete(key);
    }
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const csrf = randomBytes(TOKEN_BYTES).toString("base64url");
    const session = { user, csrf, passwordHash, beganMs: nowMs, usedMs: nowMs };
    this.#sessions.set(keyOf(token), session);
    return { token, session };
  }

  /** @param isUse a page that only looks by itself keeps no session alive */
  find(token: string, nowMs: number, isUse: boolean): Session | null {
    const key = keyOf(token);
    const session = this.#sessions.get(key);
    if (session === undefined) return null;
    if (nowMs - session.usedMs >= this.#idleMs || nowMs - session.beganMs >= LONGEST_MS) {
      this.#sessions.delete(key);
      return null;
    }
    if (isUse) session.usedMs = nowMs;
    return session;
  }

  end(token: string): void {
    this.#sessions.delete(keyOf(token));
  }

  endAllOf(user: string): void {
    for (const [key, session] of [...this.#sessions]) if (session.user === user) this.#sessions.delete(key);
  }
}

export function isCsrfOf({ csrf }: Session, given: unknown): boolean {
  if (typeof given !== "string") return false;
  return timingSafeEqual(Buffer.from(keyOf(given)), Buffer.from(keyOf(csrf)));
}

function keyOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
