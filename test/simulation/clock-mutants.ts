/** Mistakes about which clock is right; in the shape of those in mutants.ts. */
export const CLOCK_MUTANTS = [
  {
    name: "a clock that was wrong once stays the measure",
    file: "engine/watch/clock-check.ts",
    right: "if (by === null) return clockFault(problem, facts);",
    wrong: "return clockFault(problem, facts);",
    caughtBy: ["6 serves"],
  },
  {
    name: "what was taken as the time is not remembered",
    file: "core/clock.ts",
    right: "return taken !== null && taken.overruledMs === newestMs ? taken.atMs : newestMs;",
    wrong: "return newestMs;",
    caughtBy: ["6 serves"],
  },
  {
    name: "a clock is taken that nobody vouches for",
    file: "engine/watch/clock-check.ts",
    right: 'return isSynchronised ? "time server" : null;',
    wrong: 'return "time server";',
    caughtBy: ["6 clock"],
  },
  {
    name: "the service's time is not held against the clock",
    file: "core/clock.ts",
    right:
      'if (expected.every((eachMs) => Math.abs(aheadMs - eachMs) > bounds.differsMs)) return "not-the-service\'s";',
    wrong: "",
    caughtBy: ["6 clock"],
  },
  {
    name: "a sale begins by a time that was overruled",
    file: "engine/sale/sale-clock.ts",
    right: "this.follow(newestMs - this.#clock.wallMs() > POLICY.clockToleranceMs ? 0 : newestMs);",
    wrong: "this.follow(newestMs);",
    caughtBy: ["6 clock"],
  },
] as const;
