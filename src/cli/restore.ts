import { existsSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Loaded } from "../config/load.ts";
import { Container } from "../platform/backup/container.ts";
import { BackupError } from "../platform/backup/manifest.ts";
import { type Secret, unsealed } from "../platform/backup/seal.ts";
import { agree } from "../platform/console/ask.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { lines, print, told, wrapped } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import {
  archivePath,
  archivesOf,
  layMark,
  lockPlace,
  lookAtCopy,
  type Standing,
  standingOf,
} from "../platform/journal/sqlite/backup.ts";
import { loadConfig } from "../wiring/load.ts";
import { certificatePlace, registerPlace, secretPlace, secretsOf } from "./backup/places.ts";
import { Exchange } from "./backup/put.ts";
import { explainedTrouble } from "./backup/trouble.ts";
import { membersTable, passphraseOf, reachText, tell } from "./backup.ts";

interface RestoreOptions {
  readonly config: string;
  readonly journalOnly?: boolean;
  readonly passphraseFile?: string;
  readonly yes?: boolean | string;
}

/** One thing of a backup: what it is, where it goes, and how it gets there. */
interface Part {
  readonly name: string;
  /** Null: this machine has no place for it. */
  readonly path: string | null;
  readonly mode: number;
  write(draft: string): Promise<void> | void;
}

const PRIVATE = 0o600;
const READABLE = 0o644;
const NO_PLACE = "left out: not in the configuration";

/** Puts a backup in place: all of it or nothing. */
export async function restore(file: string, options: RestoreOptions): Promise<void> {
  const path = resolve(file);
  const exchange = new Exchange(`.before-restore-${new Date().toISOString().replace(/[-:]|[.]\d+/g, "")}`);
  let container: Container | null = null;
  try {
    tell("Reading the backup …");
    container = await Container.open(path);
    await restoreFrom(container, exchange, options);
  } catch (error) {
    throw explainedTrouble(path, error);
  } finally {
    exchange.discard();
    await container?.close();
  }
}

async function restoreFrom(container: Container, exchange: Exchange, options: RestoreOptions): Promise<void> {
  const { manifest } = container;
  const { loaded, isFresh } = await targetOf(container, exchange, resolve(options.config));
  refuseOther(container, loaded, options.yes);
  const { journal } = loaded.config;
  exchange.makeFolderOf(journal.path, 0o750);
  const unlock = lockPlace(journal.path);
  try {
    const standing = standingOf(journal, manifest.journal);
    const secrets = options.journalOnly === true ? [] : await secretsIn(container, options);
    const parts = [
      ...partsOf(container, loaded, standing, { secrets, journalOnly: options.journalOnly === true }),
      ...(isFresh ? [memberPart(container, "kioskd.yaml", loaded.file, READABLE)] : []),
    ];
    const archives = archivesOf(journal.path, standing.ids).map((each) => each.path);
    showPlan(container, loaded, standing, { parts, archives, isFresh });
    await agree("Put it in place?", options.yes !== undefined && options.yes !== false);
    tell("Writing, and looking at every row of the journal …");
    for (const { path, mode, write } of parts) if (path !== null) await exchange.write(path, mode, write);
    // The old journal goes first, and the new one comes last but for a new configuration: a start after a power cut in
    // between finds a mark and no journal, and sells nothing, or no configuration.
    const kept = exchange.finish([standing.journalPath, ...archives]);
    showDone(loaded, standing, kept);
  } finally {
    unlock();
  }
}

/** The configuration of this machine, or the one of the backup where there is none yet. */
async function targetOf(
  container: Container,
  exchange: Exchange,
  file: string,
): Promise<{ loaded: Loaded; isFresh: boolean }> {
  if (existsSync(file)) return { loaded: loadConfig(file, "read"), isFresh: false };
  exchange.makeFolderOf(file, 0o755);
  const text = await container.read("kioskd.yaml");
  const draft = await exchange.write(file, READABLE, (path) => writeFileSync(path, text));
  return { loaded: { ...loadConfig(draft, "read"), file }, isFresh: true };
}

function refuseOther({ path, manifest }: Container, { config, file }: Loaded, yes: RestoreOptions["yes"]): void {
  if (typeof yes === "string" && yes !== manifest.kiosk) {
    throw new UsageError(`--yes: the backup is of kiosk "${manifest.kiosk}", not "${yes}"`);
  }
  if (config.kiosk.id === manifest.kiosk || yes === manifest.kiosk) return;
  throw new CliError(
    `${path} is of kiosk "${manifest.kiosk}", and ${file} is of kiosk "${config.kiosk.id}": sales would get into the books of another kiosk. If that is what you want, add --yes ${manifest.kiosk}.`,
  );
}

async function secretsIn(container: Container, { passphraseFile }: RestoreOptions): Promise<readonly Secret[]> {
  const { seal } = container.manifest;
  if (seal === null) return [];
  const passphrase = await passphraseOf(passphraseFile, "Passphrase of the secrets");
  return unsealed(await container.read("secrets"), seal, passphrase, container.manifest);
}

/** In the order in which they are put in place. */
function partsOf(
  container: Container,
  loaded: Loaded,
  { journalPath, markPath, mark, reached, ids }: Standing,
  { secrets, journalOnly }: { readonly secrets: readonly Secret[]; readonly journalOnly: boolean },
): readonly Part[] {
  const names = container.manifest.members.map(({ name }) => name);
  const member = (name: string, path: string | null, mode = PRIVATE): Part => memberPart(container, name, path, mode);
  const under = (folder: string): string[] => names.filter((name) => name.startsWith(folder));
  const layingMark: Part = {
    name: "journal.mark",
    path: markPath,
    mode: PRIVATE,
    write: (draft) => layMark(draft, reached),
  };
  return [
    ...(mark === "laid" ? [layingMark] : []),
    ...(journalOnly ? [] : under("registers/").map((name) => member(name, registerPlace(loaded, name)))),
    ...(journalOnly
      ? []
      : under("certificates/").map((name) => member(name, certificatePlace(loaded, name), READABLE))),
    ...secrets.map(({ name, bytes }) => ({
      ...{ name, path: secretPlace(loaded, name), mode: PRIVATE },
      write: (draft: string) => writeFileSync(draft, bytes),
    })),
    ...under("archive/").map((name) => member(name, archivePath(journalPath, name.slice(8, 12), ids))),
    {
      ...member("journal.db", journalPath),
      write: async (draft: string) => {
        await writePieces(container, "journal.db", draft);
        lookAtJournal(container, draft);
      },
    },
  ];
}

function memberPart(container: Container, name: string, path: string | null, mode: number): Part {
  return { name, path, mode, write: (draft) => writePieces(container, name, draft) };
}

async function writePieces(container: Container, name: string, draft: string): Promise<void> {
  const file = await open(draft, "r+");
  try {
    for await (const piece of container.pieces(name)) await file.appendFile(piece);
  } finally {
    await file.close();
  }
}

/** Its checksums say that it is the file that was put in; its rows, that this is the journal that the manifest tells of. */
function lookAtJournal({ path, manifest }: Container, draft: string): void {
  const { id, layout, streams, lastSale } = lookAtCopy(draft, `${path}: journal.db`);
  if (!isDeepStrictEqual({ id, layout, streams, lastSale }, manifest.journal)) {
    throw new BackupError(`${path}: its journal is not the one that its manifest tells of. Take another backup.`);
  }
}

interface Plan {
  readonly parts: readonly Part[];
  readonly archives: readonly string[];
  readonly isFresh: boolean;
}

function showPlan(container: Container, loaded: Loaded, standing: Standing, { parts, archives, isFresh }: Plan): void {
  const { manifest } = container;
  print(membersTable(manifest));
  print(told``);
  print(wrapped(reachText(manifest)));
  print(told``);
  const now = (path: string): string => (existsSync(path) ? "replaced; what is there is kept" : "new");
  const laid = parts.map(({ name, path }) => (path === null ? [name, NO_PLACE] : [path, now(path)]));
  const staying = [...(standing.mark === "stays" ? [standing.markPath] : []), ...(isFresh ? [] : [loaded.file])];
  const aside = archives.filter((archive) => !parts.some(({ path }) => path === archive));
  const rows = [
    ...laid,
    ...staying.map((path) => [path, "stays as it is"]),
    ...aside.map((path) => [path, "put aside: not in the backup"]),
  ];
  print(table(["FILE", "WHAT BECOMES OF IT"], rows));
  print(told``);
  for (const warning of warnings(container, standing)) print(wrapped(warning));
}

function warnings({ manifest }: Container, { missing, isOther, isMarkUnreadable }: Standing): readonly string[] {
  const found: string[] = [];
  if (isOther) found.push("The journal or the mark that is here belongs to another journal: it is put aside.");
  if (isMarkUnreadable) found.push("The mark that is here cannot be read, and stays: it may have come further.");
  if (missing.length > 0) {
    const all = missing.map(({ stream, has, had }) => `${stream}: ${had} here, ${has} in the backup`).join("; ");
    found.push(
      `This machine had come further than the backup (${all}). What is missing may be sales, refunds, an operator's block, or a reservation that is still open. The daemon will not start on it until kioskd journal accept.`,
    );
  } else if (!manifest.isEnded) {
    found.push(
      "The backup was made before the daemon had ended. What was sold after it is not in it, its numbers would be given again, and this machine cannot notice: compare with the payment service's list.",
    );
  }
  return found;
}

function showDone(loaded: Loaded, { missing, isMarkUnreadable }: Standing, kept: readonly string[]): void {
  print(wrapped("Done: everything is in place."));
  if (kept.length > 0) print(lines([told`What was there before:`, ...kept.map((path) => told`  ${path}`)]));
  const secrets = secretsOf(loaded).places.filter(({ path }) => !existsSync(path));
  if (secrets.length > 0) {
    print(lines([told`Still to be put in place, with mode 0600:`, ...secrets.map(({ path }) => told`  ${path}`)]));
  }
  print(
    missing.length > 0 || isMarkUnreadable
      ? told`Next: kioskd journal accept, then start the daemon.`
      : told`Next: kioskd check-config, then start the daemon.`,
  );
}
