import { close, url } from "node:inspector";

const LATE_MS = 1_000;

/**
 * Node opens its debugger at a SIGUSR1 that nobody listens to. One that came while this program was being loaded has
 * opened it already, or is about to.
 */
if (![...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].some((option) => option.includes("--inspect"))) {
  const closeDebugger = (): void => {
    if (url() !== undefined) close();
  };
  process.on("SIGUSR1", () => undefined);
  closeDebugger();
  setTimeout(closeDebugger, LATE_MS).unref();
}
