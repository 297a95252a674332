import type { Mutant } from "./mutants.ts";

/** Mistakes about a journal that is not the one it was when the daemon starts again. */
export const JOURNAL_MUTANTS: readonly Mutant[] = [
  {
    name: "a journal that lost its end is taken",
    file: "platform/journal/sqlite/chain/trust.ts",
    right: "if (own.seq < seq) missing.push",
    wrong: "if (own.seq < seq) continue; else if (own.seq < 0) missing.push",
    caughtBy: ["10 replay", "8 restart", "6 code"],
  },
  {
    name: "a journal that is ahead of its mark is refused",
    file: "platform/journal/sqlite/chain/trust.ts",
    right: "if (own.seq < seq) missing.push",
    wrong: "if (own.seq !== seq) missing.push",
    caughtBy: ["10 journal"],
  },
];
