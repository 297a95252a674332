/** What stands against selling credits by pulses: what is so, and what whoever is called has to do. */
export const FAULTS = {
  output: (why: string) => `${why}: check that no other program holds the line, and the contact to the coin input`,
  lines: (why: string) => `${why}: check the lines in the configuration, and that no other program holds them`,
  register: (why: string) => `${why}: check the disk, its space and its mount`,
  inhibit: () =>
    "the machine takes no coins now: look whether it is in use or out of order; if neither, check the line `inhibit`",
  loop: (why: string) => `the pulses failed: ${why}: keep the log for a report, restart the daemon`,
} satisfies Record<string, (why: string) => string>;

/** Of a pulse that is not charged, and that the machine may have counted all the same. */
export const DOUBTS = {
  interrupted: "the daemon ended while it went out",
  unset: (why: string) => `its line did not follow (${why})`,
  lost: "its line was lost while it went out",
  late: (lastedMs: number) => `the program stood still while it went out, so that it lasted ${lastedMs} ms`,
};

export function doubtful(n: number, of: number, why: string): string {
  return `pulse ${n} of ${of} may have gone out and is not charged: ${why}. The machine's own counter may tell`;
}
