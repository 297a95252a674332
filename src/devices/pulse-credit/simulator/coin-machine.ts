import { actsOf } from "../../bench/acts.ts";
import type { BenchAction, BenchDevice } from "../../bench/device.ts";
import type { SimulatorLines } from "../../bench/lines.ts";

/** Where the machine is wired to. */
export interface CoinMachineLines {
  readonly coin: string;
  readonly inhibit: string;
}

const ACTIONS: readonly BenchAction[] = [
  { id: "use-credit", label: "Use all credits", kind: "use" },
  { id: "take-no-coins", label: "Take no coins", kind: "fault" },
  { id: "take-coins", label: "Take coins again", kind: "use" },
];

const LOOK_MS = 5;
/** What is closed for less is noise to it, and for more a coin that is stuck. */
const SHORTEST_MS = 20;
const LONGEST_MS = 1_000;

/** A machine that counts pulses on its coin input, and says on a line of its own when it takes none. */
export function startCoinMachine(lines: SimulatorLines, at: CoinMachineLines, valueBase: number): BenchDevice {
  let closedAtMs: number | null = null;
  let pulses = 0;
  let credits = 0;
  let refused = 0;

  function look(): void {
    const nowMs = performance.now();
    const isClosed = lines.level(at.coin);
    if (isClosed && closedAtMs === null) closedAtMs = nowMs;
    if (isClosed || closedAtMs === null) return;
    const lastedMs = nowMs - closedAtMs;
    closedAtMs = null;
    const isCoin = lastedMs >= SHORTEST_MS && lastedMs <= LONGEST_MS && !lines.level(at.inhibit);
    if (!isCoin) {
      refused += 1;
      return;
    }
    pulses += 1;
    credits += 1;
  }

  const acts: Readonly<Record<string, () => void>> = {
    "use-credit": () => {
      credits = 0;
    },
    "take-no-coins": () => lines.drive(at.inhibit, true),
    "take-coins": () => lines.drive(at.inhibit, false),
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    kind: "coin-machine",
    actions: ACTIONS,
    act: actsOf("a coin machine", acts),
    state: () => ({ credits, refused, closed: lines.level(at.coin), takesCoins: !lines.level(at.inhibit) }),
    releasedBase: () => pulses * valueBase,
    close: async () => clearInterval(timer),
  };
}
