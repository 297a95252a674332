import { ExplainedError } from "../core/explained-error.ts";
import { systemSentence } from "./system-errors.ts";

export class CliError extends ExplainedError {
  override readonly name = "CliError";
}

/** The command line asks for something that does not exist. */
export class UsageError extends CliError {}

/** What to print: a message alone where it tells its reader what to do, else all that helps to find the bug. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ExplainedError) return error.message;
  return systemSentence(error) ?? error.stack ?? error.message;
}
