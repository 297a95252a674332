import { closeSync, constants, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { ReadStream } from "node:tty";

const MOST_WAITING_BYTES = 1_048_576;

/**
 * Takes lines for standard output or standard error, and holds up nobody: what is not read waits, as long as it is not
 * too much; then lines are left out, and counted.
 */
export function logOutput(out: NodeJS.WriteStream & { readonly fd: number }): (line: string) => void {
  const stream = withoutWaiting(out);
  let leftOut = 0;
  return (line) => {
    if (stream.writableLength + line.length > MOST_WAITING_BYTES) {
      leftOut++;
      return;
    }
    if (leftOut > 0) {
      stream.write(
        `${JSON.stringify({ level: "warn", lines: leftOut, msg: "nobody read the log: lines are left out" })}\n`,
      );
      leftOut = 0;
    }
    stream.write(line);
  };
}

/**
 * Node writes to a terminal synchronously, and one whose flow was stopped (Ctrl-S) would stop the whole daemon beside an
 * open valve. Its stream for reading does not.
 */
function withoutWaiting(out: NodeJS.WriteStream & { readonly fd: number }): Writable {
  if (out.isTTY !== true) return out;
  try {
    const fd = openSync(`/dev/fd/${out.fd}`, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    try {
      const stream = new ReadStream(fd);
      stream.on("error", () => undefined);
      return stream.unref();
    } finally {
      // The stream has opened the terminal once more for itself.
      closeSync(fd);
    }
  } catch {
    // A terminal that is another user's cannot be opened once more.
    return out;
  }
}
