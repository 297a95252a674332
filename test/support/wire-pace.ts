import { once } from "node:events";
import { SerialPort } from "serialport";
import { openPty } from "../../src/devices/bench/pty.ts";
import { tempFolder } from "./temp.ts";

const ROUNDS = 40;

/**
 * The longest that some bytes took there and back over a pseudo-terminal just now. What a test of a noisy wire waits
 * for an answer follows it, so that on a busy machine it is still the noise that answers are lost to.
 */
export async function roundTripMs(): Promise<number> {
  const pty = await openPty(tempFolder(), "pace");
  const ends = [pty.host, pty.device].map((path) => new SerialPort({ path, baudRate: 115_200 }));
  const [near, far] = ends as [SerialPort, SerialPort];
  await Promise.all(ends.map((end) => once(end, "open")));
  far.on("data", (bytes: Uint8Array) => far.write(bytes));
  let worstMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    near.write("x");
    await once(near, "data");
    worstMs = Math.max(worstMs, performance.now() - startMs);
  }
  await Promise.all(ends.map((end) => new Promise((resolve) => end.close(resolve))));
  await pty.unplug();
  return worstMs;
}
