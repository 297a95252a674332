import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { writeWhole } from "../../platform/files/whole-file.ts";
import { ROLES, type Role, USER_NAME } from "./users.ts";

/** Without letters and digits that look like others. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 3;
const GROUP_LETTERS = 4;
export const CODE_MS = 15 * 60_000;
const CODE_TRIES = 5;

const codeFile = z.strictObject({
  user: z.string().regex(USER_NAME),
  role: z.enum(ROLES),
  hash: z.string(),
  untilMs: z.number(),
  tries: z.int().min(0),
});

export interface Invitation {
  readonly user: string;
  readonly role: Role;
}

/**
 * The one-time code by which somebody who sits at the machine lets a person set a password. It stands as a hash in a file
 * that only the kiosk's user reads; a new one replaces the one before.
 */
export class OneTimeCode {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Gives the code, which is shown once and kept nowhere. */
  make({ user, role }: Invitation, nowMs: number): string {
    const letters = Array.from({ length: GROUPS * GROUP_LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
    const content = { user, role, hash: hashOf(letters), untilMs: nowMs + CODE_MS, tries: CODE_TRIES };
    writeWhole(this.#path, `${JSON.stringify(content)}\n`, 0o600);
    return (letters.match(new RegExp(`.{${GROUP_LETTERS}}`, "g")) ?? []).join("-");
  }

  /** Whose code it is; null for a wrong one, an old one, and after too many tries. It counts as used before it is looked at. */
  take(given: string, nowMs: number): Invitation | null {
    const kept = this.#read();
    if (kept === null) return null;
    const isOver = nowMs >= kept.untilMs || nowMs < kept.untilMs - CODE_MS || kept.tries <= 0;
    const isRight = timingSafeEqual(Buffer.from(hashOf(lettersOf(given))), Buffer.from(kept.hash));
    if (isOver || isRight || kept.tries === 1) rmSync(this.#path, { force: true });
    else writeWhole(this.#path, `${JSON.stringify({ ...kept, tries: kept.tries - 1 })}\n`, 0o600);
    return isOver || !isRight ? null : { user: kept.user, role: kept.role };
  }

  #read(): z.output<typeof codeFile> | null {
    if (!existsSync(this.#path)) return null;
    try {
      return codeFile.parse(JSON.parse(readFileSync(this.#path, "utf8")));
    } catch {
      return null;
    }
  }
}

/** However a person writes it. */
function lettersOf(given: string): string {
  return given.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function hashOf(letters: string): string {
  return createHash("sha256").update(`kioskd operator code ${letters}`).digest("hex");
}
