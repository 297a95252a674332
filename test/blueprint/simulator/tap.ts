import type { BenchAction, BenchDevice, SimulatorPort } from "../../../src/devices/bench/device.ts";
import { decodeRequest, encodeAnswer, LONGEST_LINE, type Request, type TapState } from "../codec.ts";

export interface TapSimulatorSettings {
  readonly rateMlPerS: number;
}

const TICK_MS = 10;
const FORGOTTEN_MS = 1_000;

const ACTIONS: readonly BenchAction[] = [
  { id: "mend", label: "Mend it", kind: "use" },
  { id: "jam", label: "Jam the valve, closed", kind: "fault" },
  { id: "drip", label: "Let 5 ml drip", kind: "fault" },
  { id: "mute", label: "Answer nothing any more", kind: "fault" },
];

/** The tap as a device: a valve, a register, a limit, and a valve that closes when nobody has asked for a second. */
export function simulateTap(port: SimulatorPort, { rateMlPerS }: TapSimulatorSettings): BenchDevice {
  let received = "";
  let state: TapState = "CLOSED";
  let totalMl = 0;
  let endMl = 0;
  let mute = false;
  let askedMs = performance.now();
  let openedMs = 0;
  let openedMl = 0;

  function flow(): void {
    if (state !== "OPEN") return;
    const nowMs = performance.now();
    const untilMs = Math.min(nowMs, askedMs + FORGOTTEN_MS);
    const flowedMl = Math.floor(((untilMs - openedMs) * rateMlPerS) / 1_000);
    totalMl = Math.min(endMl, openedMl + Math.max(0, flowedMl));
    if (totalMl === endMl) state = "DONE";
    else if (untilMs < nowMs) state = "CLOSED";
  }

  function carryOut(request: Request): string | null {
    if (request.command === "READ") return null;
    if (request.command === "STOP") {
      if (state !== "JAMMED") state = "CLOSED";
      return null;
    }
    if (state === "JAMMED") return "jammed";
    if (state === "OPEN") return "already open";
    state = "OPEN";
    openedMs = performance.now();
    openedMl = totalMl;
    endMl = totalMl + request.limitMl;
    return null;
  }

  const timer = setInterval(flow, TICK_MS);
  port.onBytes((bytes) => {
    const lines = (received + Buffer.from(bytes).toString("latin1")).split("\n");
    received = (lines.pop() ?? "").slice(-LONGEST_LINE);
    for (const line of lines) {
      const heard = decodeRequest(line);
      if (heard === undefined || mute) continue;
      flow();
      askedMs = performance.now();
      const reason = carryOut(heard.request);
      port.write(
        encodeAnswer(heard.id, reason === null ? { type: "status", state, totalMl } : { type: "refusal", reason }),
      );
    }
  });

  return {
    kind: "tap",
    actions: ACTIONS,
    act: (action) => {
      flow();
      if (action === "mend") {
        mute = false;
        if (state === "JAMMED") state = "CLOSED";
      } else if (action === "jam") state = "JAMMED";
      else if (action === "drip") totalMl += 5;
      else if (action === "mute") mute = true;
      else throw new Error(`a tap knows no action ${action}`);
    },
    state: () => ({ valve: state, totalMl }),
    releasedBase: () => totalMl,
    close: async () => {
      clearInterval(timer);
      await port.close();
    },
  };
}
