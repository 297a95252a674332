import { readFileSync, writeFileSync } from "node:fs";
import type { Figure } from "./figures.ts";

interface Result {
  readonly scenario: string;
  readonly seconds: number;
  readonly exit: number;
  readonly figures: readonly Figure[];
}

const [WHAT, MEASURED, REQUIRED] = [44, 14, 16];

/** As many lines as the text needs, but never within a word. */
function wrapped(text: string): readonly string[] {
  return text.match(new RegExp(`\\s*\\S.{0,${WHAT - 2}}(?=\\s|$)|\\S+`, "g")) ?? [""];
}

function row({ what, measured, required, met }: Figure): string {
  const lines = wrapped(what);
  const last = (lines.at(-1) ?? "").padEnd(WHAT);
  const end = `${last} ${measured.padEnd(MEASURED)} ${(required ?? "").padEnd(REQUIRED)}${met ? "" : "!"}`;
  return [...lines.slice(0, -1), end].map((line) => `  ${line.trimEnd()}`).join("\n");
}

function rows({ scenario, seconds, exit, figures }: Result): string[] {
  const ended = exit === 0 ? "" : `, ended with ${exit}`;
  return [`${scenario} (${seconds} s${ended})`, ...figures.map(row)];
}

/** The rig's part of docs/benchmarks.md. */
function markdown(results: readonly Result[]): string {
  // That a check held is no figure; how many did is.
  const told = ({ measured }: Figure): boolean => measured !== "held";
  const lines = results.flatMap(({ scenario, figures }) =>
    figures
      .filter(told)
      .map(({ what, measured, required }) => `| ${scenario} | ${what.trim()} | ${measured} | ${required ?? ""} |`),
  );
  return [
    "",
    "Made by `npm run rig -- --write`: the built daemon and its drivers on a real kernel with simulated lines, in QEMU",
    "without KVM. Everything is some ten times slower than on a board; counts are exact, times are not a board's.",
    "",
    "| scenario | what | measured | required |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

// One result a line, as `hw/rig/run` writes them. Fails when one of them did.
const [file = "", benchmarks] = process.argv.slice(2);
const results = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Result);
const failed = results.filter(({ exit }) => exit !== 0).map(({ scenario }) => scenario);
const head = `  ${"".padEnd(WHAT)} ${"measured".padEnd(MEASURED)} required`;
const verdict =
  failed.length === 0 ? `${results.length} scenarios, all as required` : `not as required: ${failed.join(", ")}`;
process.stdout.write(`${[head, ...results.flatMap(rows), verdict].join("\n")}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
if (benchmarks !== undefined) {
  const [own = ""] = readFileSync(benchmarks, "utf8").split("\n## On the rig\n");
  writeFileSync(benchmarks, `${own.trimEnd()}\n\n## On the rig\n${markdown(results)}`);
}
