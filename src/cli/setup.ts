import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { checkedConfig } from "../config/load.ts";
import { CliError } from "../platform/console/failure.ts";
import { print, printContent, told, wrapped } from "../platform/console/print.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";
import { openAnswers, openTerminal } from "./setup/ask.ts";
import { Draft } from "./setup/draft.ts";
import { Interview } from "./setup/interview.ts";
import { askAll } from "./setup/questions.ts";
import { writeAll, yamlOf } from "./setup/written.ts";

interface SetupOptions {
  readonly output: string;
  /** A file with the answers, for a machine without a person. */
  readonly answers?: string;
}

/**
 * Asks for a configuration and writes it with its secrets. Nothing is written before all of it was checked.
 * @throws CliError where a configuration is there already, and when the questions end before they are answered
 */
export async function setup(options: SetupOptions): Promise<void> {
  const file = resolve(options.output);
  if (existsSync(file)) {
    throw new CliError(`${file} is there already, and is not replaced: name another file by --output, or edit it`);
  }
  const asking = options.answers === undefined ? openTerminal() : openAnswers(options.answers);
  try {
    const interview = new Interview(new Draft(file), asking);
    await askAll(interview);
    const yaml = yamlOf(interview);
    checkedConfig(file, { text: yaml, files: interview.draft.files() }, { purpose: "serve", plugIns: PLUG_INS });
    printContent(`\n${yaml}\n`);
    asking.say("All of it was checked, and is in order.");
    if (options.answers !== undefined) asking.close();
    else if (!(await interview.agree("write", `Write it? It goes to ${file}.`, true))) {
      throw new CliError("Nothing was written.");
    }
    const written = writeAll(interview.draft, yaml);
    for (const path of written) print(told`Written: ${path}`);
    printNext(file);
  } finally {
    if (options.answers === undefined) asking.close();
  }
}

function printNext(file: string): void {
  const steps = [
    `See whether this machine has what it needs: kioskd check-config --config ${file}`,
    "Try a sale on simulated devices: kioskd demo",
    "Start: systemctl enable --now kioskd",
    `Sell the smallest amount for real money, and find it: kioskd sales list --config ${file}`,
    `Give it back: kioskd refund SALE --config ${file}`,
    "Read docs/install.md for the rest of the machine: clock, watchdog, backup.",
  ];
  print(told`\nNext:`);
  for (const [index, step] of steps.entries()) print(wrapped(step, "   ", undefined, `${index + 1}. `));
}
