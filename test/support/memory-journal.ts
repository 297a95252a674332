import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import type { Chained } from "../../src/platform/journal/sqlite/chain/trust.ts";
import { ownedBy, writtenAs } from "../../src/platform/journal/sqlite/rows/owned-names.ts";
import type { Entry, Journal, NoteKey, Notes, OwnedName, Readers } from "../../src/ports/journal.ts";
import { type ChainedText, chainOf } from "./sim-chain.ts";
import type { Chaos } from "./sim-chaos.ts";
import type { Life, VirtualTime } from "./virtual-clock.ts";

interface Row {
  readonly saleId: string;
  readonly body: string;
}

/** Something that has become durable at once. */
type Write =
  | { readonly position: string; readonly event: SaleEvent; readonly record: SaleRecord | null }
  | { readonly stream: string; readonly key: NoteKey; readonly note: unknown };

/** The disk: what is durable, and outlives every life of the daemon. */
export class Disk {
  /** All that was ever written, in order. */
  readonly writes: Write[] = [];
  readonly rows: Row[] = [];
  /** The rows of each position's sales, in the order in which the sales began. */
  readonly #sales = new Map<string, Map<string, Row[]>>();
  readonly sales: string[] = [];
  delivered = 0;
  readonly #notes = new Map<string, { readonly key: string; readonly body: string }[]>();
  /** How far each reader is, but for `sales`. */
  readonly marks = new Map<string, number>();
  /** The number of the life that opened it last: no earlier one writes any more. */
  newestLife = 0;

  /** Whose each of the payment service's names is. */
  readonly #owners = new Map<string, string>();

  ownerOf(owned: OwnedName): string | null {
    const { kind, name } = owned;
    return this.#owners.get(`${kind} ${writtenAs(owned)}`) ?? this.#owners.get(`${kind} ${name}`) ?? null;
  }

  #own(owned: OwnedName, saleId: string): void {
    const key = `${owned.kind} ${writtenAs(owned)}`;
    if (!this.#owners.has(key)) this.#owners.set(key, saleId);
  }

  /** The disk as it was after so many writes. What readers have read by now is on record elsewhere. */
  asOf(writes: number): Disk {
    const older = new Disk();
    for (const write of this.writes.slice(0, writes)) {
      if ("stream" in write) older.note(write.stream, write.key, write.note);
      else older.write(write.position, write.event, write.record);
    }
    older.delivered = Math.min(this.delivered, older.sales.length);
    for (const [reader, through] of this.marks) older.marks.set(reader, through);
    return older;
  }

  /** The chain of the journal of this name. */
  chain(id: string): Chained {
    const rows = this.writes.flatMap((write): ChainedText[] => {
      if ("stream" in write) return [{ stream: write.stream, body: JSON.stringify(write.note) }];
      const { event, record } = write;
      const added = { stream: "event", body: JSON.stringify(event) };
      return record === null ? [added] : [added, { stream: "sale", body: JSON.stringify(record) }];
    });
    return chainOf(id, rows);
  }

  /** Gives the event as it will be read. */
  write(position: string, event: SaleEvent, record: SaleRecord | null): SaleEvent {
    this.writes.push({ position, event, record });
    const body = JSON.stringify(event);
    const row = { saleId: event.saleId, body };
    this.rows.push(row);
    const sales = this.#sales.get(position) ?? new Map<string, Row[]>();
    this.#sales.set(position, sales);
    const rows = sales.get(event.saleId);
    if (rows === undefined) sales.set(event.saleId, [row]);
    else rows.push(row);
    const owned = ownedBy(event);
    if (owned !== null) this.#own(owned, event.saleId);
    if (record !== null) this.sales.push(JSON.stringify(record));
    return JSON.parse(body) as SaleEvent;
  }

  salesAfter(seq: number, limit: number): Entry<SaleRecord>[] {
    const bodies = this.sales.slice(seq, seq + limit);
    return bodies.map((body, at) => ({ seq: seq + at + 1, body: JSON.parse(body) as SaleRecord }));
  }

  /** All that anything was ever written of. */
  get positions(): readonly string[] {
    const noted = ["orders", "reconciliations"].flatMap((stream) => this.#notesOf(stream).map(({ key }) => key));
    return [...new Set([...this.#sales.keys(), ...noted])].filter((key) => key !== "*");
  }

  newestAtMs(): number | null {
    const last = this.rows.at(-1);
    return last === undefined ? null : (JSON.parse(last.body) as SaleEvent).atMs;
  }

  note(stream: string, key: NoteKey, body: unknown): void {
    this.writes.push({ stream, key, note: body });
    this.#notesOf(stream).push({ key: typeof key === "string" ? key : key[0], body: JSON.stringify(body) });
  }

  notes(stream: string, key: string | readonly string[]): unknown[] {
    const keys = [key].flat();
    const all = this.#notesOf(stream).filter((each) => keys.includes(each.key));
    return all.map(({ body }) => JSON.parse(body));
  }

  notesAfter(stream: string, seq: number, limit: number): Entry<unknown>[] {
    const all = this.#notesOf(stream).slice(seq, seq + limit);
    return all.map(({ body }, at) => ({ seq: seq + at + 1, body: JSON.parse(body) }));
  }

  #notesOf(stream: string): { readonly key: string; readonly body: string }[] {
    const known = this.#notes.get(stream);
    if (known !== undefined) return known;
    const made: { key: string; body: string }[] = [];
    this.#notes.set(stream, made);
    return made;
  }

  lastSale(position: string): SaleEvent[] {
    const last = [...(this.#sales.get(position)?.values() ?? [])].at(-1) ?? [];
    return last.map(({ body }) => JSON.parse(body) as SaleEvent);
  }

  handedOver(position: string, sinceMs: number, limit: number): SaleEvent[][] {
    const records = this.sales.map((body) => JSON.parse(body) as SaleRecord);
    const ids = records
      .filter((record) => record.position === position && record.outcome === "needs-attention")
      .filter(({ closedAt }) => Date.parse(closedAt) >= sinceMs)
      .map(({ saleId }) => saleId);
    const sales = this.#sales.get(position);
    return [...new Set(ids)]
      .slice(-limit)
      .map((id) => (sales?.get(id) ?? []).map(({ body }) => JSON.parse(body) as SaleEvent));
  }
}

export interface DiskWorld {
  readonly time: VirtualTime;
  readonly chaos: Chaos;
  /** The daemon dies at this instant. */
  crash(why: string): void;
  /** Something has become durable. */
  written(position: string, event: SaleEvent, record: SaleRecord | null): void;
}

/** The journal on that disk, as one life of the daemon has it open. */
export function openMemoryJournal(disk: Disk, life: Life, world: DiskWorld): Journal {
  const { time, chaos } = world;
  disk.newestLife = life.number;
  const takesNothing = (): boolean =>
    chaos.lasts("disk-full", "disk", 500, 45_000) || chaos.lasts("disk-read-only", "disk", 5_000, 600_000);

  function durable(position: string, event: SaleEvent, record: SaleRecord | null): void {
    world.written(position, disk.write(position, event, record), record);
  }

  function append(position: string, event: SaleEvent, record: SaleRecord | null): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!life.alive) return;
      if (takesNothing() || chaos.strikes("append-refused")) return reject(new Error("SimulatedDisk: no space left"));
      if (chaos.strikes("crash-before-append")) return world.crash(`before ${event.type} is written`);
      const delayMs = chaos.strikes("append-slow") ? chaos.random.int(50, 3_000) : chaos.random.int(0, 5);
      const torn = chaos.strikes("torn-write");
      if (torn) time.after(Math.floor(delayMs / 2), () => world.crash(`while ${event.type} is being written`));
      // An append that a crash interrupts may still have reached the disk; half of one is as good as none.
      const survives = chaos.random.chance(0.5) && !torn;
      time.after(delayMs, () => {
        if (!life.alive && !survives) return;
        if (disk.newestLife > life.number) return;
        durable(position, event, record);
        if (!life.alive) return;
        if (chaos.strikes("crash-after-append")) world.crash(`after ${event.type} is written`);
        else resolve();
      });
    });
  }

  function note<S extends keyof Notes>(
    stream: S,
    key: NoteKey,
    decide: (notes: readonly Notes[S][]) => Notes[S] | null,
  ): Promise<Notes[S] | null> {
    return new Promise((resolve, reject) => {
      if (!life.alive) return;
      if (takesNothing()) return reject(new Error("SimulatedDisk: no space left"));
      const crashes = chaos.strikes("crash-at-note");
      time.after(chaos.random.int(0, 5), () => {
        if (!life.alive || disk.newestLife > life.number) return;
        if (crashes && chaos.random.chance(0.5)) return world.crash(`before one of the ${stream} is noted`);
        const body = decide(disk.notes(stream, key) as Notes[S][]);
        if (body !== null) disk.note(stream, key, body);
        if (crashes) world.crash(`after one of the ${stream} was noted`);
        else resolve(body);
      });
    });
  }

  function pending(reader: keyof Readers, limit: number): readonly Entry<unknown>[] {
    if (reader === "sales") return disk.salesAfter(disk.delivered, limit);
    const mark = disk.marks.get(reader) ?? 0;
    const stream = reader === "remainders" ? "sales" : reader.replace("matters-of-", "");
    return stream === "sales" ? disk.salesAfter(mark, limit) : disk.notesAfter(stream, mark, limit);
  }

  /** Reading takes no time, but a run that is over learns nothing any more. */
  function read<T>(value: () => T): Promise<T> {
    return life.alive ? Promise.resolve(value()) : new Promise(() => {});
  }

  return {
    append,
    lastSale: (position) => read(() => disk.lastSale(position)),
    positions: () => read(() => disk.positions),
    ownerOf: (owned) => read(() => disk.ownerOf(owned)),
    handedOver: (position, sinceMs, limit) => read(() => disk.handedOver(position, sinceMs, limit)),
    newestAtMs: () => read(() => disk.newestAtMs()),
    notes: (stream, key) => read(() => disk.notes(stream, key) as never),
    notesAfter: (stream, seq, limit) => read(() => disk.notesAfter(stream, seq, limit) as never),
    note,
    salesAfter: (seq, limit) => read(() => disk.salesAfter(seq, limit)),
    pending: (reader, limit) => read(() => pending(reader, limit) as never),
    reread: async (_reader, fromSeq) => {
      disk.delivered = Math.min(disk.delivered, fromSeq - 1);
    },
    hasBegun: (reader) => read(() => disk.marks.has(reader)),
    beginNow: async (reader) => {
      if (takesNothing()) throw new Error("SimulatedDisk: no space left");
      await read(() => {
        if (!disk.marks.has(reader)) disk.marks.set(reader, disk.sales.length);
      });
    },
    acknowledge: async (reader, seq) => {
      if (takesNothing()) throw new Error("SimulatedDisk: no space left");
      await read(() => {
        if (reader === "sales") disk.delivered = Math.max(disk.delivered, seq);
        else disk.marks.set(reader, Math.max(disk.marks.get(reader) ?? 0, seq));
      });
    },
    pendingCount: () => read(() => disk.sales.length - disk.delivered),
    look: () => read(() => undefined),
    check: async () => {
      if (takesNothing()) throw new Error("SimulatedDisk: no space left");
      await read(() => undefined);
    },
    tidy: () => read(() => undefined),
    close: () => read(() => undefined),
  };
}
