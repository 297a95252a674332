const THEN_RESTART = "Find the cause, then restart the daemon: until then nothing is sold.";

const PULSE_LINE = "check its cable and its input circuit, and the greatest flow in the configuration";

/** What stands against selling by a meter of pulses: what is so, and what whoever is called has to do. */
export const FAULTS = {
  lines: (why: string) => `${why}: check the lines in the configuration, and that no other program holds them`,
  output: (why: string) => `${why}: check that no other program holds the line, and the relay board`,
  count: (why: string) => `${why}. ${THEN_RESTART}`,
  channels: (why: string) =>
    `${why}: compare both with what came out, check the pulser's cables and both inputs. ${THEN_RESTART}`,
  register: (why: string) => `${why}: check the disk, its space and its mount`,
  valve: (why: string) => `${why}: shut it off by hand, check the valve and its relay. ${THEN_RESTART}`,
  stray: () =>
    "it flows, or flowed a moment ago, though nothing is armed: check that the valve is shut, and the pulse cable for noise",
  loop: (why: string) => `the control loop failed: ${why}: keep the log for a report. ${THEN_RESTART}`,
} satisfies Record<string, (why: string) => string>;

/** Why a count is not to be believed. */
export const DOUBTS = {
  otherRegister: () =>
    "the kernel's count went back since the register was written: check whether another file was put in its place",
  wentBack: (within: string) => `the count went back ${within}: check the pulse line for noise`,
  jumped: (pulses: number, within: string) => `the count jumped by ${pulses} pulses ${within}: ${PULSE_LINE}`,
  bursts: (pulses: number, within: string) =>
    `the pulse line counts several edges for a pulse, or noise: ${pulses} ${within}: ${PULSE_LINE}`,
};
