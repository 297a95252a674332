import type Database from "better-sqlite3";
import type { SaleEvent } from "../../../core/sale/event.ts";
import type { OwnedName } from "../../../ports/journal.ts";
import { proof } from "./chain.ts";
import { Broken } from "./errors.ts";

interface Owner extends OwnedName {
  readonly sale: string;
  readonly proof: Buffer;
}

/** Which sale each name of the payment service belongs to: for ever the first whose events brought it. */
export class Owners {
  readonly #id: string;
  readonly #get: Database.Statement<[string, string], Owner>;
  readonly #put: Database.Statement<[string, string, string, Buffer]>;
  readonly #from: Database.Statement<[string, string, number], Owner>;

  constructor(db: Database.Database, id: string) {
    this.#id = id;
    this.#get = db.prepare("SELECT kind, name, sale, proof FROM owner WHERE kind = ? AND name = ?");
    this.#put = db.prepare("INSERT OR IGNORE INTO owner VALUES (?, ?, ?, ?)");
    this.#from = db.prepare("SELECT * FROM owner WHERE (kind, name) > (?, ?) ORDER BY kind, name LIMIT ?");
  }

  of({ kind, name }: OwnedName): string | null {
    return this.#get.get(kind, name)?.sale ?? null;
  }

  /** Writes down what an event brings, unless another sale has it. */
  learn(event: SaleEvent): void {
    const owned = ownedBy(event);
    if (owned === null) return;
    const { kind, name } = owned;
    this.#put.run(kind, name, event.saleId, this.#proof(kind, name, event.saleId));
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

  #proof(kind: string, name: string, sale: string): Buffer {
    return proof(this.#id, ["owner", kind, name, sale]);
  }
}

/** What an event brings that no other sale may have. */
function ownedBy(event: SaleEvent): OwnedName | null {
  if (event.type === "offer-made") return { kind: "offer", name: event.reference };
  return event.type === "captured" ? { kind: "payment", name: event.receipt.paymentReference } : null;
}
