import type { CommandGroup, CommandOption } from "../../ports/command.ts";

const PLACE: readonly CommandOption[] = [
  { form: "--port <port>", what: "a serial port, or tcp://HOST:PORT", isRequired: true },
  { form: "--framing <framing>", what: "on a network: tcp, or rtu behind a gateway", usual: "tcp" },
  { form: "--baud-rate <n>", what: "the line's speed, as the meter is set", usual: "9600" },
  { form: "--parity <parity>", what: "none, even or odd, as the meter is set", usual: "none" },
  { form: "--stop-bits <n>", what: "1 or 2, as the meter is set", usual: "1" },
  { form: "--answer-timeout <ms>", what: "how long an answer is waited for, in milliseconds", usual: "300" },
];

/** For who puts a meter up. They only read: nothing is written to any device. */
export const meterCommands: CommandGroup<null> = {
  name: "meter",
  what: "find a meter on a Modbus line or a network, and see what it says; end the daemon first, for one alone may ask",
  commands: [
    {
      name: "scan",
      what: "ask each address whether a meter answers, and which models it may be",
      options: [...PLACE, { form: "--units <range>", what: "addresses, such as 1-10 or 1,33", usual: "1-10" }],
      run: async (_, options) => (await import("./scan.ts")).scan(options),
    },
    {
      name: "inspect",
      what: "tell in words what a meter of a known model says, and write the lines for the configuration",
      options: [
        ...PLACE,
        { form: "--unit <n>", what: "the meter's address", usual: "1" },
        { form: "--meter <model>", what: "one of docs/meters.md", isRequired: true },
      ],
      run: async (_, options) => (await import("./scan.ts")).inspect(options),
    },
  ],
};
