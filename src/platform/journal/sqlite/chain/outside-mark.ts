import { createHash } from "node:crypto";
import { closeSync, existsSync, fdatasyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { z } from "zod";
import { JournalError } from "../errors.ts";
import { MOST_SEQ } from "./chain.ts";

/**
 * How far a journal had come, in a file outside of it, so that a journal that lost its end, is an older copy, is
 * another one or is gone is noticed. It is written after each append and synced only at the end: after a power cut it
 * may say less than the journal holds, never more. Two slots, written in turn, each with a checksum, so that a write
 * that was torn leaves the other one. Each stands in a page of its own.
 *
 * What it cannot see: the loss of what the disk had of the journal and not yet of the mark, which the kernel writes
 * within half a minute; and both put back together.
 */

/** The last link of each stream, by its name: number and hash. */
export interface Reached {
  readonly journal: string;
  readonly streams: Readonly<Record<string, readonly [seq: number, hash: string]>>;
  /** The journal's file as its last clean end left it; null while it is written to. */
  readonly closed: { readonly bytes: number; readonly atMs: number } | null;
}

export type ReadMark =
  | { readonly kind: "none" }
  | { readonly kind: "unreadable" }
  | { readonly kind: "reached"; readonly reached: Reached };

const SLOT_BYTES = 4_096;
const TITLE = "kioskd journal mark 1";

const content = z.strictObject({
  turn: z.int().min(0).max(MOST_SEQ),
  journal: z.string(),
  streams: z.record(z.string(), z.tuple([z.int().min(0).max(MOST_SEQ), z.string().regex(/^[0-9a-f]{64}$/)])),
  closed: z.strictObject({ bytes: z.int().min(0), atMs: z.number().min(0) }).nullable(),
});
type Content = z.output<typeof content>;

/** @throws JournalError when the file is no mark; Error of the system when it is there and cannot be read */
export function readMark(path: string): ReadMark {
  if (!existsSync(path)) return { kind: "none" };
  refuseStranger(path);
  const slots = readSlots(path);
  const [newest, other] = slots.toSorted((a, b) => b.turn - a.turn);
  if (newest === undefined) return { kind: "unreadable" };
  const { journal, closed } = newest;
  // Two programs may write at once: each stream counts as far as either of them saw it.
  const older = other?.journal === journal ? other.streams : {};
  const streams = { ...older };
  for (const [stream, at] of Object.entries(newest.streams)) {
    if (at[0] >= (older[stream]?.[0] ?? 0)) streams[stream] = at;
  }
  return { kind: "reached", reached: { journal, streams, closed } };
}

/** The mark's file, kept open by whoever writes the journal. */
export class OutsideMark {
  readonly path: string;
  readonly #fd: number;
  readonly #inode: number;
  #turn: number;

  /** @throws JournalError when the file is no mark; Error of the system when it can be neither opened nor made */
  constructor(path: string) {
    this.path = path;
    if (existsSync(path)) refuseStranger(path);
    const turn = existsSync(path) ? Math.max(0, ...readSlots(path).map((slot) => slot.turn)) : 0;
    this.#turn = turn <= MOST_SEQ / 2 ? turn : 0;
    this.#fd = openSync(path, existsSync(path) ? "r+" : "w+", 0o600);
    this.#inode = statSync(path).ino;
  }

  /** @throws Error of the system */
  write(reached: Reached): void {
    this.#turn++;
    const slot = text({ turn: this.#turn, ...reached } as Content);
    writeSync(this.#fd, slot, 0, SLOT_BYTES, (this.#turn % 2) * SLOT_BYTES);
  }

  /** Whether the file that is written to is the one at its path. */
  isInPlace(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** Waits until the disk has it. */
  sync(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function text(slot: Content): Buffer {
  const body = JSON.stringify(slot);
  const whole = `${TITLE}\n${body}\n${checksum(body)}\n`;
  if (whole.length > SLOT_BYTES) throw new Error(`a mark of ${whole.length} bytes does not fit`);
  return Buffer.from(whole.padEnd(SLOT_BYTES - 1, " ").concat("\n"));
}

/** A mark that is damaged has its title still, in one of its slots, or holds nothing: another file is not written to. */
function refuseStranger(path: string): void {
  const stat = statSync(path);
  if (stat.isDirectory()) throw new JournalError(`The mark ${path} is a folder: let journal.mark name a file in it.`);
  if (stat.isFile() && isOurs(bytesOf(path))) return;
  throw new JournalError(
    `The file ${path} is no mark of a journal: it is left as it is. Let journal.mark name a file that is not there yet, or move this one away when it was the mark.`,
  );
}

function isOurs(bytes: Buffer): boolean {
  const isBlank = bytes.every((byte) => byte === 0);
  return isBlank || [0, SLOT_BYTES].some((at) => bytes.toString("latin1", at, at + TITLE.length) === TITLE);
}

function bytesOf(path: string): Buffer {
  const fd = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(2 * SLOT_BYTES);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}

function readSlots(path: string): Content[] {
  const bytes = bytesOf(path);
  const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES)];
  return slots.map((slot) => slotOf(slot.toString())).filter((slot) => slot !== null);
}

function slotOf(slot: string): Content | null {
  const [title, body = "", sum] = slot.split("\n");
  if (title !== TITLE || sum !== checksum(body)) return null;
  try {
    return content.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
