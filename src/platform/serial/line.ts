import type { Outcome } from "../../ports/outcome.ts";

/**
 * A serial line that is kept open, whatever is done to its plug. Half duplex: one request at a time, in the order of
 * asking, each with a deadline. An answer that did not come, came late or came broken is `unknown`.
 */
export interface SerialLine<F> {
  readonly up: boolean;
  /** Bytes that came since the last frame; left out where nobody counts them. */
  readonly strayBytes?: number;
  /**
   * Waits for silence, drains what nobody asked for, sends, and takes the first frame that `answers` makes something
   * of. A frame it gives undefined for goes to the listener. `unknown` at once while the port is closed, but for one
   * that is being opened for the first time, and when too many requests wait.
   */
  ask<A>(request: Uint8Array, answers: (frame: F) => A | undefined, timeoutMs: number): Promise<Outcome<A>>;
  /** Sends what has no answer, in its turn. `done` when the bytes have left. */
  tell(bytes: Uint8Array): Promise<Outcome<null>>;
  /** Frames that no request waits for. One listener at a time. */
  onFrame(listener: (frame: F) => void): void;
  /** Told each time the port is lost and each time it is back, with why. One listener at a time; told at once. */
  onLink(listener: (up: boolean, detail: string) => void): void;
  close(): Promise<void>;
}

/** How a protocol tells one frame from the next. Holds no more than its longest frame, whatever comes. */
export interface Framing<F> {
  /** The frames that these bytes complete. */
  push(bytes: Uint8Array): readonly F[];
  /** Forgets a frame half received: before a request, and after a reconnection, where the line may be another. */
  reset(isNewLine?: boolean): void;
  /** Told each request as it is sent, where adapters may send it back. */
  sent?(request: Uint8Array): void;
  /**
   * The line is silent: what frames stand behind one that began and did not end. It may still go on, unless the time for
   * an answer is over.
   */
  rest?(isOver: boolean): readonly F[];
  /** How many bytes since the request are no more than that request sent back. */
  readonly echoedBytes?: number;
}

export interface LineSettings {
  /** A path that stays the same for the same plug, such as below /dev/serial/by-id. */
  readonly path: string;
  readonly baudRate: number;
  readonly dataBits?: 7 | 8;
  readonly parity?: "none" | "even" | "odd";
  readonly stopBits?: 1 | 2;
  /** Silence that must pass between the last byte seen and a request; 0 for none. */
  readonly gapMs?: number;
  /** With requests asked and not one answered for so long, the port is opened anew; null for never. */
  readonly silenceMs?: number | null;
}

/** A line at the end of a network: the device itself, or a gateway in front of its wire. */
export interface NetSettings extends Pick<LineSettings, "path" | "gapMs" | "silenceMs"> {
  readonly host: string;
  readonly port: number;
}
