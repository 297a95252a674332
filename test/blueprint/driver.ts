import type { SerialLine } from "../../src/platform/serial/line.ts";
import type { Cancel, Clock } from "../../src/ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import { type Answer, decodeAnswer, encodeRequest, type Request } from "./codec.ts";

export interface TapSettings {
  /** The device closes by itself when it hears nothing for a second: at most a third of that. */
  readonly pollIntervalMs: number;
  readonly answerTimeoutMs: number;
}

type Status = Extract<Answer, { type: "status" }>;

const HIGHEST_ID = 999;
/** So many polls in a row may go unanswered before nothing can be sold. */
const MISSED_POLLS = 3;

/** A tap that keeps its own register, and the limit it is given. The line is the driver's from now on: `close` closes it. */
export function createTap(line: SerialLine<string>, settings: TapSettings, clock: Clock): Dispenser {
  let listener: (event: DispenserEvent) => void = () => {};
  let id = 0;
  /** From the answer to an `ARM` until the delivery has ended, one way or the other. */
  let running = false;
  /** From an `arm` until a stop is confirmed: what flows belongs to a sale. */
  let charged = false;
  let knownMl: number | null = null;
  let leaking = false;
  let missedPolls = 0;
  let fault: string | null = null;
  let closed = false;
  let cancelPoll: Cancel = () => {};

  async function ask(request: Request): Promise<Outcome<Status>> {
    id = id === HIGHEST_ID ? 1 : id + 1;
    const asked = id;
    const bytes = encodeRequest(asked, request);
    const answer = await line.ask(bytes, (text) => decodeAnswer(text, asked), settings.answerTimeoutMs);
    if (answer.kind !== "done") return answer;
    if (answer.value.type === "refusal") return declined("refused", `the tap refuses: ${answer.value.reason}`);
    hear(answer.value, request.command);
    return done(answer.value);
  }

  /** What every answer tells beside what was asked: the state, and a register that must stand still between sales. */
  function hear({ state, totalMl }: Status, command: Request["command"]): void {
    missedPolls = 0;
    setFault(state === "JAMMED" ? "the valve is jammed: call the service" : null);
    const flowedMl = totalMl - (knownMl ?? totalMl);
    knownMl = totalMl;
    const leaks = flowedMl > 0 && !charged;
    if (leaks && !leaking) listener({ type: "unaccounted", quantityBase: flowedMl, detail: "it flowed unasked" });
    leaking = leaks;
    if (command !== "READ") running = command === "ARM";
    if (!running || command !== "READ") return;
    listener({ type: "reading", totaliserBase: totalMl });
    if (state === "OPEN") return;
    running = false;
    listener({ type: "finished" });
  }

  function setFault(detail: string | null): void {
    if (detail === fault) return;
    fault = detail;
    listener(detail === null ? { type: "fault-cleared" } : { type: "fault-raised", detail });
  }

  function poll(): void {
    cancelPoll = clock.after(settings.pollIntervalMs, () => {
      void ask({ command: "READ" }).then((status) => {
        if (status.kind !== "done" && ++missedPolls >= MISSED_POLLS) setFault(`the tap is silent: ${status.detail}`);
        if (!closed) poll();
      });
    });
  }

  poll();
  return {
    readingStepMs: null,
    mostBasePerS: null,
    arm: async (limitBase) => {
      charged = true;
      const status = await ask({ command: "ARM", limitMl: limitBase });
      return status.kind === "done" ? done(null) : status;
    },
    // The line keeps the order: a stop reaches the device after any `ARM` that was asked before.
    stop: async () => {
      running = false;
      const status = await ask({ command: "STOP" });
      if (status.kind !== "done") return status;
      if (status.value.state !== "CLOSED") return unknown(`the tap is ${status.value.state} after a stop`);
      charged = false;
      return done(null);
    },
    totaliser: async () => {
      const status = await ask({ command: "READ" });
      return status.kind === "done" ? done(status.value.totalMl) : status;
    },
    listen: (next) => {
      listener = next;
      if (fault !== null) listener({ type: "fault-raised", detail: fault });
    },
    close: async () => {
      closed = true;
      cancelPoll();
      await line.close();
    },
  };
}
