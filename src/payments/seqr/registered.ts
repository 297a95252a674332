import { mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { writeWhole } from "../../platform/files/whole-file.ts";
import type { SecretFiles } from "../../ports/configured.ts";

/** Terminals that `kioskd terminal register` has made are kept beside the journal, one file a position. */
export const FOLDER = "terminals";

export function terminalFile(journalPath: string, position: string): string {
  return resolve(dirname(journalPath), FOLDER, `${position}.json`);
}

/** `terminalId` is null while the registration's answer is missing: the password is stored before it is sent. */
const registeredTerminal = z.strictObject({
  terminalId: z.string().min(1).nullable(),
  password: z.string().min(4),
  externalTerminalId: z.string(),
  name: z.string(),
});

export type RegisteredTerminal = z.infer<typeof registeredTerminal>;

/** Null when there is no such file. One that was registered when the position had another id is still its own. */
export function readRegisteredTerminal(
  journalPath: string,
  { id, formerly }: { readonly id: string; readonly formerly: readonly string[] },
  files: SecretFiles,
): RegisteredTerminal | null {
  const found = [id, ...formerly]
    .map((name) => readTerminalFile(terminalFile(journalPath, name), files))
    .filter((each) => each !== null);
  return found.find(({ terminalId }) => terminalId !== null) ?? found[0] ?? null;
}

function readTerminalFile(path: string, files: SecretFiles): RegisteredTerminal | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  try {
    return registeredTerminal.parse(JSON.parse(files.readSecret(path)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new Error(
        `${path} is no terminal as \`kioskd terminal register\` writes it: restore it, or remove it and register again`,
      );
    }
    throw error;
  }
}

/** Stores a terminal for good before anything that depends on it happens: whole or not at all, mode 0600. */
export function writeRegisteredTerminal(journalPath: string, position: string, terminal: RegisteredTerminal): void {
  const path = terminalFile(journalPath, position);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeWhole(path, `${JSON.stringify(terminal, null, 2)}\n`, 0o600);
}

export function removeRegisteredTerminal(journalPath: string, position: string): void {
  rmSync(terminalFile(journalPath, position), { force: true });
}
