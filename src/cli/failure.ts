/** A failure whose message is all that its reader needs. */
export class CliError extends Error {
  override readonly name = "CliError";
}

/** The command line asks for something that does not exist. */
export class UsageError extends CliError {}

const EXPLAINED = ["CliError", "ConfigError", "JournalError", "DispenserError", "LeftBehindError", "BackupError"];

/** What to print: a message alone where it tells its reader what to do, else all that helps to find the bug. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fromSystem = "code" in error && typeof error.code === "string" && "syscall" in error;
  return EXPLAINED.includes(error.name) || fromSystem ? error.message : (error.stack ?? error.message);
}
