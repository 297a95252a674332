import Database from "better-sqlite3";
import { ExplainedError } from "../../../core/explained-error.ts";
import { visibleLine } from "../../../core/visible.ts";

/** The journal cannot be used. The message says what was found and what to do. */
export class JournalError extends ExplainedError {
  override readonly name: string = "JournalError";
}

/** Its file is not there although there was one: nothing to protect by not starting, and nothing to sell on. */
export class JournalGoneError extends JournalError {
  override readonly name = "JournalGoneError";
}

/** Something in the file is not as it was written; the message says what, in the middle of a sentence. */
export class Broken extends Error {}

/** Something is wrong with it that keeps it from being accepted: it has to be rescued first. */
export class BrokenFile extends Broken {}

/** Carries out work on a journal; whatever its file does to SQLite becomes advice. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explained(path, error);
  }
}

/** The error, with advice when it comes from the journal's file. */
export function explained(path: string, error: unknown): unknown {
  if (error instanceof BrokenFile) return unreadable(path, error.message);
  if (error instanceof Broken) return damaged(path, error.message);
  if (isOfSystem(error)) {
    return new JournalError(`The journal ${path} cannot be used: ${error.message}. Check path, mount, owner and mode.`);
  }
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  // Tables that are not what they must be, or hold what they must not, tell of damage as well.
  if (/NOTADB|CORRUPT|MISMATCH|CONSTRAINT/.test(code) || code === "SQLITE_ERROR") return unreadable(path, message);
  return new JournalError(
    `The journal ${path} cannot be used: ${message} (${code}). Check mount, owner, mode and free space.`,
  );
}

function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}

/** Pages, rows or links are not as they were written, and SQLite can read them. */
function damaged(path: string, found: string): JournalError {
  return new JournalError(
    steps(`The journal ${path} is damaged: ${found}.`, NOT_STARTED, [
      ...keepAndRestore(path),
      "Compare its last sales with the payment service's list.",
      "Go on with the file as it is, on purpose: `kioskd journal accept`. It writes down who and why, and hands open reservations to a person.",
    ]),
  );
}

/** To accept it would be refused. */
export function unreadable(path: string, found: string): JournalError {
  return new JournalError(
    steps(`The journal ${path} is damaged: ${found}.`, NOT_STARTED, [
      ...keepAndRestore(path),
      `Without one, rescue what can be read: ${rescue(path)}`,
      "`kioskd journal accept` cannot take the file as it is. It says how to make a journal of rescued.db, which it can take.",
    ]),
  );
}

export function keepAndRestore(path: string): string[] {
  return [
    `Keep a copy of ${path}, ${path}-wal and the mark.`,
    "Put the newest backup in its place: `kioskd restore FILE` says what that one lacks.",
  ];
}

export function rescue(path: string): string {
  return `sqlite3 ${path} .recover | sqlite3 rescued.db (or .dump, where .recover ends with "sql error").`;
}

export const NOT_STARTED =
  "kioskd does not start on it, because it may hold reservations that are still open. What to do:";

/** Numbered steps for a person at three in the morning. */
export function steps(found: string, consequence: string, all: readonly string[]): string {
  return [visibleLine(found), consequence, ...all.map((step, at) => `  ${at + 1}. ${step}`)].join("\n");
}
