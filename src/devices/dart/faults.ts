const THEN_RESTART = "then start the daemon again";

/** What stands against selling from a pump: what is so, and what whoever is called has to do. */
export const FAULTS = {
  silent: (why: string) => `the pump is silent: ${why}: check its power, the cable, the address and the speed`,
  register: (why: string) =>
    `its register cannot be believed: ${why}: compare it with the pump's display, ${THEN_RESTART}`,
  audit: (why: string) => `the last delivery does not add up: ${why}: compare with the pump's totals, ${THEN_RESTART}`,
  overrun: (why: string) => `the pump gave more than it was preset to: ${why}: check its valve, ${THEN_RESTART}`,
  unaccounted: (why: string) => `${why}: check its valve and hose`,
  unarmed: () => "the pump delivers though it was not armed: switch it off, and check its valve",
  alarm: (why: string) => `the pump gives alarm: ${why}: see to its cause, then clear the alarm at the pump`,
  price: (why: string) => `${why}: set that price at the pump, or give \`priceDecimals\` so that it is set from here`,
  decimals: (why: string) =>
    `${why}: set the configuration to what the pump's display shows, ${THEN_RESTART}; until then nothing is sold`,
  amount: (why: string) =>
    `${why}: compare volumeDecimals, priceDecimals and amountDecimals with the pump's display, ${THEN_RESTART}`,
  off: () => "the pump is switched off: switch it on at the pump",
  unprogrammed: () => "the pump has no price: set it at the pump, or give it one by `priceDecimals`",
} satisfies Record<string, (why: string) => string>;

export type Fault = keyof typeof FAULTS;
