import type Database from "better-sqlite3";
import { proof } from "../chain/chain.ts";
import { Broken } from "../errors.ts";

interface Mark {
  readonly name: string;
  readonly value: number;
  readonly proof: Buffer | null;
}

/**
 * Numbers that are kept by name and change in place: up to where each reader has read, where each position's last sale
 * begins. They stand in no chain, so each has a proof of its own.
 */
export class Marks {
  readonly #id: string;
  readonly #all: Database.Statement<[], Mark>;
  readonly #named: Database.Statement<[string, string], { name: string }>;
  readonly #get: Database.Statement<[string], Mark>;
  readonly #put: Database.Statement<[string, number, Buffer]>;
  readonly #remove: Database.Statement<[string]>;

  constructor(db: Database.Database, id: string) {
    this.#id = id;
    this.#all = db.prepare("SELECT name, value, proof FROM mark");
    this.#named = db.prepare("SELECT name FROM mark WHERE name >= ? AND name < ?");
    this.#get = db.prepare("SELECT name, value, proof FROM mark WHERE name = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM mark WHERE name = ?");
  }

  /** Null when there is none of that name. */
  get(name: string): number | null {
    return this.#get.get(name)?.value ?? null;
  }

  put(name: string, value: number): void {
    this.#put.run(name, value, proof(this.#id, ["mark", name, value]));
  }

  remove(name: string): void {
    this.#remove.run(name);
  }

  /** Those that are not as they were written. */
  changed(): Mark[] {
    return this.#all.all().filter((mark) => !this.#isAsWritten(mark));
  }

  names(prefix: string): string[] {
    // Nothing that begins with it stands behind this.
    const names = this.#named.all(prefix, `${prefix}\u{10ffff}`);
    return names.map(({ name }) => name.slice(prefix.length));
  }

  /** Gives each a proof; for marks that were written before there were any. */
  seal(): void {
    for (const { name, value } of this.#all.all()) this.put(name, value);
  }

  /** @throws Broken when one is not as it was written, or one of `expected` is not there */
  check(expected: readonly string[]): void {
    const marks = this.#all.all();
    for (const mark of marks) {
      if (!this.#isAsWritten(mark)) throw new Broken(`the mark "${mark.name}" was changed`);
    }
    const missing = expected.find((name) => !marks.some((mark) => mark.name === name));
    if (missing !== undefined) throw new Broken(`the mark "${missing}" is not there`);
  }

  #isAsWritten({ name, value, proof: found }: Mark): boolean {
    return found !== null && proof(this.#id, ["mark", name, value]).equals(found);
  }
}
