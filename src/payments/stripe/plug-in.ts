import type { PaymentPlugIn } from "../../ports/payment-plug-in.ts";
import { secretProblem } from "./checks.ts";
import { commands } from "./commands/commands.ts";
import {
  PAGE_ADDRESS_CHARS,
  PAGE_LIFE_MS,
  position,
  type StripePosition,
  type StripeSection,
  section,
} from "./config.ts";
import { rulesOf } from "./wire-money.ts";

/** Stripe, as the registry knows it. */
export const stripe: PaymentPlugIn<typeof section, typeof position, StripeSection, StripePosition> = {
  name: "stripe",
  section,
  position,
  // All that may not go together is checked for every service, by the limits below.
  problems: () => [],
  secretProblem,
  times: ({ requestTimeout, offerTimeout, commitTimeout }) => ({ requestTimeout, offerTimeout, commitTimeout }),
  limits: () => ({
    rulesFor: rulesOf,
    currencies: null,
    longestOfferMs: PAGE_LIFE_MS,
    longestCodeChars: PAGE_ADDRESS_CHARS,
    hasPeriods: false,
  }),
  listens: () => [],
  certificates: () => [],
  keeps: null,
  kept: () => ({ found: [], secrets: [] }),
  load: () => import("./open.ts"),
  startSimulator: async (place) => (await import("./demo.ts")).startSimulator(place),
  commands,
};
