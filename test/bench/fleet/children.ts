import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Requests, Setup } from "./protocol.ts";

const PROGRAM = fileURLToPath(new URL("./process.ts", import.meta.url));
const ANSWER_WITHIN_MS = 60_000;

export interface Child {
  readonly pid: number;
  ask<R extends keyof Requests>(request: R): Promise<Requests[R]>;
  end(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Nothing that was started survives the bench, however it ends. */
export function killWithBench(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Resolves when the process has done what it was set up for. */
export async function startChild(setup: Setup): Promise<Child> {
  const child = fork(PROGRAM, {
    cwd: import.meta.dirname,
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  killWithBench(child);
  const exited = once(child, "exit");
  let lastId = 0;

  function answered<T>(id: number, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const give = (outcome: () => void): void => {
        clearTimeout(timer);
        child.off("message", onMessage);
        child.off("exit", onExit);
        outcome();
      };
      const onMessage = (message: unknown): void => {
        const { id: of, answer } = message as { id: number; answer: T };
        if (of === id) give(() => resolve(answer));
      };
      const onExit = (): void => give(() => reject(new Error(`a process of the bench ended at ${what}`)));
      const late = (): void => give(() => reject(new Error(`a process of the bench did not answer ${what}`)));
      const timer = setTimeout(late, ANSWER_WITHIN_MS);
      child.on("message", onMessage);
      child.on("exit", onExit);
    });
  }

  const ready = answered<null>(0, `its setup as ${setup.role}`);
  child.send({ setup });
  await ready;
  return {
    pid: child.pid ?? 0,
    ask: (request) => {
      lastId += 1;
      const answer = answered<Requests[typeof request]>(lastId, request);
      child.send({ id: lastId, request });
      return answer;
    },
    end: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
