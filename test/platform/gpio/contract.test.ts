import { gpioContract } from "../../contract/gpio.ts";
import { simulatedLines } from "../../support/gpio-lines.ts";

gpioContract("simulated lines", () => {
  const lines = simulatedLines();
  return {
    open: async () => lines.gpio,
    lines: { output: "GPIO17", input: "GPIO27", counter: "GPIO22", other: "GPIO23" },
    level: lines.level,
    drive: lines.drive,
    pulse: lines.pulse,
    until: async (what, holds) => {
      if (!holds()) throw new Error(`it is not so that ${what}`);
    },
    pass: async () => undefined,
    countsAlone: true,
    debounces: false,
    lose: lines.lose,
    regain: lines.regain,
  };
});
