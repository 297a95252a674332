import type { BenchDevice, Demo, LineSimulator, NetSimulator, Simulator } from "../devices/bench/device.ts";
import { DEVICES } from "../devices/registry.ts";

export type AnySimulator = Simulator | NetSimulator;

/** A kind of demo; its device is simulated at the far end of a pseudo-terminal, of a network or of lines, or has no wire at all. */
export interface Kind extends Demo {
  readonly simulator: AnySimulator | null;
  readonly onLines: LineSimulator | null;
}

export interface Benches {
  readonly simulators: readonly AnySimulator[];
  readonly kinds: readonly Kind[];
}

/** What can be tried out without hardware. */
export async function openBenches(): Promise<Benches> {
  const all = await Promise.all(DEVICES.map(async ({ bench }) => (await bench?.()) ?? {}));
  return {
    simulators: all.flatMap(({ simulator }) => simulator ?? []),
    kinds: all.flatMap(({ simulator = null, onLines = null, demo }) =>
      demo === undefined ? [] : { ...demo, simulator, onLines },
    ),
  };
}

export function isOnLine(simulator: AnySimulator): simulator is Simulator {
  return "line" in simulator;
}

/** Rejects when the port cannot be opened. */
export async function startDevice({ line, start }: Simulator, path: string, speed = 1): Promise<BenchDevice> {
  const { openSimulatorPort } = await import("../devices/bench/port.ts");
  return start(await openSimulatorPort({ ...line, path }), speed);
}
