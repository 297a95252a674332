const OUTPUTS = [process.stdout, process.stderr];

/** Nobody reading any more is no failure, and no reason to leave a customer in the middle of a delivery. */
export function bearClosedOutputs(): void {
  for (const stream of OUTPUTS) stream.on("error", () => undefined);
}

/**
 * Resolves when all that was printed has left the process, however slowly it is read: a pipe holds 64 KiB, and
 * `process.exit` drops the rest.
 */
export async function allPrinted(): Promise<void> {
  await Promise.all(OUTPUTS.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))));
}

/**
 * Resolves when the process is told to end. A second signal ends it at once: what is open is in the journal.
 */
export function toldToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (told) process.exit(1);
        told = true;
        resolve(signal);
      });
    }
  });
}
