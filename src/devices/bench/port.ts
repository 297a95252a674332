import { once } from "node:events";
import { SerialPort } from "serialport";
import type { LineSettings, SimulatorPort } from "./device.ts";

export interface PortOptions extends LineSettings {
  readonly path: string;
  /** What the wire does to bytes that pass it; nothing unless given. */
  readonly noise?: (bytes: Uint8Array) => Uint8Array;
}

/** A simulator's end of a real serial port or pseudo-terminal. */
export async function openSimulatorPort(options: PortOptions): Promise<SimulatorPort> {
  const { path, baudRate, parity = "none", noise = (bytes) => bytes } = options;
  const port = new SerialPort({ path, baudRate, parity, autoOpen: true });
  port.on("error", () => undefined);
  await once(port, "open");
  let listener: (bytes: Uint8Array) => void = () => {};
  port.on("data", (bytes: Uint8Array) => listener(noise(bytes)));
  return {
    write: (bytes) => {
      if (port.isOpen) port.write(Buffer.from(noise(bytes)));
    },
    onBytes: (next) => {
      listener = next;
    },
    close: () =>
      new Promise((resolve) => {
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
}
