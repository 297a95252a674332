import { actsOf } from "../../bench/acts.ts";
import type { BenchAction, BenchDevice } from "../../bench/device.ts";
import type { SimulatorLines } from "../../bench/lines.ts";

/** Where the bay is wired to. */
export interface BayLines {
  readonly power: string;
  readonly running: string;
  readonly start: string;
  readonly stop: string;
  readonly warning: string;
}

const ACTIONS: readonly BenchAction[] = [
  { id: "press-start", label: "Press start", kind: "use" },
  { id: "press-stop", label: "Press stop", kind: "use" },
  { id: "break-machine", label: "Let the machine stand still", kind: "fault" },
  { id: "mend-machine", label: "Mend the machine", kind: "use" },
  { id: "weld-relay", label: "Weld the relay", kind: "fault" },
  { id: "mend-relay", label: "Replace the relay", kind: "use" },
  { id: "cut-feedback", label: "Cut the feedback's wire", kind: "fault" },
  { id: "mend-feedback", label: "Mend the feedback's wire", kind: "use" },
];

const LOOK_MS = 10;
const PRESSED_MS = 200;
/** How long the machine takes to run up, and to run down. */
const RUN_UP_MS = 300;

/** A bay of a car wash: a relay, a machine that tells that it runs, two buttons and a lamp. */
export function startBay(lines: SimulatorLines, at: BayLines): BenchDevice {
  const faults = { broken: false, welded: false, cut: false };
  let changedMs = performance.now();
  let lookedMs = changedMs;
  let isOn = false;
  let ranMs = 0;

  /** It ran from when it had run up; once the relay is off it runs down, which nobody buys. */
  function look(): void {
    const nowMs = performance.now();
    const on = (lines.level(at.power) || faults.welded) && !faults.broken;
    if (on !== isOn) changedMs = nowMs;
    const isUp = nowMs - changedMs >= RUN_UP_MS;
    if (isOn && on) ranMs += nowMs - lookedMs;
    isOn = on;
    lookedMs = nowMs;
    lines.drive(at.running, (on ? isUp : !isUp && ranMs > 0) && !faults.cut);
  }

  function press(line: string): void {
    lines.drive(line, true);
    setTimeout(() => lines.drive(line, false), PRESSED_MS);
  }

  const acts: Readonly<Record<string, () => void>> = {
    "press-start": () => press(at.start),
    "press-stop": () => press(at.stop),
    "break-machine": () => {
      faults.broken = true;
    },
    "mend-machine": () => {
      faults.broken = false;
    },
    "weld-relay": () => {
      faults.welded = true;
    },
    "mend-relay": () => {
      faults.welded = false;
    },
    "cut-feedback": () => {
      faults.cut = true;
    },
    "mend-feedback": () => {
      faults.cut = false;
    },
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    kind: "timer-bay",
    actions: ACTIONS,
    act: actsOf("a bay", acts),
    state: () => ({
      relay: lines.level(at.power),
      running: lines.level(at.running),
      warning: lines.level(at.warning),
      ranMs: Math.round(ranMs),
      ...faults,
    }),
    releasedBase: () => Math.floor(ranMs / 1_000),
    close: async () => clearInterval(timer),
  };
}
