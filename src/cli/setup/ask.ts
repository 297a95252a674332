import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { parse } from "yaml";
import { nearest } from "../../config/nearest.ts";
import { listed, shown } from "../../config/problem.ts";
import { visible } from "../../core/visible.ts";
import { CliError } from "../../platform/console/failure.ts";
import { printError, wrapped } from "../../platform/console/print.ts";

export interface Question {
  /** As `check-config` names the place: `kiosk.id`, `positions[0].product.unit`. */
  readonly key: string;
  readonly about: string;
  readonly expected: string;
  /** What an empty answer takes; null where it takes nothing. */
  readonly usual: string | null;
  readonly isSecret: boolean;
  /** Whether an empty answer leaves it out. */
  readonly mayBeLeftOut: boolean;
}

export interface Asking {
  /** What was answered: text as it was typed, or what an answers file has; undefined for an empty answer. */
  ask(question: Question): Promise<unknown>;
  /** What was wrong with the last answer. Throws where nobody can answer again. */
  refuse(question: Question, message: string): void;
  /** The questions from this one on come again, for their answers did not go together with others. */
  again(key: string, message: string): void;
  say(text: string): void;
  /** Ends it, with whatever was answered and never asked. */
  close(): void;
}

const NOTHING_WRITTEN = "Nothing was written.";
/** Nobody answers so often on purpose. */
const MOST_QUESTIONS = 1_000;

/**
 * Asks a person at the terminal. What was asked stands on standard error, so that what is made can go elsewhere.
 * @throws CliError where there is no terminal, at its end, and when the person breaks off
 */
export function openTerminal(): Asking {
  if (process.stdin.isTTY !== true) {
    throw new CliError(`There is no terminal to ask at: add --answers FILE. ${NOTHING_WRITTEN}`);
  }
  let isHidden = false;
  const echo = new Writable({
    write: (chunk: Buffer, _encoding, written) => {
      if (!isHidden) process.stderr.write(chunk);
      written();
    },
  });
  // Without a history: the arrow keys would show a secret that was typed before.
  const input = createInterface({ input: process.stdin, output: echo, terminal: true, historySize: 0 });
  let giveUp: () => void = () => {};
  let isOver = false;
  input.on("close", () => {
    isOver = true;
    giveUp();
  });
  let asked = 0;
  return {
    say: (text) => printError(wrapped(text)),
    refuse: (_question, message) => printError(wrapped(`No: ${message}`, "  ")),
    again: (_key, message) => printError(wrapped(`No: ${message}. This is asked for again.`, "  ")),
    close: () => input.close(),
    ask: async (question) => {
      asked += 1;
      if (asked > MOST_QUESTIONS) throw new CliError(`More than ${MOST_QUESTIONS} questions. ${NOTHING_WRITTEN}`);
      printError(`\n${wrapped(question.about)}\n${wrapped(`Expected: ${question.expected}`, "  ")}`);
      const usual = question.isSecret ? "not shown" : (question.usual ?? "");
      const leave = question.mayBeLeftOut ? `${usual === "" ? "" : `${usual}; `}Enter leaves it out` : usual;
      const prompt = visible(`${question.key}${leave === "" ? "" : ` [${leave}]`}: `);
      const text = await new Promise<string>((resolve, reject) => {
        giveUp = () => reject(new CliError(`\n${NOTHING_WRITTEN}`));
        if (isOver) return giveUp();
        process.stderr.write(question.isSecret ? prompt : "");
        isHidden = question.isSecret;
        input.question(question.isSecret ? "" : prompt, (typed) => {
          isHidden = false;
          resolve(typed);
        });
      });
      if (question.isSecret) process.stderr.write("\n");
      return text.trim() === "" ? (question.usual ?? undefined) : text.trim();
    },
  };
}

/**
 * Takes the answers out of a file, YAML or JSON.
 * @throws CliError for a wrong answer, a missing one, and one that nothing asked for
 */
export function openAnswers(file: string): Asking {
  const answers: unknown = parse(readFileSync(file, "utf8"));
  if (typeof answers !== "object" || answers === null || Array.isArray(answers)) {
    throw new CliError(`${file}: found ${shown(answers)}, expected keys such as kiosk.id, each with its answer`);
  }
  const given = new Map(Object.entries(answers as Readonly<Record<string, unknown>>));
  const asked = new Set<string>();
  const wrong = (key: string, message: string): never => {
    throw new CliError(`${file}: ${key}: ${message}${message.endsWith("?") ? "" : "."} ${NOTHING_WRITTEN}`);
  };
  return {
    say: () => {},
    refuse: ({ key }, message) => wrong(key, message),
    again: wrong,
    close: () => {
      const left = [...given.keys()].filter((key) => !asked.has(key));
      if (left.length === 0) return;
      const near = nearest(left[0] ?? "", [...asked]);
      const hint = near === null ? "" : ` Did you mean ${near}?`;
      throw new CliError(`${file}: found answers that nothing asks for: ${listed(left)}.${hint} ${NOTHING_WRITTEN}`);
    },
    ask: async ({ key, expected, usual, about, mayBeLeftOut }) => {
      asked.add(key);
      const answer = given.get(key);
      if (answer !== undefined && answer !== null && answer !== "") return answer;
      if (usual !== null) return usual;
      if (mayBeLeftOut) return undefined;
      throw new CliError(`${file}: ${key}: found no answer, expected ${expected}. ${about} ${NOTHING_WRITTEN}`.trim());
    },
  };
}
