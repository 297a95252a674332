import { ExplainedError } from "../../core/explained-error.ts";
import { packageSentence, systemSentence } from "./system-errors.ts";

export class CliError extends ExplainedError {
  override readonly name = "CliError";
}

/** The command line asks for something that does not exist. */
export class UsageError extends CliError {}

/** What to print: a message alone where it tells its reader what to do, else all that helps to find the bug. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return sentenceOf(error) ?? error.stack ?? error.message;
}

/** As `failureText`, within another text: the way to the bug has no room there. */
export function reasonText(error: unknown): string {
  return error instanceof Error ? (sentenceOf(error) ?? error.message) : String(error);
}

function sentenceOf(error: Error): string | null {
  return error instanceof ExplainedError ? error.message : (systemSentence(error) ?? packageSentence(error));
}
