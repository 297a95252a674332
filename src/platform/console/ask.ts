import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { visible } from "../../core/visible.ts";
import { CliError, UsageError } from "./failure.ts";

/**
 * Asks before money moves, unless `--yes` has answered already.
 * @throws CliError when the answer is no, UsageError when there is nobody to ask.
 */
export async function agree(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stdin.isTTY !== true)
    throw new UsageError(`${question} There is no terminal to ask at: add --yes to agree.`);
  const answer = await answerTo(visible(`${question} [y/N] `));
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

/**
 * Asks for a passphrase, which the terminal does not show.
 * @throws UsageError when there is nobody to ask.
 */
export async function passphraseFor(question: string): Promise<string> {
  if (process.stdin.isTTY !== true) {
    throw new UsageError("A passphrase is needed, and there is no terminal to ask at: add --passphrase-file FILE.");
  }
  process.stderr.write(`${question}: `);
  const unseen = new Writable({ write: (_chunk, _encoding, written) => written() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  return await new Promise((resolve, reject) => {
    let given: string | null = null;
    lines.on("close", () => {
      process.stderr.write("\n");
      if (given === null) reject(new CliError("Nothing was done."));
      else resolve(given);
    });
    lines.question("", (answer) => {
      given = answer;
      lines.close();
    });
  });
}
