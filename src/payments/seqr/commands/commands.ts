import { CERTIFY } from "../../../ports/certify-command.ts";
import type { CommandGroup, CommandOption } from "../../../ports/command.ts";
import type { PaymentCommands } from "../../../ports/payment-plug-in.ts";
import type { SeqrKit, SeqrPosition, SeqrSection } from "../config.ts";
import type { SeqrCertifyOptions } from "./certify.ts";
import type { ReportOptions } from "./report.ts";
import type { StickerOptions } from "./sticker.ts";
import type { AssignOptions, PositionOptions, RegisterOptions, ShowOptions } from "./terminal.ts";

const CONFIG: CommandOption = {
  form: "-c, --config <file>",
  what: "the configuration, a YAML file",
  isRequired: true,
};
const POSITION: CommandOption = {
  form: "-p, --position <id>",
  what: "the position it belongs to",
  isRequired: true,
};

const terminal: CommandGroup<SeqrKit> = {
  name: "terminal",
  what: "the payment terminals, one for each position",
  commands: [
    {
      name: "register",
      what: "register a terminal for a position and store its id and password; safe to repeat",
      options: [
        CONFIG,
        POSITION,
        { form: "--name <text>", what: "shown in the customer's phone; the kiosk's name unless given" },
      ],
      run: async (kit, options: RegisterOptions) => (await import("./terminal.ts")).register(options, kit),
    },
    {
      name: "assign",
      what: "tie a printed code to a position's terminal",
      options: [
        CONFIG,
        POSITION,
        { form: "--seqr-id <id>", what: "the code's id, letters and digits", isRequired: true },
      ],
      run: async (kit, options: AssignOptions) => (await import("./terminal.ts")).assign(options, kit),
    },
    {
      name: "unregister",
      what: "unregister a position's terminal; refused while a sale is open",
      options: [CONFIG, POSITION],
      run: async (kit, options: PositionOptions) => (await import("./terminal.ts")).unregister(options, kit),
    },
    {
      name: "sticker",
      what: "print the code that a sticker of a position carries",
      options: [
        CONFIG,
        POSITION,
        { form: "--format <format>", what: "terminal, svg or png", usual: "terminal" },
        { form: "--out <file>", what: "the file for svg or png" },
      ],
      run: async (kit, options: StickerOptions) => (await import("./sticker.ts")).sticker(options, kit),
    },
    {
      name: "show",
      what: "list the terminals; passwords are never shown",
      options: [CONFIG, { form: "--json", what: "as JSON" }],
      run: async (kit, options: ShowOptions) => (await import("./terminal.ts")).show(options, kit),
    },
  ],
};

export const commands: PaymentCommands<SeqrSection, SeqrPosition> = {
  settingUp: [terminal],
  books: [
    {
      name: "report",
      what: "get a report of the payment service",
      argument: { form: "<report>", what: "its id, such as STD_RECON_007, or a path" },
      options: [
        CONFIG,
        { ...POSITION, what: "of this position's terminal" },
        { form: "--period <id>", what: "a marked period; the last reconciled one unless given" },
        { form: "--language <code>", what: "such as en" },
        { form: "--format <format>", what: "table, xml or json", usual: "table" },
      ],
      run: async (kit, options: ReportOptions, name) => (await import("./report.ts")).report(name, options, kit),
    },
    {
      ...CERTIFY,
      options: [...CERTIFY.options, { form: "--seqr-id <id>", what: "the id that the service gave for the tests" }],
      run: async (kit, options: SeqrCertifyOptions) => (await import("./certify.ts")).certify(options, kit),
    },
  ],
  simulate: {
    name: "seqr",
    what: "a SEQR payment service with a phone page, in memory",
    options: [{ form: "-l, --listen <host:port>", what: "where to listen", usual: "127.0.0.1:8081" }],
    run: async (kit, options: { listen: string }) => (await import("./simulate.ts")).simulateSeqr(options, kit),
  },
};
