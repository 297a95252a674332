import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { ExplainedError } from "../../core/explained-error.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import { done } from "../../ports/outcome.ts";

export interface SimulatedSettings {
  /** What each customer takes, in base units; the limit ends it earlier. */
  readonly quantityBase: number;
  /** Flow in base units a minute. */
  readonly rateBasePerMinute: number;
  /**
   * A file that plays the meter's register, so that a killed daemon finds what had flowed. Without one the
   * totaliser begins at 0 with every start.
   */
  readonly registerPath: string | null;
}

/** The dispenser cannot be used. The message says what was found and what to do. */
class DispenserError extends ExplainedError {
  override readonly name = "DispenserError";
}

const TICK_MS = 100;
const REGISTER_DIGITS = 16;

/** A dispenser without hardware: once armed it dispenses, stops by itself at its limit or at the quantity, and reports. */
export function createSimulatedDispenser(settings: SimulatedSettings, clock: Clock): Dispenser {
  const register = openRegister(settings.registerPath);
  let listener: (event: DispenserEvent) => void = () => {};
  let totaliserBase = register.read();
  let cancelTick: Cancel = () => {};

  function run(startBase: number, endBase: number, startedMs: number): void {
    cancelTick = clock.after(TICK_MS, () => {
      const flowed = Math.floor(((clock.monotonicMs() - startedMs) * settings.rateBasePerMinute) / 60_000);
      totaliserBase = Math.min(startBase + flowed, endBase);
      register.write(totaliserBase);
      listener({ type: "reading", totaliserBase });
      if (totaliserBase < endBase) run(startBase, endBase, startedMs);
      else listener({ type: "finished" });
    });
  }

  return {
    readingStepMs: register.survives ? null : 1_000,
    mostBasePerS: settings.rateBasePerMinute / 30,
    arm: async (limitBase) => {
      cancelTick();
      run(totaliserBase, totaliserBase + Math.min(limitBase, settings.quantityBase), clock.monotonicMs());
      return done(null);
    },
    stop: async () => {
      cancelTick();
      return done(null);
    },
    totaliser: async () => done(totaliserBase),
    listen: (next) => {
      listener = next;
    },
    close: async () => {
      cancelTick();
      register.close();
    },
  };
}

interface Register {
  readonly survives: boolean;
  read(): number;
  write(totaliserBase: number): void;
  close(): void;
}

/** Written in place and without a sync: it outlives the process, as a real meter would. */
function openRegister(path: string | null): Register {
  if (path === null) return { survives: false, read: () => 0, write: () => {}, close: () => {} };
  const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "0";
  if (!/^\d{1,16}$/.test(text)) {
    throw new DispenserError(
      `${path} is no register of a simulated dispenser: it should hold one number. Remove it to begin at 0.`,
    );
  }
  const file = openSync(path, existsSync(path) ? "r+" : "w", 0o640);
  const write = (totaliserBase: number): void => {
    writeSync(file, String(totaliserBase).padStart(REGISTER_DIGITS, "0"), 0);
  };
  write(Number(text));
  let open = true;
  return {
    survives: true,
    read: () => Number(text),
    write,
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}
