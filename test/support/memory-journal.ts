import type { ClockTaken } from "../../src/core/clock.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import type { Entry, Journal, OwnedName } from "../../src/ports/journal.ts";
import type { Chaos } from "./sim-chaos.ts";
import type { Life, VirtualTime } from "./virtual-clock.ts";

interface Row {
  readonly saleId: string;
  readonly body: string;
}

/** The disk: what is durable, and outlives every life of the daemon. */
export class Disk {
  readonly rows: Row[] = [];
  /** The rows of each position's sales, in the order in which the sales began. */
  readonly #sales = new Map<string, Map<string, Row[]>>();
  readonly sales: string[] = [];
  /** Notes of what was taken as the time. */
  readonly clockNotes: string[] = [];
  delivered = 0;
  /** The number of the life that opened it last: no earlier one writes any more. */
  newestLife = 0;

  /** Whose each of the payment service's names is. */
  readonly #owners = new Map<string, string>();

  ownerOf({ kind, name }: OwnedName): string | null {
    return this.#owners.get(`${kind} ${name}`) ?? null;
  }

  #own(kind: OwnedName["kind"], name: string, saleId: string): void {
    const key = `${kind} ${name}`;
    if (!this.#owners.has(key)) this.#owners.set(key, saleId);
  }

  /** Gives the event as it will be read. */
  write(position: string, event: SaleEvent, record: SaleRecord | null): SaleEvent {
    const body = JSON.stringify(event);
    const row = { saleId: event.saleId, body };
    this.rows.push(row);
    const sales = this.#sales.get(position) ?? new Map<string, Row[]>();
    this.#sales.set(position, sales);
    const rows = sales.get(event.saleId);
    if (rows === undefined) sales.set(event.saleId, [row]);
    else rows.push(row);
    if (event.type === "offer-made") this.#own("offer", event.reference, event.saleId);
    if (event.type === "captured") this.#own("payment", event.receipt.paymentReference, event.saleId);
    if (record !== null) this.sales.push(JSON.stringify(record));
    return JSON.parse(body) as SaleEvent;
  }

  salesAfter(seq: number, limit: number): Entry<SaleRecord>[] {
    const bodies = this.sales.slice(seq, seq + limit);
    return bodies.map((body, at) => ({ seq: seq + at + 1, body: JSON.parse(body) as SaleRecord }));
  }

  newestAtMs(): number | null {
    const last = this.rows.at(-1);
    return last === undefined ? null : (JSON.parse(last.body) as SaleEvent).atMs;
  }

  clockTaken(): ClockTaken[] {
    return this.clockNotes.map((body) => JSON.parse(body) as ClockTaken);
  }

  lastSale(position: string): SaleEvent[] {
    const last = [...(this.#sales.get(position)?.values() ?? [])].at(-1) ?? [];
    return last.map(({ body }) => JSON.parse(body) as SaleEvent);
  }

  handedOver(position: string, sinceMs: number): SaleEvent[][] {
    const records = this.sales.map((body) => JSON.parse(body) as SaleRecord);
    const ids = records
      .filter((record) => record.position === position && record.outcome === "needs-attention")
      .filter(({ closedAt }) => Date.parse(closedAt) >= sinceMs)
      .map(({ saleId }) => saleId);
    const sales = this.#sales.get(position);
    return [...new Set(ids)].map((id) => (sales?.get(id) ?? []).map(({ body }) => JSON.parse(body) as SaleEvent));
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

  /** Reading takes no time, but a run that is over learns nothing any more. */
  function read<T>(value: () => T): Promise<T> {
    return life.alive ? Promise.resolve(value()) : new Promise(() => {});
  }

  return {
    append,
    lastSale: (position) => read(() => disk.lastSale(position)),
    ownerOf: (owned) => read(() => disk.ownerOf(owned)),
    handedOver: (position, sinceMs) => read(() => disk.handedOver(position, sinceMs)),
    newestAtMs: () => read(() => disk.newestAtMs()),
    // Refunds, reconciliations, orders and receipts are not part of the simulated life.
    notes: (stream) => read(() => (stream === "clock" ? (disk.clockTaken() as never[]) : [])),
    notesAfter: () => read(() => []),
    note: async (stream, _key, decide) => {
      if (stream !== "clock") return await read(() => null);
      if (takesNothing()) throw new Error("SimulatedDisk: no space left");
      return await read(() => {
        const body = decide(disk.clockTaken() as never[]);
        if (body !== null) disk.clockNotes.push(JSON.stringify(body));
        return body;
      });
    },
    salesAfter: (seq, limit) => read(() => disk.salesAfter(seq, limit)),
    pending: (reader, limit) =>
      read(() => (reader === "sales" ? (disk.salesAfter(disk.delivered, limit) as Entry<never>[]) : [])),
    reread: async (_reader, fromSeq) => {
      disk.delivered = Math.min(disk.delivered, fromSeq - 1);
    },
    acknowledge: async (_reader, seq) => {
      if (takesNothing()) throw new Error("SimulatedDisk: no space left");
      await read(() => {
        disk.delivered = Math.max(disk.delivered, seq);
      });
    },
    pendingCount: () => read(() => disk.sales.length - disk.delivered),
    check: async () => {
      if (takesNothing()) throw new Error("SimulatedDisk: no space left");
      await read(() => undefined);
    },
    tidy: () => read(() => undefined),
    close: () => read(() => undefined),
  };
}
