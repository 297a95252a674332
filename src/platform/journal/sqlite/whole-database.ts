import { chmodSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { putInPlace } from "../../files/whole-file.ts";

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
  putInPlace(unfinished, path);
}
