import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isOfJournal, markNameOf } from "../core/journal-files.ts";
import type { Named } from "./named-files.ts";
import { factsOf, filesIn, keptIn, type PlugIns } from "./plug-ins.ts";
import { type Found, sentence } from "./problem.ts";
import type { Config } from "./schema.ts";

/** The journal and its mark are written to: a file that is something else would be lost, or keep the kiosk from starting. */
export function placeChecks({ file, config, files }: Named, plugIns: PlugIns): Found[] {
  const { path } = config.journal;
  const mark = config.journal.mark ?? join(dirname(path), markNameOf(basename(path)));
  const others = [
    { path: file, what: "the configuration itself" },
    ...files.map((each) => ({
      path: resolve(dirname(file), each.file),
      what: `the file that ${each.key} names`,
    })),
    ...filesOfPositions(config, plugIns),
  ];
  const found: Found[] = [];
  for (const [key, place] of Object.entries({ path, mark })) {
    const at = ["journal", key];
    const other = others.find((each) => isSame(each.path, place));
    const example = join(isFolder(place) ? place : dirname(place), key === "path" ? "journal.db" : "journal.mark");
    if (isFolder(place)) {
      found.push({
        path: at,
        message: sentence({ found: `${place}, which is a folder`, expected: "a file in it", example }),
      });
    } else if (other !== undefined) {
      const expected = "a file of its own";
      found.push({ path: at, message: sentence({ found: `${place}, which is ${other.what}`, expected, example }) });
    }
  }
  if (isOfTheJournal(path, mark)) {
    const expected = "a file of its own";
    const message = sentence({
      found: `${mark}, which is the journal or belongs to it`,
      expected,
      example: join(dirname(mark), "journal.mark"),
    });
    found.push({ path: ["journal", "mark"], message });
  }
  return [...found, ...slidesChecks(config)];
}

/** A folder that is not there yet may come; what is no folder never has pictures in it. */
function slidesChecks({ display }: Config): Found[] {
  const slides = display.driver === "web" ? display.slides : undefined;
  if (slides === undefined || !existsSync(slides) || isFolder(slides)) return [];
  const message = sentence({
    found: `${slides}, which is a file`,
    expected: "a folder of pictures",
    example: dirname(slides),
  });
  return [{ path: ["display", "slides"], message }];
}

/** What the daemon keeps of its positions beside the journal. */
function filesOfPositions(
  { journal, positions, retired }: Config,
  plugIns: PlugIns,
): { readonly path: string; readonly what: string }[] {
  const names = [...positions.flatMap(({ id, formerly }) => [id, ...formerly]), ...retired];
  const beside = (file: string): string => join(dirname(journal.path), file);
  const configured = positions.flatMap(({ id, dispenser }) => {
    const { register } = factsOf(plugIns, dispenser);
    return register === null ? [] : [{ id, path: resolve(register) }];
  });
  const own = names.flatMap((name) => [
    ...keptIn(plugIns).map(({ folder, what }) => {
      return { path: beside(join(folder, `${name}.json`)), what: `${what} position "${name}"` };
    }),
    ...filesIn(plugIns).map(({ kind, what }) => {
      return { path: beside(`${kind}-${name}.register`), what: `${what} position "${name}"` };
    }),
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
  return path.endsWith("/") || (existsSync(path) && statSync(path).isDirectory());
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
