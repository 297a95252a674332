import { createInterface } from "node:readline";
import { CliError, UsageError } from "./failure.ts";

/**
 * Asks before money moves, unless `--yes` has answered already.
 * @throws CliError when the answer is no, UsageError when there is nobody to ask.
 */
export async function agree(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stdin.isTTY !== true)
    throw new UsageError(`${question} There is no terminal to ask at: add --yes to agree.`);
  const answer = await answerTo(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("Nothing was done.");
}

/** What is piped on goes out by standard output, so the question does not. An end without an answer is none. */
function answerTo(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.on("close", () => resolve(""));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
