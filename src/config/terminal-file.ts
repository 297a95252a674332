import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type RegisteredTerminal, terminalFile } from "./secrets.ts";

/** Stores a terminal for good before anything that depends on it happens: whole or not at all, mode 0600. */
export function writeRegisteredTerminal(journalPath: string, position: string, terminal: RegisteredTerminal): void {
  const path = terminalFile(journalPath, position);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(terminal, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

export function removeRegisteredTerminal(journalPath: string, position: string): void {
  rmSync(terminalFile(journalPath, position), { force: true });
}

/** A rename survives a power cut only when the folder is written too. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
