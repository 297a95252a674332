import { type OpenStore, SLOT_BYTES } from "../../src/devices/parts/register-file.ts";
import type { VirtualTime } from "./virtual-clock.ts";

/** A register's file on a disk that takes its time, and that can fail, hang and lose its power. */
export class MemoryRegister {
  readonly #time: VirtualTime;
  /** What a process sees that opens it, and what is there after a power cut. */
  #seen: Buffer | null = null;
  #durable: Buffer | null = null;
  #opened = 0;
  syncMs = 20;
  fails = false;
  hangs = false;
  /** When each write was confirmed. */
  readonly writtenAtMs: number[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get open(): OpenStore {
    return async (initial) => {
      this.#opened += 1;
      const opened = this.#opened;
      this.#seen ??= Buffer.from(initial);
      this.#durable ??= Buffer.from(initial);
      return {
        path: "/memory/register",
        read: async () => Buffer.from(this.#seen ?? []),
        write: (slot, bytes) => (opened === this.#opened ? this.#write(slot, bytes) : new Promise(() => {})),
        close: async () => {},
      };
    };
  }

  /** `torn`: of what was being written, the first so many bytes are there. */
  powerCut(tornBytes = 0): void {
    const seen = this.#seen ?? Buffer.alloc(0);
    const after = Buffer.from(this.#durable ?? []);
    for (const slot of [0, 1]) {
      const at = slot * SLOT_BYTES;
      const isWriting = !after.subarray(at, at + SLOT_BYTES).equals(seen.subarray(at, at + SLOT_BYTES));
      if (isWriting) seen.copy(after, at, at, at + tornBytes);
    }
    this.#seen = after;
    this.#durable = Buffer.from(after);
    this.#opened += 1;
  }

  #write(slot: 0 | 1, bytes: Uint8Array): Promise<void> {
    if (this.fails) return Promise.reject(new Error("EIO: i/o error"));
    this.#seen?.set(bytes, slot * SLOT_BYTES);
    if (this.hangs) return new Promise(() => {});
    const opened = this.#opened;
    return new Promise((resolve) => {
      this.#time.after(this.syncMs, () => {
        if (opened !== this.#opened) return;
        this.#durable?.set(bytes, slot * SLOT_BYTES);
        this.writtenAtMs.push(this.#time.elapsedMs);
        resolve();
      });
    });
  }
}
