import { existsSync, readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { writeWhole } from "../../platform/files/whole-file.ts";
import type { PasswordHash } from "./passwords.ts";

/** Each may all that the ones before it may. */
export const ROLES = ["viewer", "operator", "owner"] as const;
export type Role = (typeof ROLES)[number];

export function mayAct(role: Role, asked: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(asked);
}

export interface User extends PasswordHash {
  readonly name: string;
  readonly role: Role;
}

export const USER_NAME = /^[a-z][a-z0-9.-]{0,31}$/;
const USERS_MAX = 32;
const LARGEST_BYTES = 64 * 1024;

const usersFile = z.strictObject({
  users: z
    .array(
      z.strictObject({ name: z.string().regex(USER_NAME), role: z.enum(ROLES), salt: z.string(), hash: z.string() }),
    )
    .max(USERS_MAX),
});

/** Whom the operator's page lets in: one file that only the kiosk's user reads, written whole. */
export class Users {
  readonly #path: string;
  #mark = "";
  #users: readonly User[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * As the file has them now: a command may have changed it.
   * @throws Error that says what is wrong with the file
   */
  all(): readonly User[] {
    if (!existsSync(this.#path)) return [];
    const { ino, size, mtimeMs } = statSync(this.#path);
    const mark = [ino, size, mtimeMs].join(" ");
    if (mark === this.#mark) return this.#users;
    if (size > LARGEST_BYTES) throw new Error(`${this.#path} is too large to be the operators' file: take it away`);
    const read = usersFile.safeParse(jsonOf(readFileSync(this.#path, "utf8")));
    if (!read.success) {
      throw new Error(`${this.#path} cannot be read: take it away, and make new passwords by \`kioskd operator code\``);
    }
    this.#users = read.data.users;
    this.#mark = mark;
    return this.#users;
  }

  named(name: string): User | null {
    return this.all().find((user) => user.name === name) ?? null;
  }

  /** Adds a user, or gives one another role and password. */
  put(user: User): void {
    const others = this.all().filter(({ name }) => name !== user.name);
    if (others.length >= USERS_MAX) throw new Error(`there are ${USERS_MAX} users: remove one first`);
    this.#write([...others, user]);
  }

  /** False when there is none of that name. */
  remove(name: string): boolean {
    const others = this.all().filter((user) => user.name !== name);
    if (others.length === this.all().length) return false;
    this.#write(others);
    return true;
  }

  #write(users: readonly User[]): void {
    writeWhole(this.#path, `${JSON.stringify({ users }, null, 2)}\n`, 0o600);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
