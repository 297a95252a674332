/** What stands against selling from a vending machine on relays: what is so, and what whoever is called has to do. */
export const FAULTS = {
  output: (why: string) => `${why}: check that no other program holds the line, and the relay board`,
  lines: (why: string) => `${why}: check the lines in the configuration, and that no other program holds them`,
  loop: (why: string) =>
    `a vend failed: ${why}: look whether it dropped, keep the log for a report, restart the daemon`,
  jam: () => "every selection gave nothing: fill the machine, look for what is stuck, then restart the daemon",
  sensor: () =>
    "a drop sensor sees something that stays, so that it cannot see a sale: take away what lies before it, check its cable",
  register: (why: string) => `${why}: check the disk, its space and its mount`,
} satisfies Record<string, (why: string) => string>;
