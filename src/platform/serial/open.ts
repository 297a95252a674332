import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { wait, within } from "../time/wait.ts";
import { type KeptLink, KeptPort, type PortListener } from "./kept-port.ts";
import { KeptSocket } from "./kept-socket.ts";
import type { Framing, LineSettings, NetSettings, SerialLine } from "./line.ts";
import { INSTEAD, LINE } from "./texts.ts";

const MOST_WAITING = 32;
const SILENCE_MS = 10_000;
/** A frame half received is on its way for so long, where no gap says otherwise. */
const HALF_FRAME_MS = 50;
/** After a request that timed out nothing is sent for as long again, but no longer than this: its answer may be late. */
const MOST_QUIET_MS = 500;
const TELL_MS = 2_000;
/** A port that has not taken a request for so long never will; meanwhile it gets no other. */
const BLOCKED_MS = 2_000;
const BLOCKED_LOOK_MS = 5;

/**
 * Returns at once; the port is opened in the background. A request's deadline runs from its turn, and covers waiting
 * for silence, sending and the answer.
 *
 * A line with a gap speaks only when spoken to: what the kernel still holds at a request is thrown away. Without a gap
 * nothing received is thrown away, but for half a frame that the device has long stopped sending. A line that says
 * nothing of it is opened anew after ten seconds of requests without an answer.
 */
export function openSerialLine<F>(settings: LineSettings, framing: Framing<F>, clock: Clock, log: Log): SerialLine<F> {
  return new Line(settings, framing, clock, log, (listener) => new KeptPort(settings, clock, log, listener));
}

/** The same at the end of a network. A request's deadline covers no connecting: what is not connected answers at once. */
export function openNetLine<F>(settings: NetSettings, framing: Framing<F>, clock: Clock, log: Log): SerialLine<F> {
  return new Line(settings, framing, clock, log, (listener) => new KeptSocket(settings, clock, log, listener));
}

interface Pending<F> {
  /** True when the frame was the answer. */
  take(frame: F): boolean;
  fail(detail: string): void;
}

class Line<F> implements SerialLine<F> {
  readonly #framing: Framing<F>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #port: KeptLink;
  readonly #gapMs: number;
  readonly #silenceMs: number | null;
  #onFrame: (frame: F) => void = () => {};
  #onLink: (up: boolean, detail: string) => void = () => {};
  #pending: Pending<F> | null = null;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #links = 0;
  #lastByteMs = Number.NEGATIVE_INFINITY;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #unansweredSinceMs: number | null = null;
  #cancelRest: Cancel = () => {};
  /** Since the last request. */
  #heard = { bytes: 0, frames: 0 };
  #strayBytes = 0;

  constructor(
    { gapMs = 0, silenceMs = SILENCE_MS }: Pick<LineSettings, "gapMs" | "silenceMs">,
    framing: Framing<F>,
    clock: Clock,
    log: Log,
    open: (listener: PortListener) => KeptLink,
  ) {
    this.#framing = framing;
    this.#clock = clock;
    this.#log = log;
    this.#gapMs = gapMs;
    this.#silenceMs = silenceMs;
    this.#port = open({
      bytes: (bytes) => this.#receive(bytes),
      link: (up, detail) => this.#changed(up, detail),
    });
  }

  get up(): boolean {
    return this.#port.up;
  }

  get strayBytes(): number {
    return this.#strayBytes;
  }

  ask<A>(request: Uint8Array, answers: (frame: F) => A | undefined, timeoutMs: number): Promise<Outcome<A>> {
    return this.#inTurn(timeoutMs, (overMs) => this.#exchange(request, answers, overMs, timeoutMs));
  }

  tell(bytes: Uint8Array): Promise<Outcome<null>> {
    return this.#inTurn(TELL_MS, (overMs) => this.#send(bytes, overMs));
  }

  onFrame(listener: (frame: F) => void): void {
    this.#onFrame = listener;
  }

  onLink(listener: (up: boolean, detail: string) => void): void {
    this.#onLink = listener;
    listener(this.up, this.#port.detail);
  }

  close(): Promise<void> {
    return this.#port.close();
  }

  #inTurn<A>(timeoutMs: number, work: (overMs: number) => Promise<Outcome<A>>): Promise<Outcome<A>> {
    const { opening } = this.#port;
    if (!this.up && opening === null) return Promise.resolve(unknown(this.#port.detail));
    if (this.#waiting >= MOST_WAITING) return Promise.resolve(unknown(`${this.#port.detail}: ${LINE.tooMany()}`));
    this.#waiting++;
    const linksBefore = this.#links;
    const outcome = this.#lastTurn.then(async (): Promise<Outcome<A>> => {
      this.#waiting--;
      if (!this.up && opening !== null) await within(this.#clock, timeoutMs, opening);
      if (!this.up) return unknown(this.#port.detail);
      const links = opening === null ? linksBefore : this.#links;
      const overMs = this.#clock.monotonicMs() + timeoutMs;
      const silent = await this.#silent(overMs, links);
      // What was meant for a device that is gone is not for the one that came.
      if (links !== this.#links) return unknown(this.#port.detail);
      if (silent) return await work(overMs);
      this.#unanswered();
      if (this.#port.blockedMs > 0) return unknown(`${this.#port.detail}: ${LINE.takesNothing()}`);
      return unknown(`${this.#port.detail}: ${LINE.neverSilent()}`);
    });
    this.#lastTurn = outcome.then(() => this.#wait(this.#quietUntilMs - this.#clock.monotonicMs()));
    return outcome;
  }

  /** Makes the line ready for a request; false when it is not silent in time. */
  async #silent(overMs: number, links: number): Promise<boolean> {
    while (links === this.#links) {
      const nowMs = this.#clock.monotonicMs();
      const blockedMs = this.#port.blockedMs > 0 ? nowMs + BLOCKED_LOOK_MS : 0;
      const readyMs = Math.max(this.#lastByteMs + this.#gapMs, blockedMs);
      if (readyMs > overMs || nowMs >= overMs) return false;
      if (readyMs > nowMs) {
        await this.#wait(readyMs - nowMs);
        continue;
      }
      const lastByteMs = this.#lastByteMs;
      if (this.#gapMs > 0) await this.#port.discardInput();
      if (lastByteMs === this.#lastByteMs) break;
    }
    if (this.#clock.monotonicMs() - this.#lastByteMs >= (this.#gapMs || HALF_FRAME_MS)) this.#framing.reset();
    return true;
  }

  #exchange<A>(
    request: Uint8Array,
    answers: (frame: F) => A | undefined,
    overMs: number,
    timeoutMs: number,
  ): Promise<Outcome<A>> {
    return new Promise((resolve) => {
      const finish = this.#pend(resolve, overMs, {
        take: (frame) => {
          const answer = answers(frame);
          if (answer === undefined) return false;
          this.#unansweredSinceMs = null;
          finish(done(answer));
          return true;
        },
        late: () => {
          const asked = this.#pending;
          this.#lookBehind(true);
          if (this.#pending !== asked) return;
          this.#quietUntilMs = this.#clock.monotonicMs() + Math.min(timeoutMs, MOST_QUIET_MS);
          finish(unknown(`${this.#port.detail}: no answer within ${timeoutMs} ms${this.#whatCame()}`));
          this.#unanswered();
        },
      });
      this.#unansweredSinceMs ??= this.#clock.monotonicMs();
      this.#heard = { bytes: 0, frames: 0 };
      this.#cancelRest();
      this.#framing.sent?.(request);
      void this.#port.send(request);
    });
  }

  #send(bytes: Uint8Array, overMs: number): Promise<Outcome<null>> {
    return new Promise((resolve) => {
      const finish = this.#pend(resolve, overMs, {
        take: () => false,
        late: () => {
          finish(unknown(`${this.#port.detail}: ${LINE.takesNothing()}`));
          this.#unanswered();
        },
      });
      void this.#port.send(bytes).then(async (taken) => {
        const left = taken && (await this.#port.drained());
        // What was sent counts as heard: the gap runs from it too.
        this.#lastByteMs = this.#clock.monotonicMs();
        finish(left ? done(null) : unknown(this.#port.detail));
      });
    });
  }

  /** Begins what frames, a deadline and the loss of the port can end; the first of them does. */
  #pend<A>(
    resolve: (outcome: Outcome<A>) => void,
    overMs: number,
    { take, late }: { take(frame: F): boolean; late(): void },
  ): (outcome: Outcome<A>) => void {
    const cancel = this.#clock.after(overMs - this.#clock.monotonicMs(), late);
    const finish = (outcome: Outcome<A>): void => {
      cancel();
      if (this.#pending === pending) this.#pending = null;
      resolve(outcome);
    };
    const pending: Pending<F> = { take, fail: (detail) => finish(unknown(detail)) };
    this.#pending = pending;
    return finish;
  }

  #receive(bytes: Uint8Array): void {
    this.#lastByteMs = this.#clock.monotonicMs();
    this.#heard.bytes += bytes.length;
    this.#strayBytes += bytes.length;
    this.#deliver(() => this.#framing.push(bytes));
    this.#cancelRest();
    if (this.#pending !== null && this.#framing.rest !== undefined)
      this.#cancelRest = this.#clock.after(HALF_FRAME_MS, () => this.#lookBehind(false));
  }

  /** Nothing has come for a while: what stands behind a false start counts now. */
  #lookBehind(isOver: boolean): void {
    this.#deliver(() => this.#framing.rest?.(isOver) ?? []);
  }

  #deliver(framesOf: () => readonly F[]): void {
    try {
      const frames = framesOf();
      this.#heard.frames += frames.length;
      if (frames.length > 0) this.#strayBytes = 0;
      for (const frame of frames) {
        if (this.#pending?.take(frame) !== true) this.#onFrame(frame);
      }
    } catch (error) {
      this.#framing.reset();
      this.#log.error({ error: String(error) }, "what a serial port received could not be taken");
    }
  }

  /** What came in place of an answer, and what may be wrong then. */
  #whatCame(): string {
    const { echoedBytes = 0 } = this.#framing;
    const bytes = this.#heard.bytes - echoedBytes;
    if (bytes <= 0) return echoedBytes > 0 ? INSTEAD.echo() : INSTEAD.nothing();
    return this.#heard.frames > 0 ? INSTEAD.others() : INSTEAD.noise(bytes);
  }

  #changed(up: boolean, detail: string): void {
    this.#links++;
    this.#cancelRest();
    this.#framing.reset(true);
    this.#unansweredSinceMs = null;
    this.#strayBytes = 0;
    this.#pending?.fail(detail);
    this.#onLink(up, detail);
  }

  /** Opens the port anew when requests have gone unanswered for too long, or it has taken none. */
  #unanswered(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#unansweredSinceMs ??= nowMs;
    if (this.#port.blockedMs >= BLOCKED_MS) {
      this.#port.reopen(LINE.takesNothing());
    } else if (this.#silenceMs !== null && nowMs - this.#unansweredSinceMs >= this.#silenceMs) {
      this.#port.reopen(LINE.unanswered(this.#silenceMs));
    }
  }

  #wait(delayMs: number): Promise<void> {
    return delayMs > 0 ? wait(this.#clock, delayMs) : Promise.resolve();
  }
}
