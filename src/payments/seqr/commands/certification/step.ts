import type { Exchange } from "../../exchange.ts";

/** One line of the certification. `run` resolves with what was seen, or rejects with what was seen instead. */
export interface Step {
  readonly number: string;
  readonly name: string;
  readonly expected: string;
  /** Numbers of the steps without which this one makes no sense. */
  readonly needs: readonly string[];
  /** Runs also after the operator has ended the rest. */
  readonly always?: boolean;
  run(): Promise<string>;
}

export interface StepResult {
  readonly number: string;
  readonly name: string;
  readonly expected: string;
  readonly seen: string;
  readonly result: "passed" | "failed" | "not run";
  readonly exchanges: readonly Exchange[];
}

/** The service answered something else than the step expects; the message is what was seen. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
}

interface Bench {
  /** What went over the wire since the last time. */
  takeExchanges(): readonly Exchange[];
  say(text: string): void;
  readonly signal: AbortSignal;
}

/** Runs every step whose needs are met, in order. Nothing that a step does ends the others, or throws. */
export async function runSteps(steps: readonly Step[], bench: Bench): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  const passed = new Set<string>();
  for (const step of steps) {
    const { number, name, expected } = step;
    const add = (result: StepResult["result"], seen: string): void => {
      results.push({ number, name, expected, seen: printable(seen), result, exchanges: bench.takeExchanges() });
    };
    const lacking = step.needs.find((need) => !passed.has(need));
    if (lacking !== undefined) {
      add("not run", `needs step ${lacking}`);
      continue;
    }
    if (bench.signal.aborted && step.always !== true) {
      add("not run", "ended by the operator");
      continue;
    }
    bench.say(`${number.padEnd(3)}${name}`);
    try {
      add("passed", await step.run());
      passed.add(number);
    } catch (error) {
      add("failed", seenIn(error, bench.signal));
    }
  }
  return results;
}

function seenIn(error: unknown, signal: AbortSignal): string {
  if (error instanceof StepFailed) return error.message;
  if (signal.aborted) return "ended by the operator";
  return error instanceof Error ? error.message : String(error);
}

const SEEN_MAX = 200;

/** What the service sent may hold anything, and goes to a terminal. */
export function printable(text: string): string {
  return text.slice(0, SEEN_MAX).replace(/[^\x20-\x7e]/g, "?");
}
