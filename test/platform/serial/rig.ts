import { setTimeout as sleep } from "node:timers/promises";
import type { SimulatorPort } from "../../../src/devices/bench/device.ts";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty, type PtyPair } from "../../../src/devices/bench/pty.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { LineSettings, SerialLine } from "../../../src/platform/serial/line.ts";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";
import { openSerialLine } from "../../../src/platform/serial/open.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { atEnd } from "../../support/at-end.ts";
import { needs } from "../../support/components.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";

export const hasSocat = needs("socat", "/usr/bin/socat");

/** Waits for what must come true. */
export async function until(what: () => boolean, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > endMs) throw new Error(`did not come true within ${withinMs} ms: ${what.toString()}`);
    await sleep(2);
  }
}

interface Plug {
  readonly pair: PtyPair;
  readonly device: SimulatorPort;
}

export interface LineRig {
  readonly line: SerialLine<string>;
  /** Each change of the line, as `up` or `down: why`. */
  readonly links: string[];
  readonly frames: string[];
  /** For the line no time passes meanwhile, however busy this machine is. */
  timeless<T>(run: () => Promise<T>): Promise<T>;
  /** Puts a device into the socket: what it gets is told line by line, with a way to answer. */
  plug(received: (line: string, answer: (text: string) => void) => void): Promise<Plug>;
}

/** A line of text over a pseudo-terminal, whose plug can be pulled and put back. */
export function lineRig(settings: Partial<LineSettings> = {}): LineRig {
  const folder = tempFolder();
  const links: string[] = [];
  const frames: string[] = [];
  const path = `${folder}/plug.host`;
  const framing = textLines({ end: "\n", maxBytes: 200 });
  const real = systemClock();
  let heldMs: number | null = null;
  const clock: Clock = { ...real, monotonicMs: () => heldMs ?? real.monotonicMs() };
  const line = openSerialLine({ path, baudRate: 115_200, ...settings }, framing, clock, SILENT);
  line.onLink((up, detail) => links.push(up ? "up" : `down: ${detail}`));
  line.onFrame((frame) => frames.push(frame));
  atEnd(() => line.close());
  return {
    line,
    links,
    frames,
    timeless: async (run) => {
      heldMs = real.monotonicMs();
      try {
        return await run();
      } finally {
        heldMs = null;
      }
    },
    plug: async (received) => {
      const pair = await openPty(folder, "plug");
      const device = await openSimulatorPort({ path: pair.device, baudRate: 115_200 });
      const answer = (text: string): void => device.write(Buffer.from(text, "latin1"));
      const heard = textLines({ end: "\n", maxBytes: 200 });
      device.onBytes((bytes) => {
        for (const text of heard.push(bytes)) received(text, answer);
      });
      atEnd(async () => {
        await device.close();
        await pair.unplug();
      });
      await until(() => line.up);
      return { pair, device };
    },
  };
}

export function request(text: string): Uint8Array {
  return Buffer.from(`${text}\n`, "latin1");
}

/** Takes any line for the answer. */
export function any(frame: string): string {
  return frame;
}
