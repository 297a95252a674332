import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Chain } from "./chain/chain.ts";
import type { Reached } from "./chain/outside-mark.ts";
import { distrust, distrustText, reachedBy } from "./chain/trust.ts";
import { checkRows } from "./check/check.ts";
import { Broken, explained, JournalError } from "./errors.ts";
import type { OpenJournal } from "./open.ts";
import { Marks } from "./rows/marks.ts";

/** Among the journal's marks: when all of its rows had been looked at. */
const LOOKED = "looked";
const LOOK_EVERY_MS = 7 * 86_400_000;

/**
 * Writes to an open journal and then to the mark outside of it, and knows whether that can still be relied on: the
 * files that are written to are the ones at their path, the mark is written, and nothing that was looked at is damaged.
 */
export class Keeper {
  readonly #opened: OpenJournal;
  readonly #chain: Chain;
  readonly #marks: Marks;
  readonly #inodes: ReadonlyMap<string, number | undefined>;
  /** How far the journal had come when it was written to last. */
  #reached: Reached;
  /** The log only grows while it is written to. */
  #logBytes: number;
  readonly #transaction: Database.Transaction<(work: () => unknown) => unknown>;
  #unchecked: Generator<void> | null;
  #isBegun = false;
  #damage: unknown = null;
  #markProblem: string | null = null;

  constructor(opened: OpenJournal, chain: Chain) {
    this.#opened = opened;
    this.#chain = chain;
    this.#marks = new Marks(opened.db, chain.id);
    this.#unchecked = opened.unchecked;
    const { path, lock, db } = opened;
    const files = [path, `${path}-wal`, `${path}-shm`, ...(lock === null ? [] : [lock])];
    this.#inodes = new Map(files.map((file) => [file, inodeOf(file)]));
    this.#reached = reachedBy(chain, null);
    this.#logBytes = bytesOf(`${path}-wal`);
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
    if (bytesOf(`${path}-wal`) < this.#logBytes) {
      throw new JournalError(`The journal's log ${path}-wal was cut while it was written to. Start kioskd again.`);
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
    const result = this.#transaction.immediate(() => {
      this.#refuseTurnedBack();
      return work();
    }) as T;
    this.#reached = reachedBy(this.#chain, null);
    this.#logBytes = bytesOf(`${this.#opened.path}-wal`);
    this.#writeMark();
    return result;
  }

  /** Empties the log into the journal. */
  foldLog(): void {
    this.refuse("go-on");
    this.#opened.db.pragma("wal_checkpoint(TRUNCATE)");
    this.#logBytes = bytesOf(`${this.#opened.path}-wal`);
  }

  /** Others may add to it meanwhile; what is on record stays as it was, and a number is given once. */
  #refuseTurnedBack(): void {
    const found = distrust(this.#chain, { kind: "reached", reached: this.#reached });
    if (found === null) return;
    this.#damage = new Broken(`somebody else has changed it while it was written to: ${distrustText(found)}`);
    throw this.#damage;
  }

  /** @throws JournalError when no sale may begin, as far as that is known without writing */
  look(): void {
    this.refuse("begin");
    this.#refuseTurnedBack();
  }

  /** Writes something of no meaning, as `write`. */
  check(): void {
    this.write(() => this.#marks.put("checked", (this.#marks.get("checked") ?? 0) + 1));
    this.refuse("begin");
  }

  /**
   * Looks at a few more rows; false when there is nothing left to look at. Of a file that nobody else has written to
   * nothing is left while all of it was looked at within the last week.
   */
  checkOn(nowMs: number): boolean {
    if (!this.#opened.db.open) return false;
    if (!this.#isBegun && this.#opened.isAsClosed && !this.#isLookDue(nowMs)) this.#unchecked = null;
    if (this.#unchecked === null) return false;
    this.#isBegun = true;
    try {
      if (this.#unchecked.next().done !== true) return true;
      this.#noteLook(nowMs);
    } catch (error) {
      this.#damage = error;
    }
    this.#unchecked = null;
    return false;
  }

  /** Begins to look at all rows once more when that is due: a card that fails changes what nobody has written to. */
  lookAgain(nowMs: number): void {
    if (this.#unchecked !== null || this.#damage !== null || !this.#isLookDue(nowMs)) return;
    this.#unchecked = checkRows(this.#opened.db);
    this.#isBegun = true;
  }

  close(): void {
    const { path, db, mark, lock, unlock } = this.#opened;
    if (!db.open) return;
    const isTurnedBack = distrust(this.#chain, { kind: "reached", reached: this.#reached }) !== null;
    const reached = isTurnedBack ? this.#reached : reachedBy(this.#chain, null);
    db.close();
    const { size: bytes, mtimeMs: atMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    const isLookedAt = this.#unchecked === null || (this.#opened.isAsClosed && !this.#isBegun);
    const isWhole = this.#damage === null && isLookedAt && !isTurnedBack;
    // Whoever has no lock does not know whether others write on.
    if (lock !== null && isWhole) mark.write({ ...reached, closed: { bytes, atMs } });
    mark.sync();
    mark.close();
    unlock();
  }

  /** By a clock that went back nothing was looked at. */
  #isLookDue(nowMs: number): boolean {
    const lookedMs = this.#marks.get(LOOKED);
    return lookedMs === null || nowMs < lookedMs || nowMs - lookedMs >= LOOK_EVERY_MS;
  }

  #noteLook(nowMs: number): void {
    try {
      this.write(() => this.#marks.put(LOOKED, nowMs));
    } catch {
      // All of it is looked at again, the sooner. What keeps it from being written is heard of with the next sale.
    }
  }

  #writeMark(): void {
    try {
      this.#opened.mark.write(this.#reached);
      this.#markProblem = null;
    } catch (error) {
      this.#markProblem = String(error);
    }
  }
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
