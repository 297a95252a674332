import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { ownedByKiosk } from "../../platform/files/owner.ts";
import { sync } from "../../platform/files/whole-file.ts";
import { explainedTrouble } from "./trouble.ts";

const DRAFT = ".restoring";
/** What SQLite keeps beside a file; it goes where the file goes. */
const BESIDE = ["-wal", "-shm", "-journal"];

interface Draft {
  readonly draft: string;
  readonly path: string;
}

/**
 * Puts files in place of others, all or none: each is written beside its place first, and only then are all renamed.
 * What was there is kept under another name.
 */
export class Exchange {
  readonly #kept: string;
  #drafts: Draft[] = [];
  readonly #folders: string[] = [];

  /** @param kept what is added to the name of a file that was there before */
  constructor(kept: string) {
    this.#kept = kept;
  }

  /** Makes the folder of a file where there is none. */
  makeFolderOf(path: string, mode: number): void {
    const missing: string[] = [];
    for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
    for (const folder of missing) {
      mkdirSync(folder, { mode });
      ownedByKiosk(folder, [folder]);
      this.#folders.push(folder);
    }
  }

  /**
   * Has the draft of a file written, and waits until the disk has it; one that is written again takes its turn again.
   * Returns its path.
   * @throws CliError when the disk does not take it
   */
  async write(place: string, mode: number, write: (draft: string) => Promise<void> | void): Promise<string> {
    const path = existsSync(place) ? realpathSync(place) : place;
    const draft = path + DRAFT;
    try {
      this.makeFolderOf(path, 0o700);
      rmSync(draft, { force: true });
      this.#drafts = [...this.#drafts.filter((each) => each.draft !== draft), { draft, path }];
      closeSync(openSync(draft, "wx", 0o600));
      await write(draft);
      chmodSync(draft, mode);
      ownedByKiosk(draft, [draft]);
      sync(draft);
    } catch (error) {
      throw explainedTrouble(path, error);
    }
    return draft;
  }

  /**
   * Renames everything, in the order in which it was written; what is to be taken away goes first. A failure in between
   * takes back what was done. Returns the files that were there, by their new names.
   */
  finish(away: readonly string[]): readonly string[] {
    const done: { from: string; to: string }[] = [];
    const rename = (from: string, to: string): void => {
      renameSync(from, to);
      done.push({ from, to });
    };
    const keep = (path: string): void => {
      if (!existsSync(path)) return;
      const kept = path + this.#kept;
      if (existsSync(kept)) throw new Error(`${kept} is there already`);
      rename(path, kept);
      for (const end of BESIDE) if (existsSync(path + end)) rename(path + end, kept + end);
    };
    try {
      for (const path of away) keep(path);
      for (const { draft, path } of this.#drafts) {
        keep(path);
        rename(draft, path);
      }
      for (const folder of new Set(done.map(({ to }) => dirname(to)))) sync(folder);
    } catch (error) {
      for (const { from, to } of done.reverse()) renameSync(to, from);
      throw error;
    }
    this.#folders.length = 0;
    return done.map(({ to }) => to).filter((to) => to.endsWith(this.#kept));
  }

  /** Leaves nothing behind of what was not finished. */
  discard(): void {
    for (const { draft } of this.#drafts) {
      for (const end of ["", ...BESIDE]) rmSync(draft + end, { force: true });
    }
    for (const folder of this.#folders.splice(0).reverse()) {
      try {
        rmdirSync(folder);
      } catch {
        // Something else is in it by now.
      }
    }
  }
}
