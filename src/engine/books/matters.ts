import type { Fault } from "../../core/faults.ts";
import type { MatterCode, MatterEvent } from "../../core/matters.ts";
import { isMatterOpen, type Looked, type Matter, mattersMeant, mattersText } from "../../core/matters.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import { heirOf, type Places } from "../belongings.ts";
import { POLICY } from "../policy.ts";
import type { FaultBoard } from "../watch/fault-board.ts";
import { type Source, type SourceJournal, sourcesOf } from "./matter-sources.ts";

export interface MattersDeps {
  readonly journal: SourceJournal & Pick<Journal, "note">;
  readonly faults: Pick<FaultBoard, "put" | "clear">;
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
  readonly places: Places;
  /** Somebody has acknowledged the last that a device left for a person at this position. */
  looked?(position: string): void;
}

/** What a device may leave. */
const OF_DEVICES: readonly MatterCode[] = ["needs-attention", "unaccounted"];

/** Who says that they have looked at something, and what they found. */
export interface Acknowledgement {
  readonly by: string;
  readonly note: string;
}

type Acknowledged = { readonly matters: readonly Matter[] } | { readonly problem: string };

/**
 * What waits for a person. It follows from the journal: closed sales, refunds, what flowed for nobody. Each matter is
 * noted once in a stream of its own, so that a start reads that and not all sales; up to where they were looked at
 * stands in a mark, which moves only after the note. So a crash at any point loses none and makes none twice, and a
 * command beside the daemon may do the same work.
 */
export class Matters {
  readonly #deps: MattersDeps;
  readonly #sources: readonly Source[];
  readonly #open = new Map<string, { readonly matter: Matter; readonly seq: number }>();
  /** Seen by the daemon itself, and not in the journal yet. */
  readonly #unwritten = new Map<string, Matter>();
  readonly #shown = new Map<string, Pick<Fault, "code" | "position">>();
  #through: number | null = null;
  #marked = 0;
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: MattersDeps) {
    this.#deps = deps;
    this.#sources = sourcesOf(deps.journal);
  }

  /**
   * Oldest first, each at the position that has now what its position had then. A refund is among them when its answer
   * is overdue.
   */
  get open(): readonly Matter[] {
    const { clock, places } = this.#deps;
    const all = [...[...this.#open.values()].map(({ matter }) => matter), ...this.#unwritten.values()];
    const isDue = ({ code, atMs }: Matter): boolean =>
      code !== "refund-unclear" || clock.wallMs() - atMs >= POLICY.refundAnswerMs;
    const heir = (position: string | null): string | null => position && heirOf(position, places.positions);
    return all.filter(isDue).map((matter) => ({ ...matter, position: heir(matter.position) }));
  }

  /** Shows what was open before a restart. What has come since is looked for afterwards: there may be much of it. */
  async start(): Promise<void> {
    await this.#readNotes();
    this.#show();
    void this.look();
  }

  /** Takes up what is new in the journal, whoever noted it. Never rejects: what fails is done again later. */
  look(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#lookUntilDone().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Something that no record will tell. */
  found(matter: Matter): void {
    if (this.#unwritten.size >= POLICY.mattersMax) return;
    this.#unwritten.set(matter.matterId, matter);
    this.#show();
    void this.look();
  }

  async acknowledge(looked: Looked, { by, note }: Acknowledgement): Promise<Acknowledged> {
    await this.look();
    const meant = mattersMeant(this.open, looked);
    if ("problem" in meant) return meant;
    const atMs = this.#deps.clock.wallMs();
    for (const { matterId } of meant.matters) {
      await this.#note(matterId, (events) =>
        isMatterOpen(events) ? { type: "acknowledged", matterId, atMs, by, note } : null,
      );
    }
    await this.look();
    return meant;
  }

  /** Ends what goes on here; what was not finished is taken up at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#running;
  }

  async #lookUntilDone(): Promise<void> {
    const { clock, log } = this.#deps;
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#round();
      } catch (error) {
        log.warn({ error: String(error) }, "what waits for a person could not be looked up");
        this.#cancel();
        this.#cancel = clock.after(POLICY.mattersRetryMs, () => void this.look());
        return;
      }
    }
  }

  async #round(): Promise<void> {
    for (const matter of [...this.#unwritten.values()]) {
      await this.#arise(matter);
      await this.#readNotes();
      this.#unwritten.delete(matter.matterId);
    }
    for (const source of this.#sources) await this.#lookIn(source);
    await this.#readNotes();
    this.#show();
  }

  async #lookIn(source: Source): Promise<void> {
    while (!this.#closed && !this.#isFull(source)) {
      const found = await source.next();
      if (found === null) return;
      for (const matter of found.arose) await this.#arise(matter);
      for (const matterId of found.over) {
        const atMs = this.#deps.clock.wallMs();
        await this.#note(matterId, (events) => (isMatterOpen(events) ? { type: "over", matterId, atMs } : null));
      }
      await source.noted();
      if (found.arose.length > 0) await this.#readNotes();
    }
  }

  #isFull({ limits }: Source): boolean {
    if (limits === null) return false;
    const open = [...this.#open.values()].filter(({ matter }) => limits.includes(matter.code));
    return open.length >= POLICY.mattersMax;
  }

  async #arise(matter: Matter): Promise<void> {
    await this.#note(matter.matterId, (events) => (events.length === 0 ? { type: "arose", ...matter } : null));
  }

  async #note(matterId: string, decide: (events: readonly MatterEvent[]) => MatterEvent | null): Promise<void> {
    await this.#deps.journal.note("matters", matterId, decide);
  }

  async #readNotes(): Promise<void> {
    const { journal } = this.#deps;
    for (;;) {
      const limit = POLICY.mattersBatch;
      const entries =
        this.#through === null
          ? await journal.pending("matters", limit)
          : await journal.notesAfter("matters", this.#through, limit);
      for (const { seq, body } of entries) {
        if (this.#through === null) this.#marked = seq - 1;
        this.#through = seq;
        if (body.type === "arose") this.#open.set(body.matterId, { matter: body, seq });
        else this.#end(body);
      }
      if (entries.length === 0) break;
    }
    const oldest = this.#open.values().next().value;
    const overThrough = oldest === undefined ? (this.#through ?? 0) : oldest.seq - 1;
    if (overThrough - this.#marked < POLICY.mattersMarkEvery) return;
    await journal.acknowledge("matters", overThrough);
    this.#marked = overThrough;
  }

  #end({ matterId, type }: MatterEvent): void {
    const ended = this.#open.get(matterId)?.matter;
    this.#open.delete(matterId);
    if (type !== "acknowledged" || ended === undefined || !OF_DEVICES.includes(ended.code)) return;
    const { positions } = this.#deps.places;
    const heir = ended.position === null ? null : heirOf(ended.position, positions);
    const isLeft = this.open.some(({ code, position }) => position === heir && OF_DEVICES.includes(code));
    if (heir !== null && !isLeft) this.#deps.looked?.(heir);
  }

  /** One fault stands for all matters of a kind at a place; what a retired position left stands at the kiosk. */
  #show(): void {
    const { faults, places } = this.#deps;
    const placeOf = ({ position }: Matter): string | null =>
      position === null || places.retired.includes(position) ? null : position;
    const groups = new Map<string, Matter[]>();
    for (const matter of this.open) {
      const key = `${matter.code} ${placeOf(matter) ?? "*"}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [matter]);
      else group.push(matter);
    }
    for (const [key, { code, position }] of [...this.#shown]) {
      if (groups.has(key)) continue;
      this.#shown.delete(key);
      faults.clear(code, position);
    }
    for (const [key, group] of groups) {
      const [first] = group;
      if (first === undefined) continue;
      const { code, atMs } = first;
      const position = placeOf(first);
      this.#shown.set(key, { code, position });
      faults.put({ code, position, sinceMs: atMs, detail: mattersText(group.map(({ detail }) => detail)) });
    }
  }
}
