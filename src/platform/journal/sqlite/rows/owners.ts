import type Database from "better-sqlite3";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import type { OwnedName } from "../../../../ports/journal.ts";
import { proof } from "../chain/chain.ts";
import { Broken } from "../errors.ts";
import { ownedBy, writtenAs } from "./owned-names.ts";

export interface OwnedSale extends OwnedName {
  readonly sale: string;
}

interface Owner extends OwnedSale {
  readonly proof: Buffer;
}

/** Which sale each name of the payment service belongs to: for ever the first whose events brought it. */
export class Owners {
  readonly #id: string;
  readonly #get: Database.Statement<[string, string], Owner>;
  readonly #put: Database.Statement<[string, string, string, Buffer]>;
  readonly #remove: Database.Statement<[string, string]>;
  readonly #from: Database.Statement<[string, string, number], Owner>;

  constructor(db: Database.Database, id: string) {
    this.#id = id;
    this.#get = db.prepare("SELECT kind, name, sale, proof FROM owner WHERE kind = ? AND name = ?");
    this.#put = db.prepare("INSERT OR IGNORE INTO owner VALUES (?, ?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM owner WHERE kind = ? AND name = ?");
    this.#from = db.prepare("SELECT * FROM owner WHERE (kind, name) > (?, ?) ORDER BY kind, name LIMIT ?");
  }

  of({ kind, name, service }: OwnedName): string | null {
    const row = service === undefined ? undefined : this.#get.get(kind, writtenAs({ kind, name, service }));
    return (row ?? this.#get.get(kind, name))?.sale ?? null;
  }

  /** Writes down what an event brings, unless another sale has it. Whether it was not known before. */
  learn(event: SaleEvent): boolean {
    const owned = ownedBy(event);
    return owned !== null && this.put({ kind: owned.kind, name: writtenAs(owned), sale: event.saleId });
  }

  /** @throws Broken when it is not written down whose it is */
  checkKnown(event: SaleEvent): void {
    const owned = ownedBy(event);
    if (owned !== null && this.of(owned) === null) {
      throw new Broken(`it is not written down any more which sale the ${owned.kind} ${owned.name} belongs to`);
    }
  }

  /**
   * Looks at a number of them behind a name; the name to go on from, null at the end.
   * @throws Broken when one is not as it was written
   */
  check(after: OwnedName, count: number): OwnedName | null {
    const owners = this.#from.all(after.kind, after.name, count);
    for (const { kind, name, sale, proof: found } of owners) {
      if (!this.#proof(kind, name, sale).equals(found)) {
        throw new Broken(`which sale the ${kind} ${name} belongs to was changed`);
      }
    }
    return owners.length < count ? null : (owners.at(-1) ?? null);
  }

  /** Takes out the next of those that are not as they were written, behind a name, and gives it; null at the end. */
  takeChanged(
    after: OwnedName,
    count: number,
  ): { readonly through: OwnedName | null; readonly taken: readonly OwnedSale[] } {
    const owners = this.#from.all(after.kind, after.name, count);
    const taken = owners.filter(({ kind, name, sale, proof: found }) => !this.#proof(kind, name, sale).equals(found));
    for (const { kind, name } of taken) this.#remove.run(kind, name);
    return { through: owners.length < count ? null : (owners.at(-1) ?? null), taken };
  }

  /** Writes down whose a name is, unless another sale has it. Whether it was not known before. */
  put({ kind, name, sale }: OwnedSale): boolean {
    return this.#put.run(kind, name, sale, this.#proof(kind, name, sale)).changes > 0;
  }

  #proof(kind: string, name: string, sale: string): Buffer {
    return proof(this.#id, ["owner", kind, name, sale]);
  }
}
