import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** The built program. */
export const MAIN = join(import.meta.dirname, "../../dist/main.js");

const PATIENCE_MS = 60_000;

export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs commands of the built program on one configuration; what they end with and print is the answer. */
export function kioskdOn(config: string): (...args: string[]) => Promise<Result> {
  return async (...args) => {
    try {
      const { stdout, stderr } = await promisify(execFile)(MAIN, [...args, "--config", config], {
        timeout: PATIENCE_MS,
      });
      return { status: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, out: stdout, err: stderr };
    }
  };
}
