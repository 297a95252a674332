import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CliError } from "../platform/console/failure.ts";
import { print, printJson, told, wrapped } from "../platform/console/print.ts";
import { writeWhole } from "../platform/files/whole-file.ts";
import { loadConfig } from "../wiring/load.ts";
import { diagnostics } from "./doctor/diagnostics.ts";
import type { Exam } from "./doctor/exam.ts";
import { kioskExams } from "./doctor/kiosk.ts";
import { machineExams } from "./doctor/machine.ts";

interface DoctorOptions {
  readonly config: string;
  readonly diagnostics?: string;
  readonly json?: boolean;
}

const MARKS: Readonly<Record<Exam["verdict"], string>> = { good: "ok", look: "look", bad: "BAD", unknown: "?" };
const SUBJECT_WIDTH = 15;
const MARK_WIDTH = 6;

/** Walks through everything a sale needs. Nothing is changed, nothing is sold. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const loaded = loadConfig(options.config);
  const target = options.diagnostics === undefined ? null : resolve(options.diagnostics);
  if (target !== null && existsSync(target)) throw new CliError(`${target} is there already: name another file.`);
  const nowMs = Date.now();
  const folder = dirname(loaded.config.journal.path);
  const exams = [...(await machineExams(folder)), ...(await kioskExams(loaded, nowMs))];
  if (options.json === true) printJson(exams);
  else for (const exam of exams) printExam(exam);
  if (target !== null) {
    writeWhole(target, diagnostics(loaded, exams, nowMs), 0o600);
    if (options.json !== true) print(told`\n${target} holds all this, the configuration, the last sales and the log.`);
    if (options.json !== true) print(wrapped("No secret is in it; read it all the same before it is sent to anybody."));
  }
  const bad = exams.filter(({ verdict }) => verdict === "bad").length;
  if (bad > 0) throw new CliError(`${bad} of ${exams.length} are bad: it does not sell, or will not for long.`);
}

function printExam({ subject, verdict, says, advice }: Exam): void {
  const indent = " ".repeat(SUBJECT_WIDTH + MARK_WIDTH);
  print(wrapped(says, indent, undefined, subject.padEnd(SUBJECT_WIDTH) + MARKS[verdict].padEnd(MARK_WIDTH)));
  if (advice !== null) print(wrapped(`-> ${advice}`, indent));
}
