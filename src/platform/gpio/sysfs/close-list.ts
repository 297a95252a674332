import { appendFileSync, writeFileSync } from "node:fs";

/**
 * The outputs in use, for a shell that must close them when the daemon is gone: a line each, the value that makes it
 * inactive and the file to write it to. A program of a second's start is too slow beside an open valve.
 */
export class CloseList {
  readonly #path: string | null;

  constructor(path: string | null) {
    this.#path = path;
    if (path !== null) writeFileSync(path, "");
  }

  add(value: 0 | 1, file: string): void {
    if (this.#path !== null) appendFileSync(this.#path, `${value} ${file}\n`);
  }
}
