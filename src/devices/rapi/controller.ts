import type { SerialLine } from "../../platform/serial/line.ts";
import type { Clock } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { decodeRapi, encodeRapi, FLAG, LEAST_CURRENT_A, STATE } from "./codec.ts";
import { FAULTS } from "./fault-text.ts";

export interface Status {
  readonly state: number;
  readonly relayClosed: boolean;
  readonly carConnected: boolean;
  readonly bootLocked: boolean;
}

/** What the controller says of itself, as one moment's truth. */
export interface Sample extends Status {
  /** By the monotonic clock: what it tells of the meter is no older. */
  readonly askedMs: number;
  /** Watt-seconds of this session, from plug to plug. They stand on after its end. */
  readonly sessionWs: number;
  /** Watt-hours of all sessions that have ended. */
  readonly endedWh: number;
}

interface Reply {
  readonly accepted: boolean;
  readonly words: readonly string[];
}

/** A controller answers once in a turn of its loop, which a closing relay can hold up. */
const ANSWER_MS = 300;
const ATTEMPTS = 4;
/** How often a sample is begun anew because what it saw changed meanwhile. */
const ROUNDS = 4;
/** After so long a sample is not begun anew. */
const SAMPLE_MS = 1_500;
/** Seconds without a pulse after which the controller falls back. Over 65 the firmware's sixteen bits overflow. */
const SUPERVISION_S = 5;

/** The commands of RAPI that a dispenser needs, each with a sequence id of its own, repeated while no answer comes. */
export class Controller {
  readonly #line: SerialLine<string>;
  readonly #clock: Clock;
  #sequence = 0;

  constructor(line: SerialLine<string>, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /**
   * Status, energy, energy, status: taken when both pairs agree. The checksum lets two damages that undo each other
   * pass, and a session that ends between two questions would be counted twice.
   */
  async sample(): Promise<Outcome<Sample>> {
    const overMs = this.#clock.monotonicMs() + SAMPLE_MS;
    for (let round = 0; round < ROUNDS && (round === 0 || this.#clock.monotonicMs() < overMs); round++) {
      const before = await this.#read(["GS"], parseStatus);
      if (before.kind !== "done") return before;
      const askedMs = this.#clock.monotonicMs();
      const usage = await this.#read(["GU"], parseUsage);
      if (usage.kind !== "done") return usage;
      const again = await this.#read(["GU"], parseUsage);
      if (again.kind !== "done") return again;
      if (!isSame(usage.value, again.value)) continue;
      const after = await this.#read(["GS"], parseStatus);
      if (after.kind !== "done") return after;
      if (isSame(before.value, after.value)) return done({ ...after.value, ...again.value, askedMs });
    }
    return unknown(FAULTS.answersDiffer());
  }

  /** The status, told twice alike. */
  async status(): Promise<Outcome<Status>> {
    let last: Status | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const answer = await this.#read(["GS"], parseStatus);
      if (answer.kind !== "done" || (last !== null && isSame(last, answer.value))) return answer;
      last = answer.value;
    }
    return unknown(FAULTS.statesDiffer());
  }

  /** Lets the car open its contacts first: the relay opens within 3 s. */
  sleep(): Promise<Outcome<null>> {
    return this.#order("FS");
  }

  /** Opens the relay at once, under load. Unplugging is not seen any more. */
  disable(): Promise<Outcome<null>> {
    return this.#order("FD");
  }

  /** Not repeated once it is no longer wanted: it must not come after a stop. */
  async enable(isWanted: () => boolean): Promise<Outcome<null>> {
    const reply = await this.#ask(["FE"], isWanted);
    if (reply.kind !== "done") return reply;
    return reply.value.accepted ? done(null) : declined("refused", FAULTS.notEnabled());
  }

  /** False for firmware that has no boot lock: it charges a car by itself when its power comes back. */
  async clearBootLock(): Promise<Outcome<boolean>> {
    const reply = await this.#ask(["SB"]);
    if (reply.kind !== "done") return reply;
    const isFaulty = reply.value.accepted && reply.value.words[0] === "1";
    return isFaulty ? declined("refused", FAULTS.bootLocked()) : done(reply.value.accepted);
  }

  /** Volatile: the plain form would wear out the memory. A lower current than asked for is as good. */
  async offerCurrent(currentA: number): Promise<Outcome<null>> {
    const reply = await this.#ask(["SC", String(currentA), "V"]);
    if (reply.kind !== "done") return reply;
    const setA = Number(reply.value.words[0]);
    if (setA > 0 && setA <= currentA) return done(null);
    return declined(
      "refused",
      FAULTS.otherCurrent(`the charger does not take ${currentA} A: it stands at ${reply.value.words.join(" ")}`),
    );
  }

  /**
   * Has the controller lower its current when pulses stay out. It cannot be told to stop: a fallback below 6 A is
   * raised to 6 A (`SetCurrentCapacity`). False for firmware that cannot do it.
   */
  async supervise(): Promise<Outcome<boolean>> {
    const reply = await this.#ask(["SY", String(SUPERVISION_S), String(LEAST_CURRENT_A)]);
    return reply.kind === "done" ? done(reply.value.accepted) : reply;
  }

  /** False when pulses were missed before, and the current has been lowered. */
  async pulse(): Promise<Outcome<boolean>> {
    const reply = await this.#ask(["SY"]);
    return reply.kind === "done" ? done(reply.value.accepted) : reply;
  }

  /** Has the charger stop by itself when this session, from the plug on, comes to so much. Only while a car is connected. */
  limitSession(limitKwh: number): Promise<Outcome<null>> {
    return this.#order("SH", String(limitKwh));
  }

  async #order(...words: string[]): Promise<Outcome<null>> {
    const reply = await this.#ask(words);
    if (reply.kind !== "done") return reply;
    return reply.value.accepted ? done(null) : declined("refused", FAULTS.refuses(words.join(" ")));
  }

  async #read<T>(words: readonly string[], parse: (words: readonly string[]) => T | null): Promise<Outcome<T>> {
    const reply = await this.#ask(words);
    if (reply.kind !== "done") return reply;
    const value = reply.value.accepted ? parse(reply.value.words) : null;
    if (value !== null) return done(value);
    const said = `${reply.value.accepted ? "OK" : "NK"} ${reply.value.words.join(" ")}`;
    return unknown(FAULTS.oldFirmware(`the controller answers $${words.join(" ")} with "${said}"`));
  }

  async #ask(words: readonly string[], isWanted = () => true): Promise<Outcome<Reply>> {
    let failure = "";
    for (let attempt = 0; attempt < ATTEMPTS && this.#line.up && isWanted(); attempt++) {
      this.#sequence = (this.#sequence % 0xff) + 1;
      const sequence = this.#sequence;
      const request = encodeRapi({ words, sequence });
      const answer = await this.#line.ask(request, (line) => replyTo(sequence, line), ANSWER_MS);
      if (answer.kind === "done" && typeof answer.value !== "string") return done(answer.value);
      failure = answer.kind === "done" ? String(answer.value) : answer.detail;
    }
    return unknown(failure === "" ? FAULTS.lineDown() : failure);
  }
}

/** The reply to this request, or why the answer cannot be taken; undefined for a line that is no answer to it. */
function replyTo(sequence: number, line: string): Reply | string | undefined {
  const message = decodeRapi(line);
  const [kind, ...words] = message?.words ?? [];
  if (message === null || (kind !== "OK" && kind !== "NK")) return undefined;
  if (message.sequence === sequence) return { accepted: kind === "OK", words };
  if (message.sequence !== null) return undefined;
  if (kind === "NK") return FAULTS.damaged();
  return FAULTS.noSequence();
}

function parseStatus(words: readonly string[]): Status | null {
  const [state = "", elapsed = "", pilot = "", flags = ""] = words;
  if (words.length !== 4 || !/^\d{1,10}$/.test(elapsed)) return null;
  if (!/^[0-9a-f]{2}$/i.test(state) || !/^[0-9a-f]{2}$/i.test(pilot) || !/^[0-9a-f]{4}$/i.test(flags)) return null;
  const bits = Number.parseInt(flags, 16);
  return {
    state: Number.parseInt(state, 16),
    relayClosed: (bits & FLAG.relayClosed) !== 0,
    carConnected: (bits & FLAG.carConnected) !== 0,
    bootLocked: (bits & FLAG.bootLocked) !== 0,
  };
}

function parseUsage(words: readonly string[]): { sessionWs: number; endedWh: number } | null {
  if (words.length !== 2 || !words.every((word) => /^\d{1,10}$/.test(word))) return null;
  return { sessionWs: Number(words[0]), endedWh: Number(words[1]) };
}

function isSame<T extends object>(one: T, other: T): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether nothing can flow, and nothing can begin to without a command. */
export function isAtRest({ state, relayClosed }: Status): boolean {
  return !relayClosed && (state === STATE.sleeping || state === STATE.disabled);
}

export function isFault(state: number): boolean {
  return state >= STATE.ventRequired && state <= STATE.lastFault;
}
