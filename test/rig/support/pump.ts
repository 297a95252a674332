import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** The simulated lines of a fuel pump, as `hw/rig/pump.c` and the configuration know them. */
export const LINES = { motor: 10, slowValve: 11, fastValve: 12, nozzle: 13, pulser: 14, pulserB: 15, alive: 16 };

interface PumpState {
  readonly pulses: number;
  readonly open: boolean;
  /** On the clock of `process.hrtime`. */
  readonly closedMs: number;
  readonly aliveEdges: number;
}

export interface Flow {
  readonly slowHz: number;
  readonly fastHz: number;
  /** Pulses that still come after both valves are closed. */
  readonly after: number;
}

export interface Pump {
  state(): Promise<PumpState>;
  /** `stray N`, `deaf` or `rates SLOW FAST AFTER`. */
  order(text: string): Promise<PumpState>;
  stop(): void;
}

/** What flows while a valve is open, and the pulses of it. */
export function startPump({ slowHz, fastHz, after }: Flow): Pump {
  const { slowValve, fastValve, alive, pulser, pulserB } = LINES;
  const words = [slowValve, fastValve, alive, slowHz, fastHz, after, pulser, pulserB].map(String);
  const child = spawn("pump", words, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: ((state: PumpState) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(JSON.parse(line) as PumpState));
  const order = (text: string): Promise<PumpState> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${text}\n`);
    });
  return { order, state: () => order("?"), stop: () => child.kill() };
}
