import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { eventBytes, eventsIn, type InputEvent } from "./input-events.ts";

/** The kernel keeps 64 events for each reader; a panel sends fewer than that in this time. */
const POLL_MS = 20;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
const EVENTS_AT_ONCE = 64;

export interface InputListener {
  event(event: InputEvent): void;
  /** What was held down when the device went away is not any more. */
  lost(): void;
}

/**
 * Reads a device of `/dev/input` without ever waiting for it: a read that waits would hold one of the few threads
 * that all files share, and could not be ended. A device that is not there is looked for until it comes.
 */
export class InputDevice {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: InputListener;
  readonly #eventBytes = eventBytes();
  readonly #buffer: Uint8Array;
  #file: FileHandle | null = null;
  #isDevice = false;
  #rest = new Uint8Array(0);
  #failures = 0;
  #isClosed = false;
  #cancelNext: Cancel = () => {};
  #running: Promise<void>;

  constructor(path: string, listener: InputListener, clock: Clock, log: Log) {
    this.#path = path;
    this.#listener = listener;
    this.#clock = clock;
    this.#log = log;
    this.#buffer = new Uint8Array(this.#eventBytes * EVENTS_AT_ONCE);
    this.#running = this.#open();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelNext();
    await this.#running;
    await this.#file?.close().catch(() => undefined);
    this.#file = null;
  }

  #next(delayMs: number, run: () => Promise<void>): void {
    if (this.#isClosed) return;
    this.#cancelNext = this.#clock.after(delayMs, () => {
      this.#running = run();
    });
  }

  async #open(): Promise<void> {
    try {
      this.#file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.#isDevice = (await this.#file.stat()).isCharacterDevice();
    } catch (error) {
      this.#retry(error);
      return;
    }
    this.#next(0, () => this.#read());
  }

  async #read(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    try {
      const { bytesRead } = await file.read(this.#buffer, 0, this.#buffer.length, null);
      // Nothing now is another error; only from a device that has gone comes an end.
      if (bytesRead === 0 && this.#isDevice) throw new Error("the device is gone: is it plugged in?");
      if (bytesRead > 0) this.#accept(this.#buffer.subarray(0, bytesRead));
    } catch (error) {
      if (!isEmpty(error)) {
        this.#file = null;
        await file.close().catch(() => undefined);
        this.#listener.lost();
        this.#retry(error);
        return;
      }
    }
    if (this.#failures > 0) this.#log.info({ device: this.#path }, "The input device is there.");
    this.#failures = 0;
    this.#next(POLL_MS, () => this.#read());
  }

  #accept(bytes: Uint8Array): void {
    const { events, rest } = eventsIn(Buffer.concat([this.#rest, bytes]), this.#eventBytes);
    this.#rest = Uint8Array.from(rest);
    for (const event of events) this.#listener.event(event);
  }

  #retry(error: unknown): void {
    this.#rest = new Uint8Array(0);
    const device = this.#path;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#failures === 0) this.#log.warn({ device, reason }, "An input device is missing; looking for it.");
    this.#failures++;
    const delayMs = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? POLL_MS;
    this.#next(delayMs, () => this.#open());
  }
}

function isEmpty(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
