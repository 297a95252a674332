import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

const CREDENTIAL = "credential:";
const LONGEST_SECRET_BYTES = 4096;
const EXPECTED = "one with the secret in it";

/**
 * Where a `…File` key points: among the credentials that systemd passed, or else beside the configuration. systemd
 * names the files of a folder, passed as one credential, `folder_file`.
 */
export function secretPath(configFile: string, name: string): string {
  const passed = passedCredential(name.startsWith(CREDENTIAL) ? name.slice(CREDENTIAL.length) : name);
  if (name.startsWith(CREDENTIAL)) {
    if (passed === null)
      throw new Error(
        `found "${name}", a systemd credential, but no unit has passed any, expected LoadCredential= in the unit`,
      );
    return passed;
  }
  return passed !== null && existsSync(passed) ? passed : resolve(dirname(configFile), name);
}

function passedCredential(name: string): string | null {
  const folder = process.env["CREDENTIALS_DIRECTORY"];
  return folder === undefined ? null : resolve(folder, name.replaceAll("/", "_"));
}

/** The secret in a file of its own, without the line break at its end. Throws what an operator can act on. */
export function readSecret(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`found no file ${path}, expected ${EXPECTED}, mode 0600`);
  if (!stat.isFile())
    throw new Error(`found ${path}, which is no file, expected ${EXPECTED}, such as ${path}/password`);
  if ((stat.mode & othersBits(path)) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    throw new Error(`found ${path} with mode ${mode}, which can be read by others, expected 0600: chmod 600 ${path}`);
  }
  if (stat.size > LONGEST_SECRET_BYTES) {
    throw new Error(
      `found ${stat.size} bytes in ${path}, expected at most ${LONGEST_SECRET_BYTES}: is it another file?`,
    );
  }
  return secretIn(readable(path), path);
}

/** The secret that a file of this content has. Throws the same. */
export function secretIn(bytes: Buffer, path: string): string {
  const text = bytes.toString("utf8");
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new Error(`found an empty file ${path}, expected ${EXPECTED}`);
  const odd = Buffer.from(text).equals(bytes) ? oddIn(secret) : "letters that are not in UTF-8";
  if (odd !== null) throw new Error(`found ${odd} in ${path}, expected the secret alone, on one line, in UTF-8`);
  return secret;
}

/** What an editor or a copy has brought, and no service would take as part of the secret. */
function oddIn(secret: string): string | null {
  if (secret.startsWith("\ufeff")) return "a byte order mark";
  const isKeyOrTerminal = secret.includes("-----BEGIN") || secret.startsWith("{");
  if (!isKeyOrTerminal && /[\r\n]/.test(secret)) return "more than one line";
  return /(?![\r\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(secret) ? "an invisible character" : null;
}

function readable(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Error(`${path} cannot be read by this user: give it to the daemon's user with chown (${code})`);
  }
}

/** systemd lets the unit's user read a credential by an access list, whose mask stands where the group's bits do. */
function othersBits(path: string): number {
  return dirname(path) === process.env["CREDENTIALS_DIRECTORY"] ? 0o007 : 0o077;
}
