import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isOfJournal, markNameOf } from "../core/journal-files.ts";
import { namedFiles } from "./named-files.ts";
import type { Problem } from "./problem.ts";
import type { Config } from "./schema.ts";
import { terminalFile } from "./secrets.ts";

type Found = Omit<Problem, "line">;

/** The journal and its mark are written to: a file that is something else would be lost, or keep the kiosk from starting. */
export function placeChecks(file: string, config: Config): Found[] {
  const { path } = config.journal;
  const mark = config.journal.mark ?? join(dirname(path), markNameOf(basename(path)));
  const others = [
    { path: file, what: "the configuration itself" },
    ...namedFiles(config).map((each) => ({
      path: resolve(dirname(file), each.file),
      what: `the file that ${each.key} names`,
    })),
    ...filesOfPositions(config),
  ];
  const found: Found[] = [];
  for (const [key, place] of Object.entries({ path, mark })) {
    const at = ["journal", key];
    const other = others.find((each) => isSame(each.path, place));
    if (isFolder(place)) found.push({ path: at, message: `${place} is a folder: name a file in it` });
    else if (other !== undefined)
      found.push({ path: at, message: `${place} is ${other.what}: name a file of its own` });
  }
  if (isOfTheJournal(path, mark)) {
    const message = `${mark} is the journal, or a file that belongs to it: name a file of its own, such as journal.mark`;
    found.push({ path: ["journal", "mark"], message });
  }
  return found;
}

/** What the daemon keeps of its positions beside the journal. */
function filesOfPositions({ journal, positions, retired }: Config): { readonly path: string; readonly what: string }[] {
  const names = [...positions.flatMap(({ id, formerly }) => [id, ...formerly]), ...retired];
  const beside = (file: string): string => join(dirname(journal.path), file);
  const configured = positions.flatMap(({ id, dispenser }) =>
    "register" in dispenser && dispenser.register !== undefined ? [{ id, path: resolve(dispenser.register) }] : [],
  );
  const own = names.flatMap((name) => [
    { path: terminalFile(journal.path, name), what: `the terminal of position "${name}"` },
    { path: beside(`meter-${name}.register`), what: `a register of position "${name}"` },
    { path: beside(`simulated-${name}.register`), what: `a register of position "${name}"` },
  ]);
  return [...own, ...configured.map(({ id, path }) => ({ path, what: `the register of position "${id}"` }))];
}

function isOfTheJournal(journal: string, mark: string): boolean {
  const places = [resolve(mark), real(mark)];
  const isNamed = [resolve(journal), real(journal)].some((path) =>
    places.some((place) => dirname(place) === dirname(path) && isOfJournal(basename(path), basename(place))),
  );
  return isNamed || isSame(journal, mark);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Whether two paths lead to one file, whether it is there yet or not. */
function isSame(one: string, other: string): boolean {
  if (real(one) === real(other)) return true;
  if (!existsSync(one) || !existsSync(other)) return false;
  const [first, second] = [statSync(one), statSync(other)];
  return first.dev === second.dev && first.ino === second.ino;
}

/** The path without links, as far as it is there. */
function real(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(resolve(path));
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : resolve(path);
}
