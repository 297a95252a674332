import type { SerialLine } from "../../platform/serial/line.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { type Command, decodeReports, encodeCommands, type Report } from "./application.ts";
import { type DartFrame, encodeFrame, nextSequence, shortFrame } from "./codec.ts";

export interface LinkSettings {
  readonly address: number;
  /** From the end of a frame to the end of its answer, the adapter's delays included. */
  readonly answerTimeoutMs: number;
  /** How long a request goes on: sent, acknowledged, and polled for what it asked. */
  readonly requestTimeoutMs: number;
  /** Frames in a row without an answer, after which the pump counts as silent. */
  readonly silentAfter: number;
}

/** Sendings of one block, all with the same number. */
const SENDINGS = 4;
/**
 * What is made of a pump's reports.
 * @param isLast whether no other of the same block follows
 */
type Pick<A> = (report: Report, isLast: boolean) => A | undefined;

/** Polls that a pump may answer with old news before a request is sent. */
const MOST_OLD_NEWS = 16;
/** After a frame without an answer. */
const PAUSE_MS = 2;

type Polled = "news" | "nothing" | "no answer";

/** The controller's side of the line to one pump. One request at a time; nothing throws. */
export class DartLink {
  readonly #line: SerialLine<DartFrame>;
  readonly #settings: LinkSettings;
  readonly #clock: Clock;
  #report: (report: Report) => void = () => {};
  #silent: (detail: string | null) => void = () => {};
  #busy: Promise<unknown> = Promise.resolve();
  #requests = 0;
  #abandoned = 0;
  #sequence = 0;
  #lastBlock: DartFrame | null = null;
  #misses = 0;

  constructor(line: SerialLine<DartFrame>, settings: LinkSettings, clock: Clock) {
    this.#line = line;
    this.#settings = settings;
    this.#clock = clock;
  }

  get isSilent(): boolean {
    return this.#misses >= this.#settings.silentAfter;
  }

  /** `report` is told of all that the pump says, `silent` of how it fell silent, and null when it speaks again. */
  listen(report: (report: Report) => void, silent: (detail: string | null) => void): void {
    this.#report = report;
    this.#silent = silent;
  }

  /** Takes what the pump has to say, unless a request is doing so. */
  async poll(): Promise<void> {
    if (this.#requests === 0) await this.#alone(() => this.#poll());
  }

  /** Ends the request that is under way as soon as its frame is answered or late. */
  abandon(): void {
    this.#abandoned++;
  }

  /**
   * Sends the commands as one block, so that the pump takes all or none, and gives what `pick` makes of the reports
   * that come after it. What the pump had to say before is taken first, so no old report is mistaken for an answer.
   * `unknown` when it is not acknowledged or nothing is picked in time: the pump may have taken it all the same.
   */
  request<A>(commands: readonly Command[], pick: Pick<A>): Promise<Outcome<A>> {
    return this.#alone(() => this.#request(encodeCommands(commands), pick));
  }

  async #request<A>(data: Uint8Array, pick: Pick<A>): Promise<Outcome<A>> {
    const { requestTimeoutMs } = this.#settings;
    const endMs = this.#clock.monotonicMs() + requestTimeoutMs;
    const abandoned = this.#abandoned;
    // A silent pump is asked once, so that it does not take the line from the others.
    const goesOn = (): boolean =>
      this.#line.up && !this.isSilent && abandoned === this.#abandoned && this.#clock.monotonicMs() < endMs;
    for (let old = 0; ; old++) {
      const polled = await this.#poll();
      if (polled === "nothing") break;
      if (!goesOn() || old >= MOST_OLD_NEWS) return unknown(this.#says("is not ready for a request"));
      if (polled === "no answer") await this.#pause();
    }
    const sent = await this.#send(data, goesOn);
    if (sent.kind !== "done") return sent;
    let picked: A | undefined;
    while (goesOn() && picked === undefined) {
      const polled = await this.#poll((report, isLast) => {
        picked ??= pick(report, isLast);
      });
      if (polled === "no answer") await this.#pause();
    }
    return picked === undefined ? unknown(this.#says(`does not answer within ${requestTimeoutMs} ms`)) : done(picked);
  }

  /** A number is never used for two blocks, acknowledged or not: the pump would take the second for the first. */
  async #send(data: Uint8Array, goesOn: () => boolean): Promise<Outcome<null>> {
    const { address } = this.#settings;
    const sequence = this.#sequence;
    this.#sequence = nextSequence(sequence);
    const bytes = encodeFrame({ address, kind: "data", sequence, data });
    let detail = "was not asked";
    for (let sending = 0; sending < SENDINGS && goesOn(); sending++) {
      const answer = await this.#ask(bytes, (frame) => {
        const answers = frame.kind === "ack" || frame.kind === "ackpoll" || frame.kind === "nak";
        return answers && frame.sequence === sequence ? frame.kind : undefined;
      });
      if (answer.kind === "done" && answer.value !== "nak") return done(null);
      detail = answer.kind === "done" ? "refuses what it receives (NAK)" : "does not acknowledge";
    }
    return unknown(this.#says(detail));
  }

  async #poll(taken: (report: Report, isLast: boolean) => void = () => {}): Promise<Polled> {
    const { address } = this.#settings;
    const answer = await this.#ask(encodeFrame(shortFrame(address, "poll")), (frame) =>
      frame.kind === "data" || frame.kind === "eot" ? frame : undefined,
    );
    if (answer.kind !== "done") return "no answer";
    const frame = answer.value;
    if (frame.kind === "eot") return "nothing";
    await this.#line.tell(encodeFrame(shortFrame(address, "ack", frame.sequence)));
    if (!this.#isRepeated(frame)) {
      const reports = decodeReports(frame.data) ?? [];
      for (const [at, report] of reports.entries()) {
        this.#report(report);
        taken(report, at === reports.length - 1);
      }
    }
    return "news";
  }

  /** A pump that lost the acknowledgement sends the same block again; one that restarted may reuse its number. */
  #isRepeated(frame: DartFrame): boolean {
    const last = this.#lastBlock;
    this.#lastBlock = frame;
    return last !== null && last.sequence === frame.sequence && Buffer.compare(last.data, frame.data) === 0;
  }

  async #ask<A>(bytes: Uint8Array, answers: (frame: DartFrame) => A | undefined): Promise<Outcome<A>> {
    const { address, answerTimeoutMs, silentAfter } = this.#settings;
    const answer = await this.#line.ask(
      bytes,
      (frame) => (frame.address === address ? answers(frame) : undefined),
      answerTimeoutMs,
    );
    const wasSilent = this.isSilent;
    this.#misses = answer.kind === "done" ? 0 : Math.min(this.#misses + 1, silentAfter);
    if (this.isSilent !== wasSilent) this.#silent(answer.kind === "done" ? null : answer.detail);
    return answer;
  }

  /** A line that refuses at once must not be asked without end at once. */
  #pause(): Promise<void> {
    return wait(this.#clock, PAUSE_MS);
  }

  #alone<A>(work: () => Promise<A>): Promise<A> {
    this.#requests++;
    const result = this.#busy.then(work).finally(() => {
      this.#requests--;
    });
    this.#busy = result.catch(() => undefined);
    return result;
  }

  #says(what: string): string {
    return `the pump at ${this.#settings.address.toString(16)} ${what}`;
  }
}
