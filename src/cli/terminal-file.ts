import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { type RegisteredTerminal, terminalFile } from "../config/secrets.ts";
import { writeWhole } from "../platform/files/whole-file.ts";

/** Stores a terminal for good before anything that depends on it happens: whole or not at all, mode 0600. */
export function writeRegisteredTerminal(journalPath: string, position: string, terminal: RegisteredTerminal): void {
  const path = terminalFile(journalPath, position);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeWhole(path, `${JSON.stringify(terminal, null, 2)}\n`, 0o600);
}

export function removeRegisteredTerminal(journalPath: string, position: string): void {
  rmSync(terminalFile(journalPath, position), { force: true });
}
