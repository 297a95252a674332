import type Database from "better-sqlite3";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import { Broken } from "../errors.ts";
import type { Marks } from "./marks.ts";

const LAST_SALE = "last-sale ";
const LAST_RECORD = "last-record ";

/**
 * Which positions a journal knows, and where the last sale of each stands. `event` has no index, so the place stands
 * among the marks, written with the event that begins a sale and with the one that closes it.
 */
export class Positions {
  readonly #db: Database.Database;
  readonly #marks: Marks;

  constructor(db: Database.Database, marks: Marks) {
    this.#db = db;
    this.#marks = marks;
  }

  /** To be told of each event of a position with its number, in order. */
  learn(position: string, { type }: SaleEvent, seq: number): void {
    if (type === "selected") this.#marks.put(LAST_SALE + position, seq);
  }

  /** To be told where a sale of which there is a record begins, and of the event that the record comes with. */
  recorded(position: string, first: number, seq: number): void {
    if (this.#marks.get(LAST_SALE + position) === first) this.#marks.put(LAST_RECORD + position, seq);
  }

  /**
   * The numbers of the first event of a position's last sale, and of the last one; that is null while it goes on.
   * Null when it never sold anything.
   */
  lastSale(position: string): { readonly first: number; readonly last: number | null } | null {
    const first = this.#marks.get(LAST_SALE + position);
    if (first === null) return null;
    const last = this.#marks.get(LAST_RECORD + position);
    return { first, last: last !== null && last >= first ? last : null };
  }

  /** The last sales of all positions, as `lastSale`. */
  lastSales(): { readonly first: number; readonly last: number | null }[] {
    const sales = this.#marks.names(LAST_SALE).map((position) => this.lastSale(position));
    return sales.filter((sale) => sale !== null);
  }

  /**
   * Puts right where each position's last sale begins, by the events that are there.
   * @param firsts where it begins
   * @param fromSeq the first event that is there: of what was before, the marks alone tell
   * @param isAsWritten whether the mark of that name is
   * @returns the names of the marks that were wrong
   */
  learnAnew(firsts: ReadonlyMap<string, number>, fromSeq: number, isAsWritten: (name: string) => boolean): string[] {
    const wrong: string[] = [];
    for (const position of new Set([...this.#marks.names(LAST_SALE), ...firsts.keys()])) {
      const name = LAST_SALE + position;
      const known = this.#marks.get(name);
      const isBefore = known !== null && known < fromSeq && isAsWritten(name);
      const first = firsts.get(position) ?? (isBefore ? known : null);
      if (first === known && isAsWritten(name)) continue;
      wrong.push(name);
      this.#marks.remove(LAST_RECORD + position);
      if (first === null) this.#marks.remove(name);
      else this.#marks.put(name, first);
    }
    return wrong;
  }

  /** All that a sale, an order or a reconciliation was ever written of. */
  all(): readonly string[] {
    const keys = [...this.#marks.names(LAST_SALE), ...this.#keys("orders"), ...this.#keys("reconciliations")];
    return [...new Set(keys)].filter((key) => key !== "*");
  }

  /** @throws Broken when a position is said to have sold last before this event */
  checkKnown(position: string, { type }: SaleEvent, seq: number): void {
    if (type === "selected" && (this.lastSale(position)?.first ?? 0) < seq) {
      throw new Broken(`it is not written down any more where the last sale of position "${position}" begins`);
    }
  }

  /** Each key is found by a step of its own in the index, however often it stands there. */
  #keys(stream: string): readonly string[] {
    const rows = this.#db
      .prepare<{ stream: string }, { key: string }>(
        `WITH RECURSIVE found (key) AS (
           SELECT min(key) FROM note WHERE stream = @stream
           UNION ALL
           SELECT (SELECT min(key) FROM note WHERE stream = @stream AND key > found.key) FROM found WHERE key IS NOT NULL
         )
         SELECT key FROM found WHERE key IS NOT NULL`,
      )
      .all({ stream });
    return rows.map(({ key }) => key);
  }
}
