import { stat } from "node:fs/promises";
import { SerialPort } from "serialport";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { backoffMs, within } from "../time/wait.ts";
import { portProblem } from "./device.ts";
import type { LineSettings } from "./line.ts";
import { notTaken } from "./taken.ts";
import { PORT } from "./texts.ts";

/** Waits before a port is opened again; the last repeats. It begins anew once the device has sent anything. */
export const REOPEN_MS = [100, 250, 500, 1_000, 2_000, 5_000];
export const HANGS_MS = 5_000;
export const CLOSE_MS = 2_000;
/** How often an open port's device is looked for. */
const LOOK_MS = 500;
const UNPLUGGED = PORT.unplugged();

/** What a line speaks through, opened again whenever it is lost. */
export interface KeptLink {
  readonly up: boolean;
  readonly opening: Promise<void> | null;
  readonly detail: string;
  readonly blockedMs: number;
  send(bytes: Uint8Array): Promise<boolean>;
  drained(): Promise<boolean>;
  discardInput(): Promise<void>;
  reopen(why: string): void;
  close(): Promise<void>;
}

export interface PortListener {
  bytes(bytes: Uint8Array): void;
  /** Told of every change, of the reason too. */
  link(up: boolean, detail: string): void;
}

/**
 * A serial port that is opened again whenever it is lost. A port object is used once: a lost one is destroyed, for
 * what it does after an unplug differs from adapter to adapter.
 */
export class KeptPort implements KeptLink {
  readonly #settings: LineSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: PortListener;
  #port: SerialPort | null = null;
  #sendingSinceMs: number | null = null;
  #detail = "being opened";
  #failures = 0;
  #closed = false;
  #opening: Promise<void> = Promise.resolve();
  #isOpened = false;
  #notTaken: string | null = null;
  #cancelReopen: Cancel = () => {};
  #cancelLook: Cancel = () => {};

  constructor(settings: LineSettings, clock: Clock, log: Log, listener: PortListener) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
    this.#opening = this.#open().then(() => {
      this.#isOpened = true;
    });
  }

  get up(): boolean {
    return this.#port !== null;
  }

  /** Settles when it has been tried to open the port for the first time; null when that is over. */
  get opening(): Promise<void> | null {
    return this.#isOpened ? null : this.#opening;
  }

  get detail(): string {
    return `${this.#settings.path}: ${this.#detail}`;
  }

  /** True when the port took the bytes; false when it is lost, now or on the way. */
  send(bytes: Uint8Array): Promise<boolean> {
    const port = this.#port;
    if (port === null) return Promise.resolve(false);
    this.#sendingSinceMs = this.#clock.monotonicMs();
    return new Promise((resolve) => {
      port.write(Buffer.from(bytes), (error) => {
        if (this.#port === port) this.#sendingSinceMs = null;
        resolve(!error);
      });
    });
  }

  /** For how long it has not taken what was last sent; 0 when it has. */
  get blockedMs(): number {
    return this.#sendingSinceMs === null ? 0 : this.#clock.monotonicMs() - this.#sendingSinceMs;
  }

  /** Waits until what was sent has left the machine. */
  drained(): Promise<boolean> {
    const port = this.#port;
    if (port === null) return Promise.resolve(false);
    return new Promise((resolve) => port.drain((error) => resolve(!error)));
  }

  /** Throws away what the kernel has received and nobody has read. */
  discardInput(): Promise<void> {
    const port = this.#port;
    if (port === null) return Promise.resolve();
    // A read that was under way comes in before the next turn of the event loop.
    return new Promise((resolve) => port.flush(() => setImmediate(resolve)));
  }

  reopen(why: string): void {
    if (this.#port !== null) this.#lose(this.#port, why);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelReopen();
    this.#cancelLook();
    const port = this.#port;
    this.#port = null;
    this.#say(false, "closed");
    await within(this.#clock, CLOSE_MS, port === null ? this.#opening : discard(port));
  }

  /** Settles when the attempt is over. One that hangs is waited for: another would hang beside it. */
  #open(): Promise<void> {
    const { path, baudRate, dataBits = 8, parity = "none", stopBits = 1 } = this.#settings;
    return new Promise((resolve) => {
      let port: SerialPort;
      try {
        port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, autoOpen: false });
      } catch (error) {
        this.#retry(portProblem(this.#settings.path, error));
        resolve();
        return;
      }
      const cancel = this.#clock.after(HANGS_MS, () => this.#say(false, PORT.hangs()));
      port.on("error", (error) => this.#lose(port, error.message));
      port.on("close", () => this.#lose(port, UNPLUGGED));
      // Without this listener an unplugged port goes unnoticed until the next write.
      port.on("data", (bytes: Uint8Array) => this.#onBytes(port, bytes));
      port.open((error) => {
        cancel();
        if (this.#closed || error) {
          void discard(port).then(resolve);
          if (error) this.#retry(portProblem(this.#settings.path, error));
          return;
        }
        this.#port = port;
        this.#sendingSinceMs = null;
        this.#say(true, "open");
        this.#look(port);
        void this.#readBack();
        resolve();
      });
    });
  }

  /**
   * Loses a port whose device is twice not to be found: not every unplug is told by the port, and a request would wait
   * for its whole time.
   */
  #look(port: SerialPort, missed = false): void {
    this.#cancelLook = this.#clock.after(LOOK_MS, () => {
      void isThere(this.#settings.path).then((there) => {
        if (this.#port !== port) return;
        if (!there && missed) this.#lose(port, UNPLUGGED);
        else this.#look(port, !there);
      });
    });
  }

  /** Says once what the port has not taken of its settings. */
  async #readBack(): Promise<void> {
    const detail = await notTaken(this.#settings);
    if (detail !== null && detail !== this.#notTaken)
      this.#log.warn({ port: this.#settings.path, detail }, "a serial port is not set as asked");
    this.#notTaken = detail;
  }

  #onBytes(port: SerialPort, bytes: Uint8Array): void {
    if (this.#port !== port) return;
    this.#failures = 0;
    this.#listener.bytes(bytes);
  }

  #lose(port: SerialPort, why: string): void {
    if (this.#port !== port) return;
    this.#port = null;
    this.#cancelLook();
    void discard(port);
    this.#retry(why);
  }

  #retry(why: string): void {
    if (this.#closed) return;
    this.#cancelReopen = this.#clock.after(backoffMs(REOPEN_MS, this.#failures++), () => {
      this.#opening = this.#open();
    });
    this.#say(false, why);
  }

  #say(up: boolean, detail: string): void {
    if (detail === this.#detail) return;
    this.#detail = detail;
    const fields = { port: this.#settings.path, detail };
    if (up || this.#closed) this.#log.info(fields, up ? "a serial port is open" : "a serial port is closed");
    else this.#log.warn(fields, "a serial port is lost");
    this.#listener.link(up, this.detail);
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Settles when the port is closed; nothing that it does later is heard. */
function discard(port: SerialPort): Promise<void> {
  port.removeAllListeners();
  port.on("error", () => undefined);
  return new Promise((resolve) => {
    port.close(() => {
      port.destroy();
      resolve();
    });
  });
}
