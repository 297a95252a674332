import { existsSync, mkdtempSync, readFileSync, rmSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Loaded } from "../config/load.ts";
import { readSecret } from "../config/secrets.ts";
import { Container, pack, type Source } from "../platform/backup/container.ts";
import type { Manifest } from "../platform/backup/manifest.ts";
import { type Secret, sealed } from "../platform/backup/seal.ts";
import { passphraseFor } from "../platform/console/ask.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printError, printJson, type Told, told, wrapped } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { putInPlace } from "../platform/files/whole-file.ts";
import { copyJournal, type JournalCopy } from "../platform/journal/sqlite/backup.ts";
import { version } from "../platform/version.ts";
import { loadConfig } from "../wiring/load.ts";
import { certificatesOf, registersOf, secretsOf } from "./backup/places.ts";
import { explainedTrouble } from "./backup/trouble.ts";

interface BackupOptions {
  readonly config: string;
  readonly withSecrets?: boolean;
  readonly passphraseFile?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const SHORTEST_PASSPHRASE = 8;

/** Copies what a kiosk knows and cannot get anywhere else into one file, beside a running daemon. */
export async function backup(file: string, options: BackupOptions): Promise<void> {
  const target = resolve(file);
  const loaded = loadConfig(options.config, "read");
  refuseToReplace(target, options.force === true);
  const passphrase = await newPassphrase(options);
  const made = await make(target, loaded, passphrase, options.force === true);
  if (options.json === true) printJson({ file: target, ...made });
  else printMade(target, loaded, made);
}

async function make(target: string, loaded: Loaded, passphrase: string | null, force: boolean): Promise<Manifest> {
  const part = `${target}.part`;
  let work: string | null = null;
  try {
    // Beside the file, so that the disk of the journal is not filled.
    work = mkdtempSync(`${target}.part-`);
    tell("Copying the journal and looking at every row of it …");
    const copy = await copyJournal(loaded.config.journal, work);
    rmSync(part, { force: true });
    tell("Writing …");
    const { about, sources } = contentsOf(loaded, copy, passphrase);
    const manifest = await pack(part, about, sources);
    tell("Reading it back …");
    await (await Container.open(part)).close();
    refuseToReplace(target, force);
    putInPlace(part, target);
    return manifest;
  } catch (error) {
    if (work !== null) rmSync(part, { force: true });
    throw explainedTrouble(target, error);
  } finally {
    if (work !== null) rmSync(work, { recursive: true, force: true });
  }
}

function contentsOf(
  loaded: Loaded,
  copy: JournalCopy,
  passphrase: string | null,
): { about: Omit<Manifest, "members">; sources: Source[] } {
  const { id, layout, streams, lastSale, isEnded } = copy;
  const kiosk = loaded.config.kiosk.id;
  const journal = { id, layout, streams: { ...streams } as Manifest["journal"]["streams"], lastSale };
  const { places: secrets, credentials } = secretsOf(loaded);
  const certificates = certificatesOf(loaded);
  const missing = certificates.filter(({ path }) => !existsSync(path)).map(({ path }) => path);
  const enclosed = passphrase === null ? null : sealed(secrets.map(secretIn), passphrase, { kiosk, journal });
  // The registers after the journal: a delivery that runs is charged up to what its register says.
  const sources: Source[] = [
    { name: "journal.db", from: copy.path },
    { name: "journal.mark", from: copy.markPath },
    ...copy.archives.map(({ year, path }) => ({ name: `archive/${year}.db`, from: path })),
    ...registersOf(loaded).map(({ name, path }) => ({ name, from: readFileSync(path) })),
    { name: "kioskd.yaml", from: readFileSync(loaded.file) },
    ...certificates
      .filter(({ path }) => existsSync(path))
      .map(({ name, path }) => ({ name, from: readFileSync(path) })),
    ...(enclosed === null ? [] : [{ name: "secrets", from: enclosed.bytes }]),
  ];
  const left = passphrase === null ? secrets.map(({ path }) => path) : [];
  const about: Omit<Manifest, "members"> = {
    ...{ format: "kioskd backup", version: 1, kiosk, kioskd: version, madeAt: new Date().toISOString(), isEnded },
    ...{ journal, seal: enclosed?.seal ?? null, leftOut: [...new Set([...left, ...credentials, ...missing])] },
  };
  return { about, sources };
}

/** @throws CliError when it is not there or others can read it */
function secretIn({ name, path }: { name: string; path: string }): Secret {
  try {
    return { name, bytes: Buffer.from(readSecret(path)) };
  } catch (error) {
    throw new CliError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function newPassphrase({ withSecrets, passphraseFile }: BackupOptions): Promise<string | null> {
  if (withSecrets !== true) {
    if (passphraseFile !== undefined) throw new UsageError("--passphrase-file is of use only with --with-secrets");
    return null;
  }
  const given = await passphraseOf(passphraseFile, "Passphrase for the secrets");
  if (given.length < SHORTEST_PASSPHRASE) {
    throw new CliError(`The passphrase is shorter than ${SHORTEST_PASSPHRASE} characters.`);
  }
  if (passphraseFile === undefined && (await passphraseFor("The same again")) !== given) {
    throw new CliError("The two passphrases differ. Nothing was done.");
  }
  return given;
}

/** From a file, or else asked for. */
export async function passphraseOf(file: string | undefined, question: string): Promise<string> {
  if (file === undefined) return await passphraseFor(question);
  try {
    return readSecret(file);
  } catch (error) {
    throw new CliError(`--passphrase-file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refuseToReplace(target: string, force: boolean): void {
  const there = statOf(target);
  if (there === undefined) return;
  if (!there.isFile()) throw new CliError(`${target} is no file: name a file that is to be made.`);
  if (!force) throw new CliError(`${target} is there already: take another name, or add --force to replace it.`);
}

function statOf(target: string): Stats | undefined {
  try {
    return statSync(target, { throwIfNoEntry: false });
  } catch (error) {
    throw explainedTrouble(target, error);
  }
}

/** What takes long says so to a person who waits. */
export function tell(what: string): void {
  if (process.stderr.isTTY === true) printError(what);
}

function printMade(target: string, loaded: Loaded, manifest: Manifest): void {
  print(membersTable(manifest));
  print(told``);
  print(wrapped(`${target} is whole: it was read back, and every row of its journal was looked at.`));
  print(wrapped(reachText(manifest)));
  if (manifest.leftOut.length > 0) print(wrapped(`Not in it: ${manifest.leftOut.join(", ")}.`));
  if (statSync(target).dev === statSync(loaded.config.journal.path).dev) {
    print(wrapped("It is on the disk of the journal: copy it to another one, or both are lost together."));
  }
}

/** How far a backup comes. */
export function reachText({ kiosk, madeAt, journal, isEnded }: Manifest): string {
  const { lastSale } = journal;
  const reach =
    lastSale === null
      ? "It has no closed sale"
      : `Its last sale is number ${lastSale.seq}, ${lastSale.saleId}, closed ${time(lastSale.closedAt)}`;
  const after = isEnded ? "the daemon had ended before" : "the daemon may have sold on since";
  return `Kiosk ${kiosk}, ${time(madeAt)}. ${reach}; ${after}.`;
}

export function membersTable({ members, journal }: Manifest): Told {
  const { streams } = journal;
  const count = (stream: string): number => streams[stream]?.[0] ?? 0;
  const notes = Object.entries(streams)
    .filter(([stream]) => stream !== "event" && stream !== "sale")
    .reduce((sum, [, [seq]]) => sum + seq, 0);
  const rows = `up to sale ${count("sale")}, event ${count("event")}; ${notes} ${notes === 1 ? "note" : "notes"}`;
  return table(
    ["MEMBER", "HOLDS", "BYTES"],
    members.map(({ name, bytes }) => [name, name === "journal.db" ? rows : holds(name), String(bytes)]),
  );
}

function holds(name: string): string {
  if (name === "journal.mark") return "how far the journal had come";
  if (name === "kioskd.yaml") return "the configuration";
  if (name === "secrets") return "passwords and keys, encrypted";
  if (name.startsWith("archive/")) return "an archive of the journal";
  return name.startsWith("registers/") ? "what a dispenser has counted" : "a certificate";
}

function time(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
