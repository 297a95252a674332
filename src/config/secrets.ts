import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";

const CREDENTIAL = "credential:";
const LONGEST_SECRET_BYTES = 4096;

export interface Terminal {
  readonly id: string;
  readonly password: string;
}

/** Where a `…File` key points: beside the configuration, or among the credentials that systemd passed. */
export function secretPath(configFile: string, name: string): string {
  if (!name.startsWith(CREDENTIAL)) return resolve(dirname(configFile), name);
  const folder = process.env["CREDENTIALS_DIRECTORY"];
  if (folder === undefined) throw new Error(`"${name}" is a systemd credential, but no unit has passed any`);
  return resolve(folder, name.slice(CREDENTIAL.length).replaceAll("/", "_"));
}

/** The secret in a file of its own, without the line break at its end. Throws what an operator can act on. */
export function readSecret(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`there is no file ${path}: write the secret into it, with mode 0600`);
  if (!stat.isFile()) throw new Error(`${path} is no file`);
  if ((stat.mode & 0o077) !== 0) throw new Error(`${path} can be read by others: chmod 600 ${path}`);
  if (stat.size > LONGEST_SECRET_BYTES) throw new Error(`${path} is longer than ${LONGEST_SECRET_BYTES} bytes`);
  const secret = readFileSync(path, "utf8").replace(/\r?\n$/, "");
  if (secret === "") throw new Error(`${path} is empty`);
  return secret;
}

/** Terminals that `kioskd terminal register` has made are kept beside the journal, one file a position. */
export function terminalFile(journalPath: string, position: string): string {
  return resolve(dirname(journalPath), "terminals", `${position}.json`);
}

/** `terminalId` is null while the registration's answer is missing: the password is stored before it is sent. */
const registeredTerminal = z.strictObject({
  terminalId: z.string().min(1).nullable(),
  password: z.string().min(4),
  externalTerminalId: z.string(),
  name: z.string(),
});

export type RegisteredTerminal = z.infer<typeof registeredTerminal>;

/** Null when the position has no such file. */
export function readRegisteredTerminal(journalPath: string, position: string): RegisteredTerminal | null {
  const path = terminalFile(journalPath, position);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  try {
    return registeredTerminal.parse(JSON.parse(readSecret(path)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new Error(
        `${path} is no terminal as \`kioskd terminal register\` writes it: restore it, or remove it and register again`,
      );
    }
    throw error;
  }
}
