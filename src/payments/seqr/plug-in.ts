import { NO_RULES } from "../../core/money-rules.ts";
import type { PaymentPlugIn } from "../../ports/payment-plug-in.ts";
import { kept, problems, secretProblem } from "./checks.ts";
import { commands } from "./commands/commands.ts";
import { position, type SeqrPosition, type SeqrSection, section } from "./config.ts";
import { FOLDER } from "./registered.ts";

/** SEQR, as the registry knows it. */
export const seqr: PaymentPlugIn<typeof section, typeof position, SeqrSection, SeqrPosition> = {
  name: "seqr",
  section,
  position,
  problems,
  secretProblem,
  times: ({ requestTimeout, offerTimeout, commitTimeout }) => ({ requestTimeout, offerTimeout, commitTimeout }),
  limits: () => ({
    rulesFor: () => NO_RULES,
    currencies: null,
    longestOfferMs: null,
    longestCodeChars: null,
    hasPeriods: true,
  }),
  listens: ({ unattended }) =>
    unattended === undefined ? [] : [{ at: ["payment", "seqr", "unattended", "listen"], listen: unattended.listen }],
  certificates: ({ caFile, unattended }) => [
    { at: ["payment", "seqr"], caFile },
    { at: ["payment", "seqr", "unattended"], certFile: unattended?.certFile },
  ],
  keeps: { folder: FOLDER, what: "the terminal of" },
  kept,
  load: () => import("./open.ts"),
  startSimulator: async (place) => (await import("./demo.ts")).startSimulator(place),
  commands,
};
