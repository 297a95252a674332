/** What stands against selling time by a relay: what is so, and what whoever is called has to do. */
export const FAULTS = {
  output: (why: string) => `${why}: check that no other program holds the line, and the relay board`,
  lines: (why: string) => `${why}: check the lines in the configuration, and that no other program holds them`,
  register: (why: string) => `${why}: check the disk, its space and its mount`,
  stuck: () =>
    "it runs though the relay is off: cut the supply by hand, check the relay, the contactor and the line `running`",
  load: (sales: string) =>
    `${sales} sales in a row were switched on and nothing ran: check the machine, its supply and the line \`running\`, then acknowledge what \`kioskd faults\` lists of this position, or restart kioskd`,
  held: () => "the stop button is pressed all the time: check the button and its cable",
  loop: (why: string) => `the control loop failed: ${why}: keep the log for a report, restart the daemon`,
} satisfies Record<string, (why: string) => string>;

/** Noted as what no sale is charged for. */
export const UNACCOUNTED = {
  interrupted: "the daemon ended while it ran: what ran after the last save, a second ago at the most, is not charged",
  stray: "it ran though nothing was armed",
  late: (lateMs: number) =>
    `the program stood still for ${lateMs} ms while it ran: nobody knows how long the relay was on, and half a second of it is charged at the most`,
};
