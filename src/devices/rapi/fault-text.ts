import { STATE } from "./codec.ts";

const ENDS_UNPLUGGED = "unplug the car, which ends it; if it comes again";

/** Fault states of the firmware, what they mean and what to do. */
export const STATE_FAULTS: Readonly<Record<number, string>> = {
  [STATE.ventRequired]:
    "the car asks for ventilation, which the charger does not have: unplug it, take another charger",
  5: `the car's diode check failed: ${ENDS_UNPLUGGED} with other cars too, have the charger's pilot checked`,
  [STATE.groundFault]: `a ground fault: ${ENDS_UNPLUGGED}, have the car and the cable checked`,
  7: "no ground: have the installation checked",
  [STATE.stuckRelay]: "the relay is stuck: power may be on the cable. Switch the supply off and have it repaired",
  9: "the ground fault self-test failed: switch the charger off and on; if it comes again, have it repaired",
  10: "too hot: let it cool, check its ventilation, its clamps and `currentA`",
  11: `the car draws too much current: ${ENDS_UNPLUGGED}, check the car, and the charger's calibration`,
};

/** What a fault state means, and what to do about it. */
export function faultText(state: number): string {
  const meaning = STATE_FAULTS[state] ?? "look it up as EVSE_STATE in the charger's firmware, and read its display";
  return `the charger reports fault ${hex(state)}: ${meaning}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** What stands against selling, or against arming, besides a fault that the charger itself reports. */
export const FAULTS = {
  alone: () =>
    "the charger has begun to charge by itself: check that nothing else starts it (its button, its timer, its network)",
  restarted: () => "the charger has restarted: wait; if it comes again, check its supply",
  meter: (why: string) =>
    `${why}: compare it with the charger's display; if it comes again, check \`maxPower\` in the configuration`,
  doesNotStop: (state: number) =>
    `the charger does not stop: its state is ${hex(state)}: switch off its supply, check its relay`,
  lineDown: () => "the serial line to the charger is down: check its cable, and `port` in the configuration",
  answersDiffer: () =>
    "the controller's answers do not agree with each other: check its cable, and that nothing else asks it",
  statesDiffer: () =>
    "the controller's states do not agree with each other: check its cable, and that nothing else asks it",
  notEnabled: () => "the charger refuses to be enabled: read its own display, switch it off and on",
  bootLocked: () => "the charger keeps its boot lock, so it has a fault: read its own display, switch it off and on",
  otherCurrent: (why: string) => `${why}: set \`currentA\` within what the charger is set to`,
  refuses: (command: string) => `the charger refuses $${command}: check that its firmware speaks RAPI 5 or newer`,
  oldFirmware: (why: string) => `${why}: install firmware that speaks RAPI 5 or newer`,
  damaged: () => "the charger found each request damaged: check the line for noise, and its speed",
  noSequence: () =>
    "the controller answers without sequence ids, so that no answer is known to be the right one: install firmware that speaks RAPI 3 or newer",
} satisfies Record<string, ((why: string) => string) | ((state: number) => string)>;

/** Firmware that lacks a part, with which it sells all the same. */
export const WITHOUT = {
  "boot-lock":
    "the charger's firmware has no boot lock ($SB is refused): after a power cut it charges a plugged-in car that nobody pays for, until this program is up. Install firmware that has it, or write bootLock: not-available if you bear that",
  heartbeat:
    "the charger's firmware takes no heartbeat ($SY is refused): it goes on at full current when this program is gone. Install newer firmware",
  "own-limit":
    "the charger takes no limit of its own ($SH is refused): nothing but this program ends a charge. Install newer firmware",
} as const;
