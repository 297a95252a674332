import { STATE } from "./codec.ts";

const FAULTS: Readonly<Record<number, string>> = {
  [STATE.ventRequired]: "the car asks for ventilation",
  5: "the car's diode check failed",
  [STATE.groundFault]: "a ground fault: have the car and the cable checked",
  7: "no ground: have the installation checked",
  [STATE.stuckRelay]: "the relay is stuck: power may be on the cable. Switch the supply off and have it repaired",
  9: "the ground fault self-test failed",
  10: "too hot",
  11: "the car draws too much current",
};

/** What a fault state means, and what to do about it. */
export function faultText(state: number): string {
  return `the charger reports fault ${hex(state)}: ${FAULTS[state] ?? "see EVSE_STATE in its firmware"}`;
}

export function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
