import { readFileSync, statSync } from "node:fs";
import type { Cancel, Clock } from "../../ports/clock.ts";

/** What a few files hold together, such as a certificate and its key. */
export interface WatchedFiles<T> {
  /** What they held at the start. */
  readonly first: T;
  /**
   * From now on `take` gets what they hold, each time that one of them has changed. It throws when it cannot use
   * that, such as half a file or a key of another certificate; `refused` then hears why, once for each change.
   */
  follow(take: (contents: T) => void, refused: (reason: string) => void): void;
  close(): void;
}

/** A renewal has days of time; a look costs one call for each file. */
const LOOK_EVERY_MS = 60_000;
/** All authorities of a system together have about so many. */
const LARGEST_PEM_BYTES = 1024 * 1024;

/**
 * Looks at the files once a minute, because a notice from the kernel does not come for a file that a symbolic link
 * leads to, or that is on another machine. `read` reads them all and throws when it cannot: here at the start, and
 * later to `refused`. Give the paths as they are opened: systemd's copies of credentials change with a restart only.
 */
export function watchFiles<T>(paths: readonly string[], read: () => T, clock: Clock): WatchedFiles<T> {
  // Marked before they are read: what changes in between differs from its mark at the next look.
  let marks = marksOf(paths);
  const first = read();
  let cancel: Cancel = () => {};
  let closed = false;

  const follow = (take: (contents: T) => void, refused: (reason: string) => void): void => {
    cancel();
    if (closed) return;
    cancel = clock.after(LOOK_EVERY_MS, () => {
      const found = marksOf(paths);
      if (found !== marks) {
        marks = found;
        try {
          take(read());
        } catch (error) {
          refused(error instanceof Error ? error.message : String(error));
        }
      }
      follow(take, refused);
    });
  };
  return {
    first,
    follow,
    close: () => {
      closed = true;
      cancel();
    },
  };
}

/** A file of certificates. */
export function readPem(path: string): string {
  const { size } = statSync(path);
  if (size > LARGEST_PEM_BYTES) throw new Error(`${path} is longer than ${LARGEST_PEM_BYTES} bytes`);
  return readFileSync(path, "utf8");
}

/** Differs when a file was written, exchanged, allowed or forbidden, is gone or is there again. */
function marksOf(paths: readonly string[]): string {
  return JSON.stringify(paths.map(markOf));
}

function markOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
