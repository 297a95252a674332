/** What stands against selling from a vending machine: what is so, and what whoever is called has to do. */
export const FAULTS = {
  unheard: () => "the machine has not reported yet: wait for it, or check the adapter's cable",
  port: (why: string) => `the adapter's port is lost: ${why}: check its cable, and \`port\` in the configuration`,
  silent: () => "the adapter does not answer: check that it is powered, and `port` in the configuration",
  garbled: (bytes: string) =>
    `${bytes} bytes came from the adapter, but no line of its language: check that it is a Qibixx MDB adapter at 115200 baud, and its cable`,
  unset: () =>
    "the machine's controller does not set up the reader: check the MDB cable, the bus voltage and the address",
  disabled: () =>
    "the machine's controller has disabled cashless payment: close its door, and see what it says on its own display",
  decimals: (why: string) =>
    `${why}: set decimalPlaces and scaleFactor to what the machine is set to, then start the daemon again`,
  tooFine: (amount: string) =>
    `the machine asks for ${amount}, and is sold from in hundredths: set its prices to whole hundredths`,
  register: (why: string) => `what was sold cannot be written down: ${why}: check the disk, its space and its mount`,
} satisfies Record<string, (why: string) => string>;
