import { connect, type Socket } from "node:net";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { backoffMs, within } from "../time/wait.ts";
import { CLOSE_MS, HANGS_MS, type KeptLink, type PortListener, REOPEN_MS } from "./kept-port.ts";
import type { NetSettings } from "./line.ts";
import { NET } from "./texts.ts";

/** A connection that is made again whenever it is lost. A socket is used once. */
export class KeptSocket implements KeptLink {
  readonly #settings: NetSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: PortListener;
  #socket: Socket | null = null;
  /** One that is being connected. */
  #begun: Socket | null = null;
  #sendingSinceMs: number | null = null;
  #detail = "being connected";
  #failures = 0;
  #closed = false;
  #opening: Promise<void>;
  #isOpened = false;
  #cancelReopen: Cancel = () => {};

  constructor(settings: NetSettings, clock: Clock, log: Log, listener: PortListener) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
    this.#opening = this.#open().then(() => {
      this.#isOpened = true;
    });
  }

  get up(): boolean {
    return this.#socket !== null;
  }

  /** Settles when it has been tried to connect for the first time; null when that is over. */
  get opening(): Promise<void> | null {
    return this.#isOpened ? null : this.#opening;
  }

  get detail(): string {
    return `${this.#settings.path}: ${this.#detail}`;
  }

  /** True when the kernel took the bytes; false when the connection is lost, now or on the way. */
  send(bytes: Uint8Array): Promise<boolean> {
    const socket = this.#socket;
    if (socket === null) return Promise.resolve(false);
    this.#sendingSinceMs = this.#clock.monotonicMs();
    return new Promise((resolve) => {
      socket.write(Buffer.from(bytes), (error) => {
        if (this.#socket === socket) this.#sendingSinceMs = null;
        resolve(!error);
      });
    });
  }

  get blockedMs(): number {
    return this.#sendingSinceMs === null ? 0 : this.#clock.monotonicMs() - this.#sendingSinceMs;
  }

  async drained(): Promise<boolean> {
    return this.up;
  }

  /** What the kernel holds comes in before the next turn of the event loop. */
  discardInput(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  reopen(why: string): void {
    if (this.#socket !== null) this.#lose(this.#socket, why);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelReopen();
    this.#socket?.destroy();
    this.#begun?.destroy();
    this.#socket = null;
    this.#say(false, "closed");
    await within(this.#clock, CLOSE_MS, this.#opening);
  }

  /** Settles when the attempt is over, and one that hangs is given up. */
  #open(): Promise<void> {
    const { host, port } = this.#settings;
    return new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true, keepAlive: true });
      this.#begun = socket;
      let isOver = false;
      const end = (why: string | null): void => {
        if (isOver) return;
        isOver = true;
        cancel();
        this.#begun = null;
        if (why !== null || this.#closed) {
          socket.destroy();
          this.#retry(why ?? "closed");
        } else {
          this.#socket = socket;
          this.#sendingSinceMs = null;
          this.#say(true, "connected");
        }
        resolve();
      };
      const cancel = this.#clock.after(HANGS_MS, () => end(NET.hangs()));
      socket.on("connect", () => end(null));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        end(error.code === "ECONNREFUSED" ? NET.refused() : NET.other(error.message));
        this.#lose(socket, NET.other(error.message));
      });
      socket.on("close", () => {
        end(NET.closed());
        this.#lose(socket, NET.closed());
      });
      socket.on("data", (bytes) => {
        if (this.#socket !== socket) return;
        this.#failures = 0;
        this.#listener.bytes(bytes);
      });
    });
  }

  #lose(socket: Socket, why: string): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    socket.destroy();
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
    const fields = { address: this.#settings.path, detail };
    if (up || this.#closed) this.#log.info(fields, up ? "a device is connected" : "a connection is closed");
    else this.#log.warn(fields, "a connection is lost");
    this.#listener.link(up, this.detail);
  }
}
