import type { PaymentPlugIn } from "../../ports/payment-plug-in.ts";
import { problems, secretProblem } from "./checks.ts";
import { commands } from "./commands/commands.ts";
import { position, type StripePosition, type StripeSection, section } from "./config.ts";

/** Stripe, as the registry knows it. */
export const stripe: PaymentPlugIn<typeof section, typeof position, StripeSection, StripePosition> = {
  name: "stripe",
  section,
  position,
  problems,
  secretProblem,
  times: ({ requestTimeout, offerTimeout, commitTimeout }) => ({ requestTimeout, offerTimeout, commitTimeout }),
  listens: () => [],
  certificates: () => [],
  keeps: null,
  kept: () => ({ found: [], secrets: [] }),
  load: () => import("./open.ts"),
  startSimulator: async (place) => (await import("./demo.ts")).startSimulator(place),
  commands,
};
