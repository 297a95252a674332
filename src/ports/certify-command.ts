import type { Command } from "./command.ts";

export interface CertifyOptions {
  readonly config: string;
  readonly auto?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

/** The certification, as each payment service brings it; a service adds options and what runs. */
export const CERTIFY = {
  name: "certify",
  what: "walk the payment service's certification tests and write a report",
  options: [
    { form: "-c, --config <file>", what: "the configuration, a YAML file", isRequired: true },
    { form: "--auto", what: "let the simulator's phone scan" },
    { form: "--report <file>", what: "where the report goes" },
    { form: "--json", what: "the result as JSON" },
  ],
} as const satisfies Omit<Command<never>, "run">;
