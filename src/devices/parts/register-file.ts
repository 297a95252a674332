import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { ExplainedError } from "../../core/explained-error.ts";
import { writeWhole } from "../../platform/files/whole-file.ts";
import { within } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";

/** A register cannot be used. The message says which file, what was found and what to do. */
export class RegisterError extends ExplainedError {
  override readonly name = "RegisterError";
}

/** Bytes in two slots, each a block of its own, so that a torn write can spoil only one of them. */
export interface RegisterStore {
  readonly path: string;
  read(): Promise<Uint8Array>;
  /** Resolves when the slot would outlive a power cut. */
  write(slot: 0 | 1, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store; one that is not there yet begins with these bytes, whole or not at all. */
export type OpenStore = (initial: Uint8Array) => Promise<RegisterStore>;

/** As large as a page and a multiple of every common sector. */
export const SLOT_BYTES = 4096;

/** A card may be busy for a second or two. */
export const LONGEST_SAVE_MS = 3_000;

const SLOT = /^kioskd register 1 ([1-9]\d{0,15}) ([0-9a-f]{8}) (.*)$/;

export function fileStore(path: string): OpenStore {
  return async (initial) => {
    const file = await open(path, "r+").catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw new RegisterError(`The register ${path} cannot be opened: ${error.message}`);
      return await create(path, initial);
    });
    return {
      path,
      read: async () => {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * SLOT_BYTES + 1), 0, 2 * SLOT_BYTES + 1, 0);
        return buffer.subarray(0, bytesRead);
      },
      write: async (slot, bytes) => {
        await file.write(bytes, 0, bytes.length, slot * SLOT_BYTES);
        await file.datasync();
      },
      close: () => file.close(),
    };
  };
}

async function create(path: string, initial: Uint8Array): Promise<FileHandle> {
  try {
    writeWhole(path, initial, 0o640);
    return await open(path, "r+");
  } catch (error) {
    throw new RegisterError(`The register ${path} cannot be made: ${String(error)}. Its folder must be writable.`);
  }
}

/**
 * A small value that outlives a power cut: written in place, in turns to one of two slots with a checksum and a
 * sequence number, so that the last value that was confirmed is always there to be read.
 */
export class RegisterFile<T> {
  readonly #store: RegisterStore;
  #sequence: number;
  #slot: 0 | 1;
  #wanted: T;
  #queued: Promise<void> | null = null;
  #settled: Promise<void> = Promise.resolve();

  private constructor(store: RegisterStore, found: Found<T>) {
    this.#store = store;
    this.#sequence = found.sequence;
    this.#slot = found.slot === 0 ? 1 : 0;
    this.#wanted = found.value;
  }

  /** `parse` gives undefined for what is no such value. Rejects with a RegisterError. */
  static async open<T>(
    openStore: OpenStore,
    initial: T,
    parse: (value: unknown) => T | undefined,
  ): Promise<RegisterFile<T>> {
    const store = await openStore(Buffer.concat([encode(1, initial), Buffer.alloc(SLOT_BYTES, " ")]));
    const bytes = await store.read();
    const slots = [decode(bytes, 0, parse), decode(bytes, 1, parse)].filter((found) => found !== undefined);
    const newest = slots.sort((one, other) => other.sequence - one.sequence)[0];
    if (newest !== undefined && bytes.length === 2 * SLOT_BYTES) return new RegisterFile(store, newest);
    await store.close();
    throw new RegisterError(
      `${store.path} is no register of this kind: neither of its halves can be read. Restore it; or remove it to begin ` +
        "at 0, once no sale is open, for an open one would be charged only what it was known to have had.",
    );
  }

  /** What was read, or asked to be saved since. */
  get value(): T {
    return this.#wanted;
  }

  /** Resolves when the value, or a later one, would outlive a power cut. One write runs, at most one more waits. */
  save(value: T): Promise<void> {
    this.#wanted = value;
    this.#queued ??= this.#after(this.#settled);
    return this.#queued;
  }

  async close(): Promise<void> {
    await this.#settled;
    await this.#store.close();
  }

  #after(earlier: Promise<void>): Promise<void> {
    const writing = earlier.then(async () => {
      this.#queued = null;
      await this.#store.write(this.#slot, encode(this.#sequence + 1, this.#wanted));
      // A write that fails is repeated in the same slot: the other one holds what was confirmed last.
      this.#sequence += 1;
      this.#slot = this.#slot === 0 ? 1 : 0;
    });
    this.#settled = writing.catch(() => undefined);
    return writing;
  }
}

/** `done` when it was saved, `unknown` when that failed or takes too long. */
export async function confirmed(saving: Promise<void>, clock: Clock): Promise<Outcome<null>> {
  const outcome = saving.then(
    () => done(null),
    (error: unknown) => unknown<null>(`the register cannot be written: ${String(error)}`),
  );
  const saved = await within(clock, LONGEST_SAVE_MS, outcome);
  return saved ?? unknown(`writing the register takes longer than ${LONGEST_SAVE_MS} ms`);
}

interface Found<T> {
  readonly slot: 0 | 1;
  readonly sequence: number;
  readonly value: T;
}

function encode(sequence: number, value: unknown): Uint8Array {
  const body = JSON.stringify(value);
  const text = `kioskd register 1 ${sequence} ${checksum(sequence, body)} ${body}`;
  if (Buffer.byteLength(text) >= SLOT_BYTES) throw new RegisterError("A register's value outgrew its slot.");
  const bytes = Buffer.alloc(SLOT_BYTES, " ");
  bytes.write(text, "utf8");
  bytes.write("\n", SLOT_BYTES - 1);
  return bytes;
}

function decode<T>(bytes: Uint8Array, slot: 0 | 1, parse: (value: unknown) => T | undefined): Found<T> | undefined {
  const text = Buffer.from(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)).toString("utf8");
  const [, digits = "", sum, body = ""] = SLOT.exec(text.trimEnd()) ?? [];
  const sequence = Number(digits);
  if (sum === undefined || sum !== checksum(sequence, body)) return undefined;
  const value = parse(fromJson(body));
  return value === undefined ? undefined : { slot, sequence, value };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checksum(sequence: number, body: string): string {
  return crc32(`${sequence} ${body}`).toString(16).padStart(8, "0");
}
