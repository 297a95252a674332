import type { PaymentPlugIn } from "../../ports/payment-plug-in.ts";
import { commands } from "./commands/commands.ts";
import { position, problems, section, type VippsSection } from "./config.ts";
import { CODE_CHARS, LEAST_MINOR, OFFER_MS, rulesFor } from "./wire.ts";

/** Vipps MobilePay, as the registry knows it. */
export const vipps: PaymentPlugIn<typeof section, typeof position, VippsSection, object> = {
  name: "vipps",
  section,
  position,
  problems,
  secretProblem: (at, value) => {
    const isOurs = at[0] === "payment" && at[1] === "vipps";
    return isOurs && !/^[\x21-\x7e]{1,200}$/.test(value) ? "expected one line without blanks" : null;
  },
  times: ({ requestTimeout, offerTimeout, commitTimeout }) => ({ requestTimeout, offerTimeout, commitTimeout }),
  limits: () => ({
    rulesFor,
    currencies: Object.keys(LEAST_MINOR),
    longestOfferMs: OFFER_MS,
    longestCodeChars: CODE_CHARS,
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
