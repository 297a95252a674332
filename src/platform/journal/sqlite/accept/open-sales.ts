import type Database from "better-sqlite3";
import { beheadedMatter } from "../../../../core/matters.ts";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import { saleRecord } from "../../../../core/sale/record.ts";
import { IDLE, isOpen, type State } from "../../../../core/sale/state.ts";
import { transition } from "../../../../core/sale/transition.ts";
import { Archives } from "../archives/archives.ts";
import type { Chain } from "../chain/chain.ts";
import { noteRows } from "../rows/note-rows.ts";
import { saleRows } from "../rows/sale-rows.ts";
import type { Found } from "./found.ts";

interface Life {
  readonly position: string;
  readonly saleId: string;
  readonly first: number;
  state: State;
  lastMs: number;
}

/** A sale of which the beginning is not there. */
interface Beheaded {
  readonly position: string;
  readonly atMs: number;
}

/** Of sales without a beginning, and of those without an end that another one followed. */
const MOST = 1_000;

/** Follows the events of a journal, whatever is missing between them, to the sales that no record closes. */
export class OpenSales {
  readonly #last = new Map<string, Life>();
  readonly #bySale = new Map<string, Life>();
  /** Sales that did not end before the next one began at their position. */
  readonly #unended = new Map<string, Life>();
  readonly #beheaded = new Map<string, Beheaded>();
  readonly #recorded = new Set<string>();

  /** To be told of each event that can be read, in order. */
  event(position: string, saleId: string, event: SaleEvent, seq: number): void {
    if (event.type === "selected") {
      const before = this.#last.get(position);
      if (before !== undefined) this.#leave(before);
      const [state] = transition(IDLE, event);
      const life = { position, saleId, first: seq, state, lastMs: event.atMs };
      this.#last.set(position, life);
      this.#bySale.set(saleId, life);
      return;
    }
    const life = this.#bySale.get(saleId);
    if (life === undefined) {
      if (this.#beheaded.size < MOST) this.#beheaded.set(saleId, { position, atMs: event.atMs });
      return;
    }
    [life.state] = transition(life.state, event);
    life.lastMs = Math.max(life.lastMs, event.atMs);
  }

  /** To be told of each record that can be read, after the events. */
  record(saleId: string): void {
    this.#unended.delete(saleId);
    this.#beheaded.delete(saleId);
    if (this.#bySale.has(saleId)) this.#recorded.add(saleId);
  }

  /** Where the last sale of each position begins. */
  lastSales(): ReadonlyMap<string, number> {
    return new Map([...this.#last].map(([position, { first }]) => [position, first]));
  }

  /** Closes each for a person, with nothing sent, and says so in the journal. */
  handOver(path: string, db: Database.Database, chain: Chain, nowMs: number, found: Found): void {
    const { add } = saleRows(path, db, chain, new Archives(path, db, chain.id));
    for (const life of [...this.#unended.values(), ...this.#last.values()]) {
      const { position, saleId, first, state } = life;
      if (!isOpen(state)) continue;
      const atMs = Math.max(nowMs, life.lastMs);
      const event = { type: "handed-over", saleId: state.sale.id, atMs, reason: "journal-accepted" } as const;
      const [closed] = transition(state, event);
      if (closed.phase !== "closed") continue;
      const record = saleRecord(closed);
      add(position, event, this.#recorded.has(saleId) ? { ...record, amends: true } : record, first);
      found.handedOver.push({ position, saleId, phase: state.phase });
    }
    const { add: note } = noteRows(path, db, chain);
    for (const [saleId, { position, atMs }] of this.#beheaded) {
      const matter = beheadedMatter(position, saleId, atMs);
      note("matters", matter.matterId, (known) => (known.length === 0 ? { type: "arose", ...matter } : null));
      found.handedOver.push({ position, saleId, phase: "without its beginning" });
    }
  }

  #leave(life: Life): void {
    this.#bySale.delete(life.saleId);
    if (isOpen(life.state) && this.#unended.size < MOST) this.#unended.set(life.saleId, life);
  }
}
