import { close, constants, fstatSync, open, readFileSync } from "node:fs";
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
    const { rdev } = fstatSync(fd);
    if (isBehind(rdev)) throw new Error("kioskd runs in the background of it: bring it to the foreground with fg");
    // The stream opens the terminal once more for itself. A WriteStream would write synchronously.
    const stream = new ReadStream(fd);
    stream.setRawMode(true);
    const release = (): void => {
      if (!isBehind(rdev)) stream.setRawMode(false);
    };
    return { stream, release };
  } finally {
    await promisify(close)(fd);
  }
}

/**
 * Whether the process runs in the background of this terminal. The kernel answers each attempt to read or to set it up
 * from there with SIGTTIN or SIGTTOU, which are borne, and Node would try again for ever.
 */
function isBehind(terminal: number): boolean {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
    .map(Number);
  const [, , group, , controlling, foreground] = fields;
  return controlling === terminal && group !== foreground;
}
