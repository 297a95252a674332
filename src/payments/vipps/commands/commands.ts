import type { PaymentCommands } from "../../../ports/payment-plug-in.ts";
import type { VippsSection } from "../config.ts";
import type { CertifyOptions } from "./certify.ts";

export const commands: PaymentCommands<VippsSection, object> = {
  settingUp: [],
  books: [
    {
      name: "certify",
      what: "walk the payment service's certification tests and write a report",
      options: [
        { form: "-c, --config <file>", what: "the configuration, a YAML file", isRequired: true },
        { form: "--auto", what: "let the simulator's phone scan" },
        { form: "--report <file>", what: "where the report goes" },
        { form: "--json", what: "the result as JSON" },
      ],
      run: async (kit, options: CertifyOptions) => (await import("./certify.ts")).certify(options, kit),
    },
  ],
  simulate: {
    name: "vipps",
    what: "a Vipps MobilePay payment service with a phone page, in memory",
    options: [{ form: "-l, --listen <host:port>", what: "where to listen", usual: "127.0.0.1:8082" }],
    run: async (kit, options: { listen: string }) => (await import("./simulate.ts")).simulateVipps(options, kit),
  },
};
