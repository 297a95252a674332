import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** What is kept of a password. */
export interface PasswordHash {
  readonly salt: string;
  readonly hash: string;
}

/** 16 MB and about a fifth of a second on a small board, by OWASP's table for scrypt. */
const COST: ScryptOptions = { N: 2 ** 14, r: 8, p: 5, maxmem: 64 * 1024 * 1024 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
export const PASSWORD_MIN = 10;
export const PASSWORD_MAX = 128;
/** One at a time, so that guessing takes neither memory nor processors; who comes later is told to try again. */
const WAITING_MAX = 4;

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/** Too many passwords are being looked at. */
export class BusyError extends Error {}

export async function hashOf(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  return { salt: salt.toString("base64"), hash: (await stretched(password, salt)).toString("base64") };
}

/** Takes as long for nobody's password as for somebody's. */
export async function isPassword(password: string, known: PasswordHash | null): Promise<boolean> {
  const salt = known === null ? Buffer.alloc(SALT_BYTES) : Buffer.from(known.salt, "base64");
  const given = await stretched(password, salt);
  const expected = known === null ? Buffer.alloc(HASH_BYTES) : Buffer.from(known.hash, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected) && known !== null;
}

/** @throws BusyError */
function stretched(password: string, salt: Buffer): Promise<Buffer> {
  if (waiting >= WAITING_MAX) return Promise.reject(new BusyError("too many passwords at once: try again"));
  waiting += 1;
  const next = last.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        // However somebody's keyboard writes a letter with an accent.
        scrypt(password.normalize("NFC"), salt, HASH_BYTES, COST, (error, key) => {
          waiting -= 1;
          if (error === null) resolve(key);
          else reject(error);
        });
      }),
  );
  last = next.catch(() => undefined);
  return next;
}
