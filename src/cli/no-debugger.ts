import { close, url } from "node:inspector";

const LOOK_MS = 1_000;
const LOOKS = 60;

/**
 * Node opens its debugger at a SIGUSR1 that nobody listens to. One that came while this program was being loaded has
 * opened it already, or is about to: on a busy machine seconds later.
 */
if (![...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].some((option) => option.includes("--inspect"))) {
  process.on("SIGUSR1", () => undefined);
  closeDebugger(LOOKS);
}

function closeDebugger(looksLeft: number): void {
  if (url() !== undefined) close();
  if (looksLeft > 0) setTimeout(closeDebugger, LOOK_MS, looksLeft - 1).unref();
}
