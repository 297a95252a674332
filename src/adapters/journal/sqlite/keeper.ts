import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Chain } from "./chain.ts";
import { explained, JournalError } from "./errors.ts";
import { Marks } from "./marks.ts";
import type { OpenJournal } from "./open.ts";
import { reachedBy } from "./trust.ts";

/**
 * Writes to an open journal and then to the mark outside of it, and knows whether that can still be relied on: the
 * files that are written to are the ones at their path, the mark is written, and nothing that was looked at is damaged.
 */
export class Keeper {
  readonly #opened: OpenJournal;
  readonly #chain: Chain;
  readonly #marks: Marks;
  readonly #inodes: ReadonlyMap<string, number | undefined>;
  readonly #transaction: Database.Transaction<(work: () => unknown) => unknown>;
  #unchecked: Generator<void> | null;
  #damage: unknown = null;
  #markProblem: string | null = null;

  constructor(opened: OpenJournal, chain: Chain) {
    this.#opened = opened;
    this.#chain = chain;
    this.#marks = new Marks(opened.db, chain.id);
    this.#unchecked = opened.unchecked;
    const { path, db } = opened;
    this.#inodes = new Map([path, `${path}-wal`, `${path}-shm`].map((file) => [file, inodeOf(file)]));
    this.#transaction = db.transaction((work: () => unknown) => work());
  }

  /**
   * @param what a sale begins, or what has begun goes on: that is written down as long as it can be
   * @throws JournalError when it may not
   */
  refuse(what: "begin" | "go-on"): void {
    const { path, mark } = this.#opened;
    for (const [file, inode] of this.#inodes) {
      if (inodeOf(file) !== inode) {
        throw new JournalError(
          `The journal's file ${file} is gone or was replaced while it was written to. Put it back and start kioskd again.`,
        );
      }
    }
    if (what === "go-on") return;
    if (!mark.isInPlace()) throw new JournalError(`The journal's mark ${mark.path} is gone or was replaced.`);
    if (this.#markProblem !== null) {
      throw new JournalError(`The journal's mark ${mark.path} cannot be written: ${this.#markProblem}.`);
    }
    if (this.#damage !== null) throw explained(path, this.#damage);
  }

  /**
   * What it writes is durable when this returns. A mark that cannot be written then is heard of when the next sale
   * begins.
   * @throws JournalError when nothing more may be written
   */
  write<T>(work: () => T): T {
    this.refuse("go-on");
    const result = this.#transaction.immediate(work) as T;
    this.#writeMark();
    return result;
  }

  /** Writes something of no meaning, as `write`. */
  check(): void {
    this.write(() => this.#marks.put("checked", (this.#marks.get("checked") ?? 0) + 1));
    this.refuse("begin");
  }

  checkOn(): boolean {
    if (this.#unchecked === null) return false;
    try {
      if (this.#unchecked.next().done !== true) return true;
    } catch (error) {
      this.#damage = error;
    }
    this.#unchecked = null;
    return false;
  }

  close(): void {
    const { path, db, mark, unlock } = this.#opened;
    if (!db.open) return;
    const reached = reachedBy(this.#chain, null);
    db.close();
    const { size: bytes, mtimeMs: atMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    if (this.#damage === null && this.#unchecked === null) mark.write({ ...reached, closed: { bytes, atMs } });
    mark.sync();
    mark.close();
    unlock();
  }

  #writeMark(): void {
    try {
      this.#opened.mark.write(reachedBy(this.#chain, null));
      this.#markProblem = null;
    } catch (error) {
      this.#markProblem = String(error);
    }
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
