import { close, constants, open } from "node:fs";
import type { Duplex } from "node:stream";
import { isatty, ReadStream } from "node:tty";
import { promisify } from "node:util";

/** A terminal that gives its keys one by one, without echo, and takes bytes without holding up who writes them. */
export interface Tty {
  readonly stream: Duplex;
  /** Makes the terminal what it was before it was opened; to be called once, before the stream is destroyed. */
  release(): void;
}

/** The terminal that the process was started on. */
const OWN = "/dev/stdout";

/** Rejects when there is no such device, when it is not allowed, and when it is no terminal. */
export async function openTty(device: string | null): Promise<Tty> {
  const path = device ?? OWN;
  // Without O_NONBLOCK a serial port waits for a carrier; with O_NOCTTY a hang-up does not end the daemon.
  const fd = await promisify(open)(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  try {
    if (!isatty(fd)) throw new Error(`${path} is not a terminal: name one as display.terminal.device`);
    // The stream opens the terminal once more for itself. A WriteStream would write synchronously.
    const stream = new ReadStream(fd);
    stream.setRawMode(true);
    return { stream, release: () => void stream.setRawMode(false) };
  } finally {
    await promisify(close)(fd);
  }
}
