import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";

/** It tells what was bought, when, and with which reference of a payment. */
export const MODE = 0o600;

/**
 * Makes a database that is whole or not there, whenever the power goes: what is left of one in the making is begun anew.
 * @param fill what is done before it is there
 */
export function makeWhole(path: string, fill: (db: Database.Database) => void): void {
  const unfinished = `${path}.new`;
  for (const end of ["", "-journal"]) rmSync(unfinished + end, { force: true });
  const db = new Database(unfinished);
  try {
    chmodSync(unfinished, MODE);
    fill(db);
  } catch (error) {
    db.close();
    rmSync(unfinished, { force: true });
    throw error;
  }
  db.close();
  renameSync(unfinished, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/**
 * The administrator's files must not keep the kiosk's own user away. That is the user of the journal, or of its folder
 * when the administrator has made or copied the journal.
 */
export function ownedByKiosk(path: string, files: readonly string[]): void {
  if (process.getuid?.() !== 0) return;
  const own = statSync(path, { throwIfNoEntry: false });
  const { uid, gid } = own === undefined || own.uid === 0 ? statSync(dirname(path)) : own;
  for (const file of files) if (existsSync(file)) chownSync(file, uid, gid);
}
