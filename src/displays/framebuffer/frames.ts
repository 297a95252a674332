import { type FileHandle, open } from "node:fs/promises";
import { within } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { type Geometry, readGeometry } from "./geometry.ts";
import { fillFrame, frameBuffer } from "./pixels.ts";

/** At most ten pictures a second; fewer where drawing takes more than a fifth of the time, as far as figures stay live. */
const LEAST_FRAME_MS = 100;
const MOST_FRAME_MS = 400;
const FRAMES_OF_REST = 4;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
/** How long a frame may take before the device is said to hang. */
export const HANGS_MS = 5_000;
const CLOSE_MS = 2_000;

export interface FrameSource {
  /** Told before the first picture of each opening. */
  resize(geometry: Geometry): void;
  /** Pixels of four bytes, red first; null when nothing has changed since the last. */
  draw(): Uint8Array | null;
}

interface Opened {
  readonly file: FileHandle;
  readonly geometry: Geometry;
  /** What the device shows, and what is being made. */
  shown: Uint8Array<ArrayBuffer> | null;
  spare: Uint8Array<ArrayBuffer>;
}

/** Keeps the newest picture on the device: one write of the whole at a time, nothing queued, opened again when lost. */
export class Frames {
  readonly #device: string;
  readonly #sysfs: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #source: FrameSource;
  readonly #listeners = new Set<(problem: string | null) => void>();
  #opened: Opened | null = null;
  #problem: string | null = null;
  #failures = 0;
  #isDirty = false;
  #isClosed = false;
  #cancelNext: Cancel | null = null;
  #running: Promise<void> | null = null;
  #notBeforeMs = 0;

  constructor(device: string, sysfs: string, source: FrameSource, clock: Clock, log: Log) {
    this.#device = device;
    this.#sysfs = sysfs;
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
  }

  watch(listener: (problem: string | null) => void): void {
    this.#listeners.add(listener);
    listener(this.#problem);
  }

  /** Something is to be drawn; soon it will be. */
  request(): void {
    this.#isDirty = true;
    if (this.#isClosed || this.#running !== null || this.#cancelNext !== null) return;
    this.#next(Math.max(0, this.#notBeforeMs - this.#clock.monotonicMs()));
  }

  /** Draws now; resolves when the device has it, or does not take it. */
  drawNow(): Promise<void> {
    this.#cancelNext?.();
    this.#cancelNext = null;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#isClosed) return;
      if (this.#problem !== null && this.#opened === null) this.#next(this.#retryMs());
      else if (this.#isDirty) this.request();
    });
    return this.#running;
  }

  /** What is to be seen last is drawn before the end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const drawn = this.#drawLast().catch(() => undefined);
    await within(this.#clock, CLOSE_MS, drawn);
    this.#cancelNext?.();
    this.#opened = null;
  }

  async #drawLast(): Promise<void> {
    await this.#running;
    if (this.#opened !== null) await this.drawNow();
    await this.#opened?.file.close();
  }

  #next(delayMs: number): void {
    this.#cancelNext = this.#clock.after(delayMs, () => {
      this.#cancelNext = null;
      void this.drawNow();
    });
  }

  async #run(): Promise<void> {
    let startedMs = this.#clock.monotonicMs();
    this.#isDirty = false;
    const cancelAlarm = this.#clock.after(HANGS_MS, () => this.#tell(`${this.#device} does not take a frame.`));
    try {
      this.#opened ??= await this.#open();
      startedMs = this.#clock.monotonicMs();
      await this.#draw(this.#opened);
      this.#failures = 0;
      this.#tell(null);
    } catch (error) {
      await this.#lose(error);
    } finally {
      cancelAlarm();
    }
    const spentMs = this.#clock.monotonicMs() - startedMs;
    const wantedMs = (1 + FRAMES_OF_REST) * spentMs;
    this.#notBeforeMs = startedMs + Math.min(MOST_FRAME_MS, Math.max(LEAST_FRAME_MS, wantedMs));
  }

  async #open(): Promise<Opened> {
    const geometry = await readGeometry(this.#device, this.#sysfs);
    const file = await open(this.#device, "r+");
    this.#source.resize(geometry);
    const { widthPx, heightPx, depth } = geometry;
    this.#log.info({ device: this.#device, widthPx, heightPx, depth }, "The framebuffer display draws.");
    return { file, geometry, shown: null, spare: frameBuffer(geometry) };
  }

  async #draw(opened: Opened): Promise<void> {
    const pixels = this.#source.draw();
    if (pixels === null) return;
    const { file, geometry, shown, spare } = opened;
    fillFrame(spare, pixels, geometry);
    if (shown !== null && Buffer.compare(shown, spare) === 0) return;
    const { bytesWritten } = await file.write(spare, 0, spare.length, geometry.offsetBytes);
    if (bytesWritten < spare.length) {
      throw new Error(`took ${bytesWritten} of ${spare.length} bytes: its sysfs entry does not tell its true size.`);
    }
    opened.shown = spare;
    opened.spare = shown ?? frameBuffer(geometry);
  }

  async #lose(error: unknown): Promise<void> {
    const lost = this.#opened;
    this.#opened = null;
    this.#failures++;
    const reason = error instanceof Error ? error.message : String(error);
    this.#tell(`${this.#device} cannot be drawn on: ${reason}`);
    // What it shows now is unknown, and so is whether it can even be closed.
    await lost?.file.close().catch(() => undefined);
  }

  #retryMs(): number {
    return RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? LEAST_FRAME_MS;
  }

  #tell(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === null) this.#log.info({ device: this.#device }, "The framebuffer takes frames again.");
    else this.#log.error({ device: this.#device, problem }, "Nothing can be drawn; trying again.");
    for (const listener of this.#listeners) listener(problem);
  }
}
